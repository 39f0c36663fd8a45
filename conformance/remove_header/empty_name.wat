;; Calls with a name of no bytes, which no header has.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (call $remove_header (i32.const 0) (i32.const 0) (i32.const 0))))
  (i64.const 1))
