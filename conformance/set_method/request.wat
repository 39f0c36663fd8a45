;; Makes a POST of every request, and reads it back.
(func $get (param $limit i32) (result i32)
  (call $get_method (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_method (str "POST"))
  (call $get_with (i32.const 9))
  (call $tell (i32.const 1))
  (i64.const 1))
