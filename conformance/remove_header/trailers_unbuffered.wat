;; Changes a trailer of the response in handle_response without response buffering.
(func (export "_start")
  (drop (call $enable_features (i32.const 4))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $remove_header (i32.const 3) (str "x-late")))
