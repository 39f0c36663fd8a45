;; Changes the request in handle_response, when the next handler has had it: a trap, also where the
;; response is buffered.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_uri (str "/late")))
