;; Writes bytes of all kinds.
(func (export "handle_request") (result i64)
  (call $write_body (i32.const 1) (str "\00\ff\0d\0a\80"))
  (i64.const 0))
