;; Logs at every level in handle_request; the last message is empty.
(func $logs
  (call $log (i32.const -1) (str "at debug"))
  (call $log (i32.const 0) (str "at info"))
  (call $log (i32.const 1) (str "at warn"))
  (call $log (i32.const 2) (str "at error \c3\a9"))
  (call $log (i32.const 0) (i32.const -1) (i32.const 0)))

(func (export "handle_request") (result i64)
  (call $logs)
  (i64.const 1))
