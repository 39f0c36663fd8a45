;; Calls with a kind that the ABI does not have.
(func (export "handle_request") (result i64)
  (call $write_body (i32.const 2) (str "v"))
  (i64.const 1))
