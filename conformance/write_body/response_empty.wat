;; Writes nothing to the response's body: it is replaced by nothing.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $remove_header (i32.const 1) (str "content-length"))
  (call $write_body (i32.const 1) (i32.const -1) (i32.const 0)))
