;; Reads the whole body, reports it and how it ended, and writes it back.
  (data (i32.const 64) "x-g-body")
  (func (export "_start") (drop (call $enable_features (i32.const 1))))
  (func (export "handle_request") (result i64)
    (local $end i32) (local $read i64) (local $tries i32)
    (call $head)
    (local.set $end (i32.const 0x80000))
    (loop $next
      (local.set $read (call $read_body (i32.const 0) (local.get $end) (i32.const 0x10000)))
      (local.set $end (i32.add (local.get $end) (i32.wrap_i64 (local.get $read))))
      (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
      (br_if $next (i32.and
        (i64.eqz (i64.shr_u (local.get $read) (i64.const 32)))
        (i32.and
          (i32.lt_u (local.get $end) (i32.const 0x100000))
          (i32.lt_u (local.get $tries) (i32.const 1000))))))
    (call $add_header_value (i32.const 1) (i32.const 64) (i32.const 8)
      (i32.const 0x80000) (i32.sub (local.get $end) (i32.const 0x80000)))
    (call $write_body (i32.const 0) (i32.const 0x80000) (i32.sub (local.get $end) (i32.const 0x80000)))
    (i64.const 1))
