;; Writes the response's body in handle_response, where it is buffered: the client gets what was written
;; instead of what the next handler sent.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $write_body (i32.const 1) (str "written")))
