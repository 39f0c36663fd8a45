;; Sets a response header in handle_request and goes on: the client gets it with the response of the next
;; handler.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "early"))
  (i64.const 1))
