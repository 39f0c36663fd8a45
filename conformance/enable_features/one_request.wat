;; Enables response buffering for those requests that ask for it: the others have it no more.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-buffer")) (then (drop (call $enable_features (i32.const 2)))))
  (i64.const 1))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_header_value (i32.const 1) (str "x-late") (str "yes")))
