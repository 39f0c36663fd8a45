;; Sets a trailer of its own response in handle_request, and reads its values.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 3) (str "x-ta")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 3) (str "x-ta") (str "one"))
  (call $lists)
  (call $tell (i32.const 1))
  (i64.const 0))
