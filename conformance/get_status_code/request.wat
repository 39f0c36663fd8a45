;; Sets a status in handle_request, where the response is buffered, and reads it back.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (call $set_status_code (i32.const 418))
  (call $number (call $get_status_code))
  (call $tell (i32.const 1))
  (i64.const 0))
