;; Sets a header of its own response, twice.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1"))
  (call $set_header_value (i32.const 1) (str "X-TA") (str "2"))
  (i64.const 0))
