;; Gives a ctx in handle_request, and reports in handle_response what came of it; each request has its own.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(func (export "handle_request") (result i64)
  (if (call $has (str "x-one")) (then (return (call $go_on (i32.const 1)))))
  (if (call $has (str "x-high")) (then (return (call $go_on (i32.const 0x80000000)))))
  (if (call $has (str "x-all")) (then (return (call $go_on (i32.const -1)))))
  (i64.const 1))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $number (local.get $ctx))
  (call $tell (i32.const 1)))
