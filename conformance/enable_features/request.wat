;; Enables response buffering in handle_request, and changes the response by it.
(func (export "handle_request") (result i64)
  (call $number (i32.and (i32.const 2) (call $enable_features (i32.const 2))))
  (call $tell (i32.const 0))
  (i64.const 1))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_status_code (i32.add (call $get_status_code) (i32.const 1))))
