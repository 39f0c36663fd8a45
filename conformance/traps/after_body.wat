;; Writes a body, and traps: what was written is not taken for a good answer.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then
    (call $write_body (i32.const 1) (str "half of i"))
    (unreachable)))
  (i64.const 1))
