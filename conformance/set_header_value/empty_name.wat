;; Calls with a name of no bytes, which no header has.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 0) (str "v"))))
  (i64.const 1))
