;; Sets a status in handle_response and reads it back.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_status_code (i32.const 418))
  (call $number (call $get_status_code))
  (call $tell (i32.const 1)))
