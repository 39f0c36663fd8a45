;; Calls itself without end in handle_request: the host survives.
(func $deeper (result i32)
  (i32.add (i32.const 1) (call $deeper)))

(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (drop (call $deeper))))
  (i64.const 1))
