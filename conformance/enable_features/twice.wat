;; Enables response buffering twice.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (drop (call $enable_features (i32.const 2)))
  (i64.const 1))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $set_status_code (i32.const 202)))
