;; Reads the values of a response header in handle_response, where nothing can be sent any more.
(func $list (param $limit i32) (result i64)
  (call $get_header_values (i32.const 1) (str "x-ta")
    (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lists)
  (call $must_say (str "2/6:........ 2/6:........ 2/6:one|2|.. 2/6:one|2|..")))
