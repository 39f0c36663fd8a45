;; Reads the URI.
(func (export "handle_request") (result i64)
  (drop (call $get_uri (i32.const 1024) (i32.const 2048)))
  (i64.const 1))
