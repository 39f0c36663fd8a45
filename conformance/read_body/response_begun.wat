;; Reads a part of the response's body, where it is buffered: the client gets all of it.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (drop (call $read_body (i32.const 1) (global.get $buffer) (i32.const 3))))
