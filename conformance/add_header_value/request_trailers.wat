;; Changes a trailer of the request in handle_request.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const 2) (str "x-ta") (str "new"))
  (i64.const 1))
