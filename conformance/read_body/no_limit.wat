;; Reads with a limit of 0, which could never reach the end.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (drop (call $read_body (i32.const 0) (global.get $buffer) (i32.const 0)))))
  (i64.const 1))
