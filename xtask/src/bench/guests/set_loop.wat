;; Sets a request header after a loop of three rounds, as comparing two strings is one.
(data (i32.const 0) "x-tenantblue")
(func (export "handle_request") (result i64) (local $round i32)
  (loop $again
    (local.set $round (i32.add (local.get $round) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $round) (i32.const 3))))
  (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 4))
  (i64.const 1))
