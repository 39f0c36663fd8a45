;; What the guests share. A guest gets those parts that it calls.
;;
;; A guest writes down what it sees: in a report at 4096, which it sends as a header, or holds
;; against what it should be. Functions that write to memory are given the buffer at 8192, full of
;; dots; so the report shows what they wrote and what they left alone.

;; The buffer for the host's functions.
(global $buffer i32 (i32.const 8192))

;; Where the report ends.
(global $end (mut i32) (i32.const 4096))

;; Where a new report begins: after what $keep has kept.
(global $kept (mut i32) (i32.const 4096))

;; Keeps the report so far as the beginning of every report to come.
(func $keep
  (global.set $kept (global.get $end)))

;; Fills the buffer with dots.
(func $dots (local $at i32)
  (local.set $at (i32.const 256))
  (loop $next
    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
    (i32.store8 (i32.add (global.get $buffer) (local.get $at)) (i32.const 46))
    (br_if $next (local.get $at))))

;; Adds a byte to the report; NUL, which no header can have, becomes a bar.
(func $byte (param $byte i32)
  (i32.store8 (global.get $end)
    (select (local.get $byte) (i32.const 124) (local.get $byte)))
  (global.set $end (i32.add (global.get $end) (i32.const 1))))

;; Adds bytes of memory to the report.
(func $say (param $from i32) (param $len i32)
  (if (local.get $len) (then
    (call $byte (i32.load8_u (local.get $from)))
    (call $say
      (i32.add (local.get $from) (i32.const 1))
      (i32.sub (local.get $len) (i32.const 1))))))

;; Adds a space, unless the report is empty: headers lose spaces at their ends.
(func $space
  (if (i32.ne (global.get $end) (i32.const 4096)) (then (call $byte (i32.const 32)))))

;; Adds an unsigned number to the report.
(func $number (param $number i32) (local $rest i32)
  (local.set $rest (i32.div_u (local.get $number) (i32.const 10)))
  (if (local.get $rest) (then (call $number (local.get $rest))))
  (call $byte (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10)))))

;; Adds the upper half of a packed result, a slash, and the lower half.
(func $packed (param $packed i64)
  (call $number (i32.wrap_i64 (i64.shr_u (local.get $packed) (i64.const 32))))
  (call $byte (i32.const 47))
  (call $number (i32.wrap_i64 (local.get $packed))))

;; Calls the guest's own $get, which asks for a value with this limit, and adds the length that it
;; returns, a colon, and that much of the buffer and two bytes more.
(func $get_with (param $limit i32) (local $len i32)
  (call $dots)
  (local.set $len (call $get (local.get $limit)))
  (call $space)
  (call $number (local.get $len))
  (call $byte (i32.const 58))
  (call $say (global.get $buffer) (i32.add (local.get $len) (i32.const 2))))

;; The length rule: asks with a limit of 0, one too small, exact, and larger. A value that is not
;; there has no limit that is too small.
(func $lengths (local $len i32)
  (local.set $len (call $get (i32.const 0)))
  (call $get_with (i32.const 0))
  (if (local.get $len) (then
    (call $get_with (i32.sub (local.get $len) (i32.const 1)))
    (call $get_with (local.get $len))))
  (call $get_with (i32.add (local.get $len) (i32.const 64))))

;; The same for the guest's own $list, which returns count and length.
(func $list_with (param $limit i32) (local $count_len i64)
  (call $dots)
  (local.set $count_len (call $list (local.get $limit)))
  (call $space)
  (call $packed (local.get $count_len))
  (call $byte (i32.const 58))
  (call $say (global.get $buffer) (i32.add (i32.wrap_i64 (local.get $count_len)) (i32.const 2))))

(func $lists (local $len i32)
  (local.set $len (i32.wrap_i64 (call $list (i32.const 0))))
  (call $list_with (i32.const 0))
  (if (local.get $len) (then
    (call $list_with (i32.sub (local.get $len) (i32.const 1)))
    (call $list_with (local.get $len))))
  (call $list_with (i32.add (local.get $len) (i32.const 64))))

