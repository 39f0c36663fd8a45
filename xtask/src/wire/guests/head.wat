;; Reports the head of a request as it sees it, in headers of the response, and marks request and response.
  (memory (export "memory") 32)
  (data (i32.const 0) "x-g-methodx-g-urix-g-versionx-g-familyx-g-hx-guest164=")
  ;; Names are read to 128 KiB, everything else to 512 KiB, and put together at 1 MiB.
  (func $report (param $name i32) (param $name_len i32) (param $len i32)
    (call $add_header_value (i32.const 1) (local.get $name) (local.get $name_len)
      (i32.const 0x80000) (local.get $len)))
  (func $append (param $end i32) (param $from i32) (param $len i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $len)))
        (i32.store8 (local.get $end) (i32.load8_u (local.get $from)))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $next)))
    (local.get $end))
  (func $item_len (param $at i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $at))
    (loop $next
      (if (i32.load8_u (local.get $end))
        (then
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (br $next))))
    (i32.sub (local.get $end) (local.get $at)))
  (func $values (param $name i32) (param $name_len i32)
    (local $count i32) (local $value i32) (local $len i32) (local $end i32)
    (local.set $count (i32.wrap_i64 (i64.shr_u
      (call $get_header_values (i32.const 0) (local.get $name) (local.get $name_len)
        (i32.const 0x80000) (i32.const 0x80000))
      (i64.const 32))))
    (local.set $value (i32.const 0x80000))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $len (call $item_len (local.get $value)))
        (local.set $end (call $append (i32.const 0x100000) (local.get $name) (local.get $name_len)))
        (local.set $end (call $append (local.get $end) (i32.const 53) (i32.const 1)))
        (local.set $end (call $append (local.get $end) (local.get $value) (local.get $len)))
        (call $add_header_value (i32.const 1) (i32.const 38) (i32.const 5)
          (i32.const 0x100000) (i32.sub (local.get $end) (i32.const 0x100000)))
        (local.set $value (i32.add (local.get $value) (i32.add (local.get $len) (i32.const 1))))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))
  (func $head
    (local $count i32) (local $name i32) (local $len i32)
    (call $report (i32.const 0) (i32.const 10) (call $get_method (i32.const 0x80000) (i32.const 0x80000)))
    (call $report (i32.const 10) (i32.const 7) (call $get_uri (i32.const 0x80000) (i32.const 0x80000)))
    (call $report (i32.const 17) (i32.const 11)
      (call $get_protocol_version (i32.const 0x80000) (i32.const 0x80000)))
    (drop (call $get_source_addr (i32.const 0x80000) (i32.const 0x80000)))
    (call $add_header_value (i32.const 1) (i32.const 28) (i32.const 10)
      (select (i32.const 51) (i32.const 52) (i32.eq (i32.load8_u (i32.const 0x80000)) (i32.const 0x5b)))
      (i32.const 1))
    (local.set $count (i32.wrap_i64 (i64.shr_u
      (call $get_header_names (i32.const 0) (i32.const 0x20000) (i32.const 0x60000))
      (i64.const 32))))
    (local.set $name (i32.const 0x20000))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $len (call $item_len (local.get $name)))
        (call $values (local.get $name) (local.get $len))
        (local.set $name (i32.add (local.get $name) (i32.add (local.get $len) (i32.const 1))))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (call $add_header_value (i32.const 0) (i32.const 43) (i32.const 7) (i32.const 50) (i32.const 1))
    (call $add_header_value (i32.const 1) (i32.const 43) (i32.const 7) (i32.const 50) (i32.const 1)))
