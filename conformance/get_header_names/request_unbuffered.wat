;; Reads the names of the request's headers in handle_response, where nothing can be sent any more.
(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 0) (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $count (str "x-tc"))
  (call $must_say (str "rule x-ta=1 x-tb=1 x-tc=0")))
