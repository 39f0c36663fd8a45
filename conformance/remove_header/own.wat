;; Removes a header of its own response that it has set.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1"))
  (call $set_header_value (i32.const 1) (str "x-tb") (str "2"))
  (call $remove_header (i32.const 1) (str "X-Ta"))
  (i64.const 0))
