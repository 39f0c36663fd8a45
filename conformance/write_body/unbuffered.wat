;; Changes the response in handle_response without response buffering: a trap.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $write_body (i32.const 1) (str "late")))
