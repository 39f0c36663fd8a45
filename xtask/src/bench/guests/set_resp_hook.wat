;; Sets a request header, and has a response hook that stores a number.
(data (i32.const 0) "x-tenantblue")
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4))
  (i64.const 1))
(func (export "handle_response") (param i32 i32)
  (i32.store (i32.const 100) (i32.const 1)))
