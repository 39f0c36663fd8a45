;; Sets a status that no response has.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (call $set_status_code (i32.const 0))))
  (i64.const 1))
