;; Keeps a number in memory from handle_request to handle_response: both run in the same instance.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))

(global $noted (mut i32) (i32.const 0))

(func (export "handle_request") (result i64)
  (global.set $noted (i32.add (global.get $noted) (i32.const 7)))
  (call $go_on (global.get $noted)))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $number (i32.eq (global.get $noted) (local.get $ctx)))
  (call $tell (i32.const 1)))
