;; Reads the configuration in handle_response, where nothing can be sent any more.
(func $get (param $limit i32) (result i32)
  (call $get_config (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lengths)
  (call $must_say (str "9:........... 9:........... 9:{\"a\":\"b\"}.. 9:{\"a\":\"b\"}..")))
