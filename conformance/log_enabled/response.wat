;; Asks for every level in handle_response.
;; Whether each answer is 0 or 1, and none turns to 0 once a lower level is enabled.
(func $levels (local $level i32) (local $before i32) (local $now i32)
  (local.set $level (i32.const -1))
  (loop $next
    (local.set $now (call $log_enabled (local.get $level)))
    (call $must (i32.lt_u (local.get $now) (i32.const 2)))
    (call $must (i32.ge_u (local.get $now) (local.get $before)))
    (local.set $before (local.get $now))
    (local.set $level (i32.add (local.get $level) (i32.const 1)))
    (br_if $next (i32.lt_s (local.get $level) (i32.const 3)))))

(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $levels))
