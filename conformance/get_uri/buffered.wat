;; Reads the URI in handle_response, where the response is buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func $get (param $limit i32) (result i32)
  (call $get_uri (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lengths)
  (call $tell (i32.const 1)))
