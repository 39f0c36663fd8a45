;; Reads the configuration in handle_request.
(func $get (param $limit i32) (result i32)
  (call $get_config (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $lengths)
  (call $tell (i32.const 1))
  (i64.const 0))
