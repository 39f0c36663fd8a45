;; Reads the values of a request trailer in handle_response.
(func (export "_start")
  (drop (call $enable_features (i32.const 6))))

(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 2) (str "x-ta")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lists)
  (call $tell (i32.const 1)))
