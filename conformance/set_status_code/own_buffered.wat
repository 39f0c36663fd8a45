;; Answers by itself where the response is buffered, the status last.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (call $write_body (i32.const 1) (str "no"))
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1"))
  (call $set_status_code (i32.const 403))
  (i64.const 0))
