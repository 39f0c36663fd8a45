;; Sets a request header.
(data (i32.const 0) "x-tenantblue")
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4))
  (i64.const 1))
