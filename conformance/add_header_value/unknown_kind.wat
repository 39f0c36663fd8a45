;; Calls with a kind that the ABI does not have.
(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const -1) (str "x-ta") (str "v"))
  (i64.const 1))
