;; Writes the request's body in two calls: the first replaces, the second appends.
(func (export "handle_request") (result i64)
  (call $write_body (i32.const 0) (str "one, "))
  (call $write_body (i32.const 0) (str "two"))
  (i64.const 1))
