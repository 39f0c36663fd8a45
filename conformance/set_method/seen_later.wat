;; Sets the method in handle_request, and reads it in handle_response.
(func $get (param $limit i32) (result i32)
  (call $get_method (global.get $buffer) (local.get $limit)))

(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (call $set_method (str "PATCH"))
  (i64.const 1))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $get_with (i32.const 9))
  (call $tell (i32.const 1)))
