;; Reads the names of the response's headers in handle_response, where the response is buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 1) (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $count (str "x-tc"))
  (call $tell (i32.const 1)))
