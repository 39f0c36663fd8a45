;; Sets a response header, and has a response hook that stores a number.
(data (i32.const 0) "set-cookiea=b")
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 3))
  (i64.const 1))
(func (export "handle_response") (param i32 i32)
  (i32.store (i32.const 100) (i32.const 1)))
