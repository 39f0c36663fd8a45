;; Reads the response's body in handle_response without response buffering.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (drop (call $read_body (i32.const 1) (global.get $buffer) (i32.const 9))))
