;; Sets a URI that is no path.
(func (export "handle_request") (result i64)
  (if (call $has (str "x-bad")) (then (call $set_uri (str "relative"))))
  (i64.const 1))
