;; Reads values of trailers without the feature: there are none.
(func (export "handle_request") (result i64)
  (call $packed (call $get_header_values (i32.const 2) (str "x-sum") (global.get $buffer) (i32.const 99)))
  (call $packed (call $get_header_values (i32.const 3) (str "x-sum") (global.get $buffer) (i32.const 99)))
  (call $tell (i32.const 1))
  (i64.const 0))
