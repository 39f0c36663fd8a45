;; Reads the address of the client in handle_response, where nothing can be sent any more.
(func $checks (local $len i32)
  (local.set $len (call $get_source_addr (i32.const 0) (i32.const 0)))
  (call $dots)
  (call $must (i32.eq (local.get $len)
    (call $get_source_addr (global.get $buffer) (i32.sub (local.get $len) (i32.const 1)))))
  (call $number (i32.eq (i32.load8_u (global.get $buffer)) (i32.const 46)))
  (drop (call $get_source_addr (global.get $buffer) (local.get $len)))
  (call $number (i32.ne (i32.load8_u (global.get $buffer)) (i32.const 46)))
  (call $number (i32.eq (i32.const 46)
    (i32.load8_u (i32.add (global.get $buffer) (local.get $len)))))
  (call $number (call $port (i32.add (global.get $buffer) (local.get $len)))))

;; Whether what ends here is a colon and digits.
(func $port (param $end i32) (result i32) (local $byte i32) (local $digits i32)
  (loop $back (result i32)
    (local.set $end (i32.sub (local.get $end) (i32.const 1)))
    (local.set $byte (i32.load8_u (local.get $end)))
    (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)) (then
      (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
      (br $back)))
    (i32.and (i32.eq (local.get $byte) (i32.const 58)) (i32.ne (local.get $digits) (i32.const 0)))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $checks)
  (call $must_say (str "1111")))
