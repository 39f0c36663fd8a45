;; Stops with a ctx that nobody will see.
(func (export "handle_request") (result i64)
  (i64.const 0x1000000000))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (unreachable))
