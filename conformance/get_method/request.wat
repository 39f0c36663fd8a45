;; Reads the method in handle_request, with limits of 0, one too small, exact and larger.
;; Nothing is written when the limit is too small, and never more than the value.
(func $get (param $limit i32) (result i32)
  (call $get_method (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $lengths)
  (call $tell (i32.const 1))
  (i64.const 0))
