;; Reads the status in handle_response without response buffering.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (drop (call $get_status_code)))
