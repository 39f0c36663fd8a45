;; Sets the URI /%2F%20%C3%A9?q=%26%3D and reads it back.
(func $get (param $limit i32) (result i32)
  (call $get_uri (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_uri (str "/%2F%20%C3%A9?q=%26%3D"))
  (call $get_with (i32.const 64))
  (call $tell (i32.const 1))
  (i64.const 1))
