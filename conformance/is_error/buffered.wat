;; Reports in handle_response whether the next handler has failed. An answer is none, whatever its status.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $number (local.get $is_error))
  (call $tell (i32.const 1)))
