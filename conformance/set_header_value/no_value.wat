;; Sets a request header to an empty value.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 0) (str "x-ta") (i32.const -1) (i32.const 0))
  (i64.const 1))
