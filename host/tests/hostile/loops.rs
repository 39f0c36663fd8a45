//! Guests that do not end, and guests that call themselves.

use super::*;

const FOR_EVER: &str = "(loop $again (br $again))";

#[tokio::test]
async fn an_endless_loop_in_start_is_refused() {
    let refused = Bench::with(&guest("", FOR_EVER, "(i64.const 1)", ""), options()).err();
    let Some(Refused::Start(StartError::Trap { trap, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(trap.kind(), TrapKind::Exhausted);
}

#[tokio::test]
async fn an_endless_loop_in_the_request_hook_ends() {
    let bench = Bench::new(&on_request(FOR_EVER));
    bench.traps(TrapKind::Exhausted).await;
    bench.traps(TrapKind::Exhausted).await;
}

#[tokio::test]
async fn an_endless_loop_in_the_response_hook_breaks_the_connection() {
    let bench = Bench::new(&guest("", "", "(i64.const 1)", FOR_EVER));
    assert!(bench.attack().await.is_none());
    assert_eq!(bench.hostile.metrics().traps, [(TrapKind::Exhausted, 1)]);
    assert_eq!(bench.hostile.metrics().instances, 0);
}

#[tokio::test]
async fn an_endless_sequence_of_host_calls_ends() {
    for call in [
        "(drop (call $get_uri (i32.const 64) (i32.const 64)))",
        "(drop (call $read_body (i32.const 0) (i32.const 64) (i32.const 64)))",
        "(call $set_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 4) (i32.const 0))
         (call $remove_header (i32.const 0) (i32.const 0) (i32.const 3))",
        "(drop (call $log_enabled (i32.const 0)))",
        "(drop (call $enable_features (i32.const 0)))",
    ] {
        let bench = Bench::new(&on_request(&format!("(loop $again {call} (br $again))")));
        let answer = bench.attack().await.expect("an answer");
        assert_eq!(answer.status(), 500, "{call}");
        // By the clock, or because it has written more than it may.
        let kind = bench.hostile.metrics().traps[0].0;
        assert!(matches!(kind, TrapKind::Exhausted | TrapKind::TooLarge), "{call}: {kind:?}");
    }
}

#[tokio::test]
async fn an_endless_loop_ends_by_fuel_where_there_is_no_clock() {
    let options = Options { time_limit: None, fuel_limit: Some(1_000_000), ..options() };
    let bench = Bench::with(&on_request(FOR_EVER), options).unwrap();
    bench.traps(TrapKind::Exhausted).await;
}

#[tokio::test]
async fn other_requests_have_their_turn_while_a_guest_loops() {
    let options = Options { time_limit: Some(Duration::from_secs(2)), ..options() };
    let bench = Bench::with(&on_request(FOR_EVER), options).unwrap();
    // On a runtime of one thread.
    let mut served = 0;
    let attack = send(&bench.hostile, post());
    let mut attack = std::pin::pin!(attack);
    loop {
        tokio::select! {
            biased;
            answer = &mut attack => {
                assert_eq!(answer.unwrap().status(), 500);
                break;
            }
            () = async { bench.serves().await; tokio::task::yield_now().await } => served += 1,
        }
    }
    // A tick is a hundredth of a second; the machine may be busy with other things.
    assert!(served > 10, "only {served} others were served");
}

#[tokio::test]
async fn deep_recursion_traps() {
    let module = "(func $deeper (param i64) (result i64)
        (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))";
    let bench = Bench::new(&guest(module, "", "(call $deeper (i64.const 0))", ""));
    bench.traps(TrapKind::Guest).await;
    assert!(bench.told.lock().unwrap()[0].contains("stack"));
}

#[tokio::test]
async fn recursion_with_host_calls_traps() {
    let module = "(func $deeper (result i64)
        (drop (call $read_body (i32.const 0) (i32.const 64) (i32.const 1)))
        (i64.add (call $deeper) (i64.const 1)))";
    let bench = Bench::new(&guest(module, "", "(call $deeper)", ""));
    bench.traps(TrapKind::Guest).await;
}
