;; Traps in handle_response unless the next handler has failed.
(func (export "handle_response") (param $ctx i32) (param $is_error i32)
  (call $must (i32.eqz (local.get $is_error))))
