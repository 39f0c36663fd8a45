;; Reads the request's body, and writes it back with something after it.
(func $copy (param $kind i32) (local $eof_len i64) (local $at i32)
  (local.set $at (i32.const 12288))
  (loop $more
    (local.set $eof_len (call $read_body (local.get $kind) (local.get $at) (i32.const 4)))
    (call $must (i32.le_u (i32.wrap_i64 (local.get $eof_len)) (i32.const 4)))
    (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (local.get $eof_len))))
    (br_if $more (i64.lt_u (local.get $eof_len) (i64.const 0x100000000))))
  (call $write_body (i32.const 0) (i32.const 12288) (i32.sub (local.get $at) (i32.const 12288))))

(func (export "handle_request") (result i64)
  (call $copy (i32.const 0))
  (call $write_body (i32.const 0) (str ", and more"))
  (i64.const 1))
