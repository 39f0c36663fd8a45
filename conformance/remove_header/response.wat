;; Changes a response header in handle_response, where the response is buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $remove_header (i32.const 1) (str "X-TA")))
