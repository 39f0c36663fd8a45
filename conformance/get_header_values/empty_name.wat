;; Calls with a name of no bytes, which no header has.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (drop (call $get_header_values (i32.const 0) (i32.const 0) (i32.const 0) (global.get $buffer) (i32.const 9)))))
  (i64.const 1))
