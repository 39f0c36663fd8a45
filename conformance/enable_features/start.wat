;; Enables all features during initialisation and reports the known bits of the result.
(func (export "_start")
  (call $number (i32.and (i32.const 7) (call $enable_features (i32.const 7))))
  (call $keep))

(func (export "handle_request") (result i64)
  (call $tell (i32.const 1))
  (i64.const 0))
