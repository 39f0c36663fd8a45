//! Guests that misuse WASI: pointers, counts and times that no runtime would use.

use http_wasm_abi::{WASI_MODULE, wasi};

use super::*;

/// The import of a function of WASI, under its own name.
fn import(name: &str) -> String {
    let (name, signature) = wasi::function(name).expect("a function of WASI");
    let types: Vec<_> = signature.params.iter().map(ToString::to_string).collect();
    let result = if signature.result.is_some() { "(result i32)" } else { "" };
    format!(
        "(import \"{WASI_MODULE}\" \"{name}\" (func ${name} (param {}) {result}))",
        types.join(" ")
    )
}

/// A guest that imports these, and does this in its start and its hooks.
fn with_wasi(names: &[&str], start: &str, request: &str, response: &str) -> String {
    let imports: String = names.iter().map(|name| import(name)).collect();
    // Imports come first in a module.
    guest("", start, request, response).replacen("(module", &format!("(module {imports}"), 1)
}

fn on_request_with(names: &[&str], body: &str) -> String {
    with_wasi(names, "", &format!("{body} (i64.const 1)"), "")
}

/// A clock subscription at 1,024, with this timeout.
fn subscription(timeout: i64) -> String {
    format!(
        "(i64.store (i32.const 1024) (i64.const 0)) (i64.store (i32.const 1032) (i64.const 0))
         (i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (i64.const {timeout}))
         (i64.store (i32.const 1056) (i64.const 0)) (i64.store (i32.const 1064) (i64.const 0))"
    )
}

const POLL: &str =
    "(drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 4096)))";

