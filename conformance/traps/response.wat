;; Traps in handle_response, where the response may have left already: the client does not get it as if
;; nothing had happened. The next request is served.
(func (export "handle_request") (result i64)
  (call $go_on (call $has (str "x-bad"))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (if (local.get $ctx) (then (unreachable))))
