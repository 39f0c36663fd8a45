;; Reads the values of a response trailer in handle_response, where the response is not buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 3) (str "x-ta")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lists))
