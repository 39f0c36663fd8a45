;; Leaves the body alone.
  (func (export "handle_request") (result i64)
    (call $head)
    (i64.const 1))
