;; Logs at every level during initialisation. Over HTTP it is seen that this does not trap.
(func $logs
  (call $log (i32.const -1) (str "at debug"))
  (call $log (i32.const 0) (str "at info"))
  (call $log (i32.const 1) (str "at warn"))
  (call $log (i32.const 2) (str "at error \c3\a9"))
  (call $log (i32.const 0) (i32.const -1) (i32.const 0)))

(func (export "_start")
  (call $logs))
