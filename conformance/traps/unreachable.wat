;; Traps in handle_request: the client gets 500, the next handler nothing, and the next request is served.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (unreachable)))
  (i64.const 1))
