;; Counts requests in memory, and reports whether there was one before: an instance serves one after the
;; other.
(global $count (mut i32) (i32.const 0))

(func (export "handle_request") (result i64)
  (call $number (i32.ne (global.get $count) (i32.const 0)))
  (global.set $count (i32.add (global.get $count) (i32.const 1)))
  (call $tell (i32.const 1))
  (i64.const 0))
