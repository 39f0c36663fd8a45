;; Answers by itself with 503: headers first, then the status.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1"))
  (call $set_status_code (i32.const 503))
  (i64.const 0))
