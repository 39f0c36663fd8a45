;; Writes the request's body in handle_request: the next handler gets what was written instead of what came.
(func (export "handle_request") (result i64)
  (call $write_body (i32.const 0) (str "written"))
  (i64.const 1))
