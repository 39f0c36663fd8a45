;; Reads the names of the request's headers in handle_request. Hosts add headers of their own, so the report
;; says that the length rule held, and how often some names are there: once each, in lower case.
(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 0) (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $count (str "x-tc"))
  (call $tell (i32.const 1))
  (i64.const 0))
