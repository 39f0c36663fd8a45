;; Changes the response in handle_response without response buffering: a trap.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_status_code (i32.const 202)))
