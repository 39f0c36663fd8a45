;; Reads the protocol version in handle_response, where nothing can be sent any more: a trap says that it was
;; wrong.
(func $get (param $limit i32) (result i32)
  (call $get_protocol_version (global.get $buffer) (local.get $limit)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $lengths)
  (call $must_say (str "8:.......... 8:.......... 8:HTTP/1.1.. 8:HTTP/1.1..")))
