;; Calls with a kind that the ABI does not have.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 4) (str "x-ta") (str "v"))
  (i64.const 1))
