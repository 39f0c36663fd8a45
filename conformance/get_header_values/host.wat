;; Reads the host, which is a header like any other.
(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 0) (str "host")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $list_with (i32.const 99))
  (call $tell (i32.const 1))
  (i64.const 0))
