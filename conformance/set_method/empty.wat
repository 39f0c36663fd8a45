;; Sets an empty method, which no request has.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (call $set_method (i32.const 0) (i32.const 0))))
  (i64.const 1))
