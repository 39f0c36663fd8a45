;; Writes its own response's body in two calls.
(func (export "handle_request") (result i64)
  (call $write_body (i32.const 1) (str "one, "))
  (call $write_body (i32.const 1) (str "two"))
  (i64.const 0))
