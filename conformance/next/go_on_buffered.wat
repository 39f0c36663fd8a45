;; Has the response buffered and does nothing with it: the exchange passes as it is.
(func (export "_start")
  (drop (call $enable_features (i32.const 2))))
