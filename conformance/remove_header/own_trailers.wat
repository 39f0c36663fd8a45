;; Changes a trailer of its own response in handle_request.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 3) (str "x-ta") (str "one"))
  (call $remove_header (i32.const 3) (str "x-ta"))
  (call $write_body (i32.const 1) (str "mine"))
  (i64.const 0))