;; Sends the report as the header x-seen of the request (0) or the response (1), and begins a new one.
(func $tell (param $kind i32)
  (call $set_header_value (local.get $kind) (str "x-seen")
    (i32.const 4096) (i32.sub (global.get $end) (i32.const 4096)))
  (global.set $end (global.get $kept)))

;; Traps unless the report says this, and begins a new one: for hooks that can send nothing.
(func $must_say (param $text i32) (param $len i32) (local $at i32)
  (if (i32.ne (local.get $len) (i32.sub (global.get $end) (i32.const 4096)))
    (then (unreachable)))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $len)) (then
      (if (i32.ne
            (i32.load8_u (i32.add (local.get $text) (local.get $at)))
            (i32.load8_u (i32.add (i32.const 4096) (local.get $at))))
        (then (unreachable)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))))
  (global.set $end (global.get $kept)))

;; Traps unless this is so.
(func $must (param $so i32)
  (if (i32.eqz (local.get $so)) (then (unreachable))))

;; Makes a ctx_next that goes on with this ctx.
(func $go_on (param $ctx i32) (result i64)
  (i64.or (i64.shl (i64.extend_i32_u (local.get $ctx)) (i64.const 32)) (i64.const 1)))

;; Whether the request has this header.
(func $has (param $name i32) (param $len i32) (result i32)
  (i64.ne (i64.const 0)
    (call $get_header_values (i32.const 0) (local.get $name) (local.get $len)
      (global.get $buffer) (i32.const 0))))

;; Says "rule" when the guest's own $list of names follows the length rule: the same count and length
;; with every limit, nothing written when it is too small, and as many NULs as names.
(func $names (local $count_len i64) (local $len i32) (local $at i32) (local $count i32)
  (local.set $count_len (call $list (i32.const 0)))
  (local.set $len (i32.wrap_i64 (local.get $count_len)))
  (call $dots)
  (if (local.get $len) (then
    (call $must (i64.eq (local.get $count_len)
      (call $list (i32.sub (local.get $len) (i32.const 1)))))
    (call $must (i32.eq (i32.load8_u (global.get $buffer)) (i32.const 46)))))
  (call $must (i64.eq (local.get $count_len) (call $list (local.get $len))))
  (call $must (i64.eq (local.get $count_len) (call $list (i32.const 4096))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $len)) (then
      (local.set $count (i32.add (local.get $count) (i32.eqz
        (i32.load8_u (i32.add (global.get $buffer) (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))))
  (call $must (i32.eq (local.get $count)
    (i32.wrap_i64 (i64.shr_u (local.get $count_len) (i64.const 32)))))
  (global.set $names_end (i32.add (global.get $buffer) (local.get $len)))
  (call $say (str "rule")))

;; Where the names end that $names has read.
(global $names_end (mut i32) (i32.const 8192))

;; Says how often a name is among those that $names has read.
(func $count (param $name i32) (param $len i32) (local $at i32) (local $count i32)
  (local.set $at (global.get $buffer))
  (loop $next
    (if (i32.lt_u (local.get $at) (global.get $names_end)) (then
      (local.set $count (i32.add (local.get $count)
        (call $is (local.get $at) (local.get $name) (local.get $len))))
      (loop $skip
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $skip (i32.load8_u (i32.sub (local.get $at) (i32.const 1)))))
      (br $next))))
  (call $space)
  (call $say (local.get $name) (local.get $len))
  (call $byte (i32.const 61))
  (call $number (local.get $count)))

;; Whether what lies here is this text and a NUL.
(func $is (param $at i32) (param $text i32) (param $len i32) (result i32)
  (if (i32.eqz (local.get $len)) (then
    (return (i32.eqz (i32.load8_u (local.get $at))))))
  (if (i32.ne (i32.load8_u (local.get $at)) (i32.load8_u (local.get $text))) (then
    (return (i32.const 0))))
  (call $is
    (i32.add (local.get $at) (i32.const 1))
    (i32.add (local.get $text) (i32.const 1))
    (i32.sub (local.get $len) (i32.const 1))))
