;; Removes a request header by a name in another case.
(func (export "handle_request") (result i64)
  (call $remove_header (i32.const 0) (str "X-TA"))
  (i64.const 1))
