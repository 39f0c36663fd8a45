//! Guests that wait for a clock: `poll_oneoff` of WASI.

use std::task::{Context, Poll};
use std::time::Instant as Clock;

use super::*;
use crate::engine::instance::now;

const IMPORT: &str = r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))"#;
/// Where subscriptions and events are, and the number of events.
const PLACES: &str = "(i32.const 1024) (i32.const 4096)";
const MONOTONIC: u32 = 1;
const MILLISECOND: i64 = 1_000_000;

/// Stores a subscription.
fn subscription(index: u32, tag: u32, what: u32, timeout: i64, flags: u32) -> String {
    let at = 1024 + 48 * index;
    format!(
        "(i64.store (i32.const {at}) (i64.const {}))
         (i32.store8 (i32.const {}) (i32.const {tag}))
         (i32.store (i32.const {}) (i32.const {what}))
         (i64.store (i32.const {}) (i64.const {timeout}))
         (i32.store16 (i32.const {}) (i32.const {flags}))",
        10 + index,
        at + 8,
        at + 16,
        at + 24,
        at + 40
    )
}

/// Sleeps for so long, and traps if that is an error.
fn sleep(nanoseconds: i64) -> String {
    subscription(0, 0, MONOTONIC, nanoseconds, 0)
        + &format!("(if (call $poll {PLACES} (i32.const 1) (i32.const 8192)) (then unreachable))")
}

/// A guest that does this, logs the events, and responds with 200 and the error number.
fn poller(subscriptions: &str, count: u32) -> String {
    guest_with(
        IMPORT,
        &format!(
            "{subscriptions}
             (call $set_status_code (i32.add (i32.const 200)
                (call $poll {PLACES} (i32.const {count}) (i32.const 8192))))
             (call $log (i32.const 0) (i32.const 4096)
                (i32.mul (i32.const 32) (i32.load (i32.const 8192))))
             (i64.const 0)"
        ),
        "",
    )
}

fn with_limit(text: &str, limit: Duration) -> Pool {
    let options = Options { time_limit: Some(limit), ..Options::default() };
    Pool::new(load_with(text, options).expect("it loads"), Settings::default()).expect("it starts")
}

/// Runs a poller: the error number, the events as `(userdata, error, tag)`, and how long it took.
fn poll(subscriptions: &str, count: u32) -> (u16, Vec<(u8, u8, u8)>, Duration) {
    let pool = Pool::new(load(&poller(subscriptions, count)), Settings::default());
    let pool = pool.expect("the guest starts");
    let before = Clock::now();
    let outcome = run(&pool);
    let took = before.elapsed();
    assert_eq!(outcome.trap, None);
    let bytes = outcome.logs[0].message.as_bytes();
    let events = bytes.chunks(32).map(|event| (event[0], event[8], event[10])).collect();
    let error = outcome.response.expect("a response").status - 200;
    (error, events, took)
}

