;; Sets a header of its own response to a value with a line break: whatever the host does, no second header
;; comes of it.
(func (export "handle_request") (result i64)
  (call $set_header_value (i32.const 1) (str "x-ta") (str "1\0d\0ax-evil: yes"))
  (i64.const 0))
