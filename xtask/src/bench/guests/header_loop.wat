;; Sets a response header after a loop of three rounds.
(data (i32.const 0) "set-cookiea=b")
(func (export "handle_request") (result i64) (local $round i32)
  (loop $again
    (local.set $round (i32.add (local.get $round) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $round) (i32.const 3))))
  (call $set_header_value (i32.const 1) (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 3))
  (i64.const 1))
