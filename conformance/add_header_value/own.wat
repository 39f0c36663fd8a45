;; Adds values to a header of its own response.
(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const 1) (str "set-cookie") (str "a=1"))
  (call $add_header_value (i32.const 1) (str "Set-Cookie") (str "b=2"))
  (i64.const 0))
