;; Changes the response in handle_response without response buffering: a trap.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $add_header_value (i32.const 1) (str "x-late") (str "yes")))
