;; Adds a value to a request header by a name in another case.
(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const 0) (str "X-tA") (str "new"))
  (i64.const 1))
