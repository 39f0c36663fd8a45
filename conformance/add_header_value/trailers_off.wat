;; Sets a trailer without the feature.
(func (export "handle_request") (result i64)
  (call $add_header_value (i32.const 3) (str "x-sum") (str "1"))
  (i64.const 1))
