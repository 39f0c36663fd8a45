;; Buffers the response, reads its status, and sets a header of it and of the request.
(data (i32.const 0) "x-tenantblue")
(func (export "_start") (drop (call $enable_features (i32.const 2))))
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4))
  (i64.const 1))
(func (export "handle_response") (param i32 i32)
  (drop (call $get_status_code))
  (call $set_header_value (i32.const 1) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4)))
