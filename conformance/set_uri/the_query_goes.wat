;; Sets the URI /a and reads it back.
(func $get (param $limit i32) (result i32)
  (call $get_uri (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_uri (str "/a"))
  (call $get_with (i32.const 64))
  (call $tell (i32.const 1))
  (i64.const 1))
