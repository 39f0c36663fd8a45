;; Reads the names of the request's trailers in handle_request, when the body has been read.
(func $drain (param $kind i32) (local $eof_len i64)
  (loop $more
    (local.set $eof_len (call $read_body (local.get $kind) (global.get $buffer) (i32.const 64)))
    (br_if $more (i64.lt_u (local.get $eof_len) (i64.const 0x100000000)))))

(func (export "_start")
  (drop (call $enable_features (i32.const 5))))

(func $list (param $limit i32) (result i64)
  (call $get_header_names (i32.const 2) (global.get $buffer) (local.get $limit)))

(func (export "handle_request") (result i64)
  (call $drain (i32.const 0))
  (call $names)
  (call $count (str "x-ta"))
  (call $count (str "x-tb"))
  (call $tell (i32.const 1))
  (i64.const 0))