#[tokio::test]
async fn arguments_at_the_edge_of_memory_do_no_harm_in_any_function() {
    // All at once: what is a pointer, a length or a number differs from function to function.
    let functions = wasi::FUNCTIONS.into_iter().filter(|(name, _)| *name != wasi::EXIT);
    let names: Vec<_> = functions.clone().map(|(name, _)| name).collect();
    let mut calls = String::new();
    for (name, signature) in functions {
        for value in [-1_i64, 0, 3, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8] {
            let argument = |ty: &http_wasm_abi::ValueType| match ty.to_string().as_str() {
                "i32" => format!("(i32.const {})", value as i32),
                _ => format!("(i64.const {value})"),
            };
            let args: String = signature.params.iter().map(argument).collect();
            calls += &format!("(drop (call ${name} {args}))");
            // A pointer that is right, among others that are not.
            let args: String = signature
                .params
                .iter()
                .enumerate()
                .map(|(at, ty)| if at == 1 { format!("({ty}.const 64)") } else { argument(ty) })
                .collect();
            calls += &format!("(drop (call ${name} {args}))");
        }
    }
    let options = Options { time_limit: Some(Duration::from_secs(10)), ..options() };
    let bench = Bench::with(&on_request_with(&names, &calls), options).unwrap();
    assert_eq!(bench.attack().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_sleep_without_end_ends_with_the_time_of_its_hook() {
    for timeout in [-1, i64::MIN, i64::MAX, 3_600_000_000_000] {
        let bench = Bench::new(&on_request_with(&["poll_oneoff"], &(subscription(timeout) + POLL)));
        bench.traps(TrapKind::Exhausted).await;
    }
}

#[tokio::test]
async fn a_sleep_without_end_in_the_response_hook_breaks_the_connection() {
    let sleep = subscription(-1) + POLL;
    let bench = Bench::new(&with_wasi(&["poll_oneoff"], "", "(i64.const 1)", &sleep));
    assert!(bench.attack().await.is_none());
    assert_eq!(bench.hostile.metrics().traps, [(TrapKind::Exhausted, 1)]);
}

#[tokio::test]
async fn a_start_that_sleeps_without_end_is_refused() {
    let sleep = subscription(-1) + POLL;
    let wat = with_wasi(&["poll_oneoff"], &sleep, "(i64.const 1)", "");
    let refused = Bench::with(&wat, options()).err();
    let Some(Refused::Start(StartError::Trap { trap, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(trap.kind(), TrapKind::Exhausted);
}

#[tokio::test]
async fn a_poll_of_all_memory_ends_by_the_clock() {
    // 40,000 subscriptions of nothing, whose events overlap them, again and again.
    for count in [40_000, i32::MAX, -1] {
        let call = format!(
            "(drop (memory.grow (i32.const 40)))
             (loop $again
                (drop (call $poll_oneoff (i32.const 0) (i32.const 16) (i32.const {count}) (i32.const 8)))
                (br $again))"
        );
        let bench = Bench::new(&on_request_with(&["poll_oneoff"], &call));
        bench.traps(TrapKind::Exhausted).await;
    }
}

#[tokio::test]
async fn others_have_their_turn_while_guests_sleep() {
    let options = Options { time_limit: Some(Duration::from_secs(1)), ..options() };
    let sleep = subscription(-1) + POLL;
    let bench = Bench::with(&on_request_with(&["poll_oneoff"], &sleep), options).unwrap();
    let sleepers = async {
        let all = (0..8).map(|_| send(&bench.hostile, post()));
        for answer in futures(all).await {
            assert_eq!(answer.unwrap().status(), 500);
        }
    };
    let mut sleepers = std::pin::pin!(sleepers);
    let (begun, mut served) = (std::time::Instant::now(), 0);
    loop {
        tokio::select! {
            biased;
            () = &mut sleepers => break,
            () = async { bench.serves().await; tokio::task::yield_now().await } => served += 1,
        }
    }
    assert!(served > 100, "only {served} others were served");
    assert!(begun.elapsed() < Duration::from_secs(6), "they slept one after the other");
}

/// The results of futures that run at once on this thread.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|future| (Some(Box::pin(future)), None)).collect();
    std::future::poll_fn(|context| {
        for (future, result) in &mut all {
            if let Some(running) = future
                && let std::task::Poll::Ready(output) = running.as_mut().poll(context)
            {
                (*future, *result) = (None, Some(output));
            }
        }
        if all.iter().all(|(_, result)| result.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    all.into_iter().filter_map(|(_, result)| result).collect()
}

#[tokio::test]
async fn a_flood_on_stdout_is_cut() {
    // A list of buffers that are all of memory, written for ever; without an end of line, and with.
    for letter in [97, 10] {
        let call = format!(
            "(local $n i32)
             (memory.fill (i32.const 0) (i32.const {letter}) (i32.const 65536))
             (loop $list
                (i64.store (i32.mul (local.get $n) (i32.const 8)) (i64.const 0x1000000000000))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $list (i32.lt_u (local.get $n) (i32.const 4000))))
             (loop $again
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 4000) (i32.const 40000)))
                (br $again))"
        );
        let bench = Bench::new(&on_request_with(&["fd_write"], &call));
        bench.traps(TrapKind::Exhausted).await;
        let told = bench.told.lock().unwrap();
        let bytes: usize = told.iter().map(String::len).sum();
        assert!(bytes <= (256 << 10) + 10_000, "{bytes} bytes");
        assert!(told.len() <= 1_003, "{} messages", told.len());
    }
}

#[tokio::test]
async fn a_start_that_logs_without_end_is_refused_and_what_it_logged_is_cut() {
    let start =
        "(loop $again (call $log (i32.const 2) (i32.const 64) (i32.const 60000)) (br $again))";
    let refused = Bench::with(&guest("", start, "(i64.const 1)", ""), options()).err();
    let Some(Refused::Start(error @ StartError::Trap { .. })) = &refused else {
        panic!("{refused:?}")
    };
    let StartError::Trap { trap, logs } = error else { unreachable!() };
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert!(logs.iter().map(|entry| entry.message.len()).sum::<usize>() < 300 << 10);
}

#[tokio::test]
async fn endless_calls_of_wasi_end_by_the_clock() {
    for (name, call) in [
        ("sched_yield", "(drop (call $sched_yield))"),
        (
            "clock_time_get",
            "(drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 64)))",
        ),
        ("random_get", "(drop (call $random_get (i32.const 0) (i32.const 65536)))"),
        ("environ_get", "(drop (call $environ_get (i32.const 0) (i32.const 64)))"),
        (
            "fd_read",
            "(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 64)))",
        ),
        ("fd_close", "(drop (call $fd_close (i32.const 1)))"),
    ] {
        let bench =
            Bench::new(&on_request_with(&[name], &format!("(loop $again {call} (br $again))")));
        bench.traps(TrapKind::Exhausted).await;
    }
}

#[tokio::test]
async fn whoever_ends_itself_ends_nobody_else() {
    for code in [0, 1, -1] {
        let exit = format!("(call $proc_exit (i32.const {code}))");
        Bench::new(&on_request_with(&["proc_exit"], &exit)).traps(TrapKind::Guest).await;
        let late = with_wasi(&["proc_exit"], "", "(i64.const 1)", &exit);
        assert!(Bench::new(&late).attack().await.is_none());
        let start = with_wasi(&["proc_exit"], &exit, "(i64.const 1)", "");
        assert!(matches!(Bench::with(&start, options()), Err(Refused::Start(_))));
    }
}
