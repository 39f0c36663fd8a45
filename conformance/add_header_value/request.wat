;; Adds a value to a request header in handle_request.
(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const 0) (str "x-ta") (str "new"))
  (i64.const 1))
