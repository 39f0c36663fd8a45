;; Sets headers of the response in handle_request, and reads their names.
(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 1) (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1"))
  (call $add_header_value (i32.const 1) (str "x-ta") (str "2"))
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $tell (i32.const 1))
  (i64.const 0))
