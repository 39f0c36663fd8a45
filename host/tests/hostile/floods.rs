//! Guests that want more of everything.

use super::*;

fn again(body: &str) -> String {
    on_request(&format!(
        "(local $n i32) (loop $again {body}
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 1000000))))"
    ))
}

#[tokio::test]
async fn a_memory_bomb_gets_no_more_than_its_limit() {
    // Takes what it can get, writes to all of it, and says with the status how many pages it has.
    let bench = Bench::new(&on_request(
        "(local $at i32)
         (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (loop $write
            (i32.store (local.get $at) (i32.const -1))
            (local.set $at (i32.add (local.get $at) (i32.const 4096)))
            (br_if $write (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
         (call $set_status_code (i32.add (i32.const 500) (memory.size)))",
    ));
    let answer = bench.attack().await.expect("an answer");
    assert_eq!(answer.status(), 564, "4 MiB are 64 pages");
}

#[tokio::test]
async fn an_instance_that_has_grown_is_not_kept() {
    let options = Options { memory_limit: 32 << 20, ..options() };
    let bench = Bench::with(&on_request("(drop (memory.grow (i32.const 200)))"), options).unwrap();
    assert_eq!(bench.attack().await.expect("an answer").status(), 200);
    assert_eq!((bench.hostile.metrics().instances, bench.hostile.metrics().memory), (0, 0));
}

#[tokio::test]
async fn a_million_headers_are_refused() {
    for function in ["add_header_value", "set_header_value"] {
        for kind in [0, 1] {
            // Another name each time: the number, in letters.
            let bench = Bench::new(&again(&format!(
                "(i32.store (i32.const 32) (i32.or (i32.const 0x61616161) (local.get $n)))
                 (i32.store8 (i32.const 32)
                    (i32.add (i32.const 97) (i32.and (local.get $n) (i32.const 15))))
                 (i32.store8 (i32.const 33)
                    (i32.add (i32.const 97) (i32.and (i32.shr_u (local.get $n) (i32.const 4)) (i32.const 15))))
                 (i32.store8 (i32.const 34)
                    (i32.add (i32.const 97) (i32.and (i32.shr_u (local.get $n) (i32.const 8)) (i32.const 15))))
                 (i32.store8 (i32.const 35)
                    (i32.add (i32.const 97) (i32.and (i32.shr_u (local.get $n) (i32.const 12)) (i32.const 15))))
                 (call ${function} (i32.const {kind}) (i32.const 32) (i32.const 4) (i32.const 4) (i32.const 3))"
            )));
            bench.traps(TrapKind::TooLarge).await;
        }
    }
}

#[tokio::test]
async fn a_header_of_a_megabyte_is_refused() {
    let bench = Bench::new(&on_request(
        "(drop (memory.grow (i32.const 20)))
         (memory.fill (i32.const 64) (i32.const 97) (i32.const 1048576))
         (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 64) (i32.const 1048576))",
    ));
    bench.traps(TrapKind::TooLarge).await;
}

#[tokio::test]
async fn a_log_flood_is_cut() {
    let bench = Bench::new(&again("(call $log (i32.const 0) (i32.const 4) (i32.const 3))"));
    let answer = bench.attack().await;
    let status = answer.expect("an answer").status().as_u16();
    // A slow machine ends it by the clock.
    assert!(status == 200 || status == 500);
    let told = bench.told.lock().unwrap();
    assert!(told.len() <= 1_003, "{} messages", told.len());
    let last = told.iter().any(|text| text.contains("messages") && text.contains("not kept"));
    assert!(last || told.iter().any(|text| text.contains("dropped")), "{:?}", told.last());
}

#[tokio::test]
async fn a_log_of_long_messages_is_cut() {
    let bench = Bench::new(&again(
        "(if (i32.lt_u (local.get $n) (i32.const 100))
            (then (call $log (i32.const 0) (i32.const 128) (i32.const 65000))))",
    ));
    bench.attack().await;
    let told = bench.told.lock().unwrap();
    let bytes: usize = told.iter().map(String::len).sum();
    assert!(bytes <= (256 << 10) + 1_000, "{bytes} bytes");
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    for (kind, status) in [(0, 413), (1, 502)] {
        let write =
            format!("(call $write_body (i32.const {kind}) (i32.const 0) (i32.const 65536))");
        let bench = Bench::new(&again(&write));
        assert_eq!(bench.attack().await.expect("an answer").status(), status);
        assert_eq!(bench.hostile.metrics().bodies_too_large, 1);
    }
}

#[tokio::test]
async fn a_table_cannot_grow_past_the_limit() {
    let module = "(table $t 1 funcref)";
    let bench = Bench::new(&guest(
        module,
        "",
        "(loop $more (br_if $more
            (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
         (call $set_status_code (i32.add (i32.const 500) (i32.div_u (table.size $t) (i32.const 1000))))
         (i64.const 0)",
        "",
    ));
    assert_eq!(bench.attack().await.expect("an answer").status(), 519);
}
