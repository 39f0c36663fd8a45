;; Divides by zero in handle_request: the client gets 500, the next handler nothing, and the next request is served.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))))
  (i64.const 1))