#[test]
fn a_guest_sleeps_for_as_long_as_it_wants() {
    let (error, events, took) = poll(&subscription(0, 0, MONOTONIC, 30 * MILLISECOND, 0), 1);
    assert_eq!((error, events.as_slice()), (0, &[(10, 0, 0)][..]));
    assert!(took >= Duration::from_millis(30) && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_first_of_several_clocks_ends_a_sleep() {
    let hour = 3_600_000 * MILLISECOND;
    let later = subscription(0, 0, MONOTONIC, hour, 0);
    let (error, events, took) =
        poll(&(later.clone() + &subscription(1, 0, 0, 20 * MILLISECOND, 0)), 2);
    assert_eq!((error, events.as_slice()), (0, &[(11, 0, 0)][..]));
    assert!(took >= Duration::from_millis(20), "{took:?}");
    // A time of 1970 is over, on either clock; so is no time at all.
    for now in
        [subscription(1, 0, 0, 1, 1), subscription(1, 0, 1, 1, 1), subscription(1, 0, 0, 0, 0)]
    {
        assert_eq!(poll(&(later.clone() + &now), 2).1, [(11, 0, 0)]);
    }
}

#[test]
fn what_is_no_clock_is_ready_at_once() {
    let later = subscription(0, 0, MONOTONIC, 3_600_000 * MILLISECOND, 0);
    for (subscription, event) in [
        // stdin has an end, stdout and stderr take everything, and there is nothing else.
        (subscription(1, 1, 0, 0, 0), (11, 0, 1)),
        (subscription(1, 2, 1, 0, 0), (11, 0, 2)),
        (subscription(1, 2, 2, 0, 0), (11, 0, 2)),
        (subscription(1, 1, 1, 0, 0), (11, 8, 1)),
        (subscription(1, 1, 7, 0, 0), (11, 8, 1)),
        // The clocks of a process are not there.
        (subscription(1, 0, 2, 0, 0), (11, 28, 0)),
    ] {
        let (error, events, _) = poll(&(later.clone() + &subscription), 2);
        assert_eq!((error, events.as_slice()), (0, &[event][..]));
    }
}

#[test]
fn what_cannot_be_waited_for_is_refused() {
    let (invalid, fault) = (28, 21);
    assert_eq!(poll("", 0).0, invalid);
    assert_eq!(poll(&subscription(0, 3, 0, 0, 0), 1).0, invalid);
    // Memory has 65,536 bytes, from 1,024 on for subscriptions of 48.
    for count in [1_345, 100_000_000, u32::MAX] {
        assert_eq!(
            poll(&subscription(0, 0, MONOTONIC, 3_600_000 * MILLISECOND, 0), count).0,
            fault
        );
    }
}

#[test]
fn a_sleep_ends_with_the_time_of_its_hook() {
    let limit = Duration::from_millis(100);
    let forever = sleep(-1);
    let naps = format!("(loop $again {} (br $again))", sleep(3 * MILLISECOND));
    let nothing = format!("(loop $again {} (br $again))", sleep(0));
    let computes = sleep(60 * MILLISECOND) + "(loop $again (br $again))";
    for body in [forever, naps, nothing, computes] {
        let pool = with_limit(&guest_with(IMPORT, &format!("{body} {GO_ON}"), ""), limit);
        let before = Clock::now();
        let trap = run(&pool).trap.expect("the time is over");
        let took = before.elapsed();
        assert_eq!(trap.kind(), TrapKind::Exhausted, "{body}");
        assert!(trap.message().starts_with("the guest ran for 100ms"), "{trap}");
        assert!(took > limit - TICK * 2 && took < limit * 20, "{took:?}: {body}");
    }
}

#[test]
fn a_start_that_sleeps_too_long_makes_no_pool() {
    let start = |body: &str| {
        let text = guest_with(&format!(r#"{IMPORT} (func (export "_start") {body})"#), GO_ON, "");
        let options = Options { time_limit: Some(Duration::from_millis(50)), ..Options::default() };
        Pool::new(load_with(&text, options).expect("it loads"), Settings::default())
    };
    let Err(StartError::Trap { trap, .. }) = start(&sleep(-1)) else { panic!("it starts") };
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert!(start(&sleep(10 * MILLISECOND)).is_ok());
}

#[test]
fn the_time_of_a_hook_begins_anew_with_each() {
    let body = sleep(300 * MILLISECOND);
    let pool = with_limit(
        &guest_with(IMPORT, &format!("{body} {GO_ON}"), &body),
        Duration::from_millis(500),
    );
    assert_eq!(run(&pool).trap, None);
}

#[test]
fn guests_that_sleep_on_one_thread_sleep_at_once() {
    let module = load(&guest_with(IMPORT, &(sleep(200 * MILLISECOND) + GO_ON), ""));
    let settings: Arc<http_wasm_model::exchange::InstanceSettings> = Settings::default().into();
    let mut instances: Vec<_> = (0..10).map(|_| module.instance()).collect();
    for instance in &mut instances {
        now(Instance::start(instance)).expect("it starts");
        assert_eq!(instance.mode(), Mode::Fiber);
        instance.exchange_mut().begin(&settings, false, |request| *request = Request::default());
    }
    let before = Clock::now();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut sleepers = tokio::task::JoinSet::new();
        for mut instance in instances {
            sleepers.spawn(async move { instance.call_on_fiber(Hook::Request, &mut None).await });
        }
        for result in sleepers.join_all().await {
            assert_eq!(result, Ok(1));
        }
    });
    assert!(before.elapsed() < Duration::from_millis(1_500), "{:?}", before.elapsed());
}

/// A body that comes after a while.
struct Late {
    after: std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>,
}

impl Bodies for Late {
    fn poll_piece(&mut self, _: http_wasm_abi::BodyKind, context: &mut Context<'_>) -> Poll<Piece> {
        self.after.as_mut().poll(context).map(|_| Piece::End(Default::default()))
    }
}

#[test]
fn waiting_for_a_body_does_not_count_after_a_sleep_either() {
    let nap = sleep(20 * MILLISECOND);
    let read = "(drop (call $read_body (i32.const 0) (i32.const 64) (i32.const 64)))";
    let text = guest_with(IMPORT, &format!("{nap} {read} {nap} {GO_ON}"), "");
    let options = Options { time_limit: Some(Duration::from_millis(300)), ..Options::default() };
    let mut instance = load_with(&text, options).expect("it loads").instance();
    now(Instance::start(&mut instance)).expect("it starts");
    let settings: Arc<http_wasm_model::exchange::InstanceSettings> = Settings::default().into();
    instance.exchange_mut().begin(&settings, true, |request| *request = Request::default());
    let then = Clock::now() + Duration::from_millis(600);
    let late = Late { after: Box::pin(crate::engine::timer::sleep_until(then)) };
    let mut bodies: Option<Box<dyn Bodies>> = Some(Box::new(late));
    assert_eq!(now(instance.call_on_fiber(Hook::Request, &mut bodies)), Ok(1));
    assert!(Clock::now() >= then);
}
