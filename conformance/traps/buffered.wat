;; Traps in handle_response, where the response is buffered. The next request is served.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (call $go_on (call $has (str "x-bad"))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (if (local.get $ctx) (then (unreachable))))
