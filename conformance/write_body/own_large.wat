;; Writes three quarters of a page of memory twenty times, a megabyte in all.
(func $large (local $left i32)
  (local.set $left (i32.const 20))
  (loop $next
    (call $write_body (i32.const 1) (i32.const 16384) (i32.const 49152))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $next (local.get $left))))

(func (export "handle_request") (result i64)
  (call $large)
  (i64.const 0))
