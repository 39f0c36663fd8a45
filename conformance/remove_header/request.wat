;; Removes a request header in handle_request.
(func (export "handle_request") (result i64)
  (call $remove_header (i32.const 0) (str "x-ta"))
  (i64.const 1))
