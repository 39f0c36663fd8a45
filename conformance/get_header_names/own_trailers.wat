;; Sets a trailer of its own response in handle_request, and reads the names.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 3) (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 3) (str "x-ta") (str "one"))
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $tell (i32.const 1))
  (i64.const 0))
