;; Enables response buffering in handle_response, where it is too late: nothing can be changed by it.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (drop (call $enable_features (i32.const 2)))
  (call $set_header_value (i32.const 1) (str "x-late") (str "yes")))
