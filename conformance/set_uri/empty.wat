;; Sets an empty URI: it reads as a slash.
(func $get (param $limit i32) (result i32)
  (call $get_uri (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_uri (i32.const 0) (i32.const 0))
  (call $get_with (i32.const 64))
  (call $tell (i32.const 1))
  (i64.const 1))
