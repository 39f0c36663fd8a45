;; Changes a trailer of the response in handle_response, where the response is buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 6))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_header_value (i32.const 3) (str "x-ta") (str "new")))
