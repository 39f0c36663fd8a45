;; Changes a trailer of the request in handle_response.
(func (export "_start")
  (drop (call $enable_features (i32.const 6))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_header_value (i32.const 2) (str "x-late") (str "yes")))
