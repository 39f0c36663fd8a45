;; Traps in handle_request: what the client reads of it names neither the trap nor the guest's functions.
(func $secret_name
  (unreachable))

(func (export "handle_request") (result i64)
  (call $secret_name)
  (i64.const 1))
