;; Reads the values of a response header by a name in upper case.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 1) (str "X-TA")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lists)
  (call $tell (i32.const 1)))
