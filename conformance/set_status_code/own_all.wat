;; Answers by itself with headers, status and body, in this order.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "content-type") (str "text/plain"))
  (call $set_status_code (i32.const 403))
  (call $write_body (i32.const 1) (str "no"))
  (i64.const 0))
