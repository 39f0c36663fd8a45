//! Guests that go in lanes: what they do there is what they do without, and a lane outlives whatever
//! happens in it.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Waker;

use super::*;
use crate::layer::lane::Entered;

/// A guest whose configuration says what its request hook does, a byte for each of four steps. It
/// neither waits nor loops, and its response hook is empty.
fn obedient(steps: &[(&str, String)]) -> String {
    let mut body = String::new();
    for place in 0..4 {
        for (number, (_, code)) in steps.iter().enumerate() {
            let number = number + 1;
            _ = write!(
                body,
                "(if (i32.eq (i32.load8_u (i32.const {})) (i32.const {number})) (then {code}))",
                1000 + place
            );
        }
    }
    guest_text::module(&format!(
        r#"(data (i32.const 0) "x-a")
          (data (i32.const 8) "yes")
          (data (i32.const 16) "content-length")
          (data (i32.const 32) "7")
          (data (i32.const 200) "host")
          (data (i32.const 48) "/other?q")
          (data (i32.const 64) "PUT")
          (data (i32.const 80) "X-Upper")
          (data (i32.const 96) "transfer-encoding")
          (data (i32.const 120) "set-cookie")
          (data (i32.const 136) "a\00b")
          (func (export "_start") (drop (call $get_config (i32.const 1000) (i32.const 4))))
          (func (export "handle_request") (result i64) {body} (i64.const 1))"#
    ))
}

/// What such a guest can do in a step.
fn steps() -> Vec<(&'static str, String)> {
    let call = |function: &str, kind: u32, name: (u32, u32), value: (u32, u32)| {
        set(kind, name, value).replace("$set_header_value", function)
    };
    let (name, value) = X_A_YES;
    let (length, seven) = ((16, 14), (32, 1));
    vec![
        ("set a request header", call("$set_header_value", 0, name, value)),
        ("add a request header", call("$add_header_value", 0, name, seven)),
        ("add a response header", call("$add_header_value", 1, name, value)),
        ("set a response header", call("$set_header_value", 1, name, seven)),
        ("add a cookie", call("$add_header_value", 1, (120, 10), value)),
        ("set the host", call("$set_header_value", 0, (200, 4), value)),
        ("set the request's length", call("$set_header_value", 0, length, seven)),
        ("set the response's length", call("$set_header_value", 1, length, seven)),
        ("set the response's encoding", call("$set_header_value", 1, (96, 17), seven)),
        ("set a header in upper case", call("$set_header_value", 0, (80, 7), value)),
        ("set a header with NUL", call("$set_header_value", 1, name, (136, 3))),
        ("remove a request header", "(call $remove_header (i32.const 0) (i32.const 0) (i32.const 3))".into()),
        ("remove a response header", "(call $remove_header (i32.const 1) (i32.const 0) (i32.const 3))".into()),
        ("look", "(drop (call $get_header_values (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 300) (i32.const 99)))".into()),
        ("set the URI", "(call $set_uri (i32.const 48) (i32.const 8))".into()),
        ("set the method", "(call $set_method (i32.const 64) (i32.const 3))".into()),
        ("write the request", "(call $write_body (i32.const 0) (i32.const 0) (i32.const 3))".into()),
        ("write the response", "(call $write_body (i32.const 1) (i32.const 0) (i32.const 3))".into()),
        ("set the status", "(call $set_status_code (i32.const 403))".into()),
        ("log", "(call $log (i32.const 0) (i32.const 0) (i32.const 3))".into()),
        ("stop", "(return (i64.const 0))".into()),
        ("trap", "unreachable".into()),
    ]
}

fn requests() -> Vec<Request<Full<Bytes>>> {
    let mut with_header = get("http://h.test/p?q");
    with_header.headers_mut().insert("x-a", "before".parse().expect("a value"));
    let head = Request::head("/").body(Full::default()).expect("a request");
    let mut empty = post("");
    empty.headers_mut().remove("content-length");
    let mut chunked = post("four");
    chunked.headers_mut().remove("content-length");
    chunked.headers_mut().insert("transfer-encoding", "chunked".parse().expect("a value"));
    vec![with_header, get("/"), post("hello"), head, empty, get("/"), chunked, get("/p")]
}

/// Sends these requests one after the other, and writes down all that comes of them.
async fn protocol(layer: &GuestLayer, told: &Mutex<Vec<String>>) -> Vec<String> {
    let mut lines = Vec::new();
    for request in requests() {
        let seen = Arc::new(Mutex::new(String::new()));
        let to = Arc::clone(&seen);
        let inner = service_fn(move |request: Request<Body>| {
            let to = Arc::clone(&to);
            async move {
                let (parts, body) = request.into_parts();
                let length = length(&parts.headers, &body);
                let body = body.collect().await?.to_bytes();
                let line = format!("{} {} {length:?} {body:?}", parts.method, parts.uri);
                *to.lock().expect("nobody panics") = line + &show(&parts.headers);
                let mut response = Response::new(Body::full("answer"));
                let headers = response.headers_mut();
                headers.insert("content-length", 6.into());
                headers.insert("x-a", "theirs".parse()?);
                headers.append("x-a", "theirs too".parse()?);
                Ok::<_, BoxError>(response)
            }
        });
        let line = match layer.layer(inner).oneshot(request).await {
            Err(error) => format!("error: {error}"),
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let length = length(&parts.headers, &body);
                let body = body.collect().await.map(|body| body.to_bytes());
                format!("{} {length:?} {body:?}{}", parts.status, show(&parts.headers))
            }
        };
        let told = std::mem::take(&mut *told.lock().expect("nobody panics"));
        lines.push(format!("{}\n-> {line}\n{told:?}", seen.lock().expect("nobody panics")));
    }
    lines
}

/// How long a body says that it is, where no header says that.
fn length(headers: &http::HeaderMap, body: &Body) -> Option<u64> {
    let size = http_body::Body::size_hint(body);
    size.exact().filter(|_| !headers.contains_key("content-length"))
}

/// The headers, sorted by name; the values of one stay in their order.
fn show(headers: &http::HeaderMap) -> String {
    let mut names: Vec<_> = headers.keys().collect();
    names.sort_unstable_by_key(|name| name.as_str());
    names.iter().fold(String::new(), |mut text, name| {
        let values: Vec<_> = headers.get_all(*name).iter().collect();
        _ = write!(text, " {name}: {values:?}");
        text
    })
}

fn layer(pool: Arc<Pool>, capacity: Capacity) -> (GuestLayer, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    let observe = move |event: Event<'_>| to.lock().expect("nobody panics").push(event.to_string());
    (GuestLayer::builder(pool).capacity(capacity).observe(observe).build(), told)
}

#[tokio::test]
async fn a_guest_does_the_same_in_a_lane_and_without_one() {
    let steps = steps();
    let count = steps.len() as u8;
    let pairs = (0..=count).flat_map(|first| (0..=count).map(move |second| [first, second, 0, 0]));
    // Longer ones are too many to try all of them.
    let mut state = 1_u64;
    let mut any = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8 % count + 1
    };
    let longer: Vec<[u8; 4]> = (0..400).map(|_| [(); 4].map(|()| any())).collect();
    let programs: Vec<_> = pairs.chain(longer).collect();
    for profile in Profile::ALL {
        let wasm = wat::parse_str(obedient(&steps)).expect("the text is a module");
        let options = Options { profile, ..Options::default() };
        let module = Module::new(&wasm, options).expect("the module is a guest");
        for &program in &programs {
            let settings =
                Settings { profile, record_calls: false, ..Settings::with_config(program) };
            let pool = || Arc::new(Pool::new(module.clone(), settings.clone()).expect("it starts"));
            // With a capacity of one there are no lanes.
            let one = Capacity { instances: 1, ..Capacity::default() };
            let (without, told_without) = layer(pool(), one);
            let (with, told_with) = layer(pool(), Capacity::default());
            assert!(with.shared.lane_generation.load(Ordering::Relaxed) > 0);
            assert_eq!(without.shared.lanes.len(), 0);
            let expected = protocol(&without, &told_without).await;
            let found = protocol(&with, &told_with).await;
            let names = program.map(|step| match step {
                0 => "nothing",
                step => steps[usize::from(step) - 1].0,
            });
            for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_eq!(found, expected, "{profile}: {names:?}, request {number}");
            }
            let metrics = with.metrics();
            let expected = without.metrics();
            assert_eq!(
                (metrics.exchanges, metrics.request_hooks, metrics.response_hooks),
                (expected.exchanges, expected.request_hooks, expected.response_hooks),
                "{profile}: {names:?}"
            );
            assert_eq!((metrics.stopped, metrics.traps), (expected.stopped, expected.traps));
        }
    }
}

/// A guest that logs, adds a header and is done, and a counter that shows which instance it is.
fn logs() -> String {
    let log = "(global.set $count (i32.add (i32.const 1) (global.get $count)))
         (i32.store8 (i32.const 8)
           (i32.add (i32.const 48) (i32.and (i32.const 15) (global.get $count))))
         (call $log (i32.const 0) (i32.const 8) (i32.const 1))";
    idle_guest(&[], &format!("{log}{}{GO_ON}", set(1, (0, 3), (8, 1))))
}

/// Sends a request that need not wait.
fn send_now(layer: &GuestLayer) -> Result<http::HeaderMap, Error> {
    let inner =
        service_fn(async |_: Request<Body>| Ok::<_, BoxError>(Response::new(Body::empty())));
    let mut answer = pin!(layer.layer(inner).call(get("/")));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.map(|response| response.headers().clone()),
        Poll::Pending => panic!("nothing to wait for"),
    }
}

type Act = Box<dyn Fn() + Send + Sync>;

/// A layer, and what it does when it is told something, which is said later.
fn told_later(wat: &str) -> (GuestLayer, Arc<OnceLock<Act>>) {
    let act = Arc::new(OnceLock::<Act>::new());
    let to = Arc::clone(&act);
    let observe = move |_: Event<'_>| {
        if let Some(act) = to.get() {
            act();
        }
    };
    let bench = Bench::set_up(wat, Options::default(), |_| {}, |builder| builder.observe(observe));
    assert!(bench.layer.shared.lane_generation.load(Ordering::Relaxed) > 0);
    (bench.layer, act)
}

#[test]
fn an_instance_stays_in_its_lane() {
    let (layer, _) = told_later(&logs());
    for number in 1..=9 {
        assert_eq!(send_now(&layer).expect("an answer")["x-a"], number.to_string());
    }
    let metrics = layer.metrics();
    assert_eq!((metrics.exchanges, metrics.instances, metrics.timed), (9, 1, 1));
}

#[test]
fn what_is_counted_of_an_exchange_is_counted_from_nothing() {
    let limits = Limits { header_bytes: 5, header_count: 1, ..Limits::default() };
    let wat = idle_guest(&[], &(set(1, X_A_YES.0, (32, 1)) + GO_ON));
    let bench = Bench::limited(&wat, limits);
    for _ in 0..9 {
        assert_eq!(send_now(&bench.layer).expect("an answer")["x-a"], "7");
    }
}

#[test]
fn who_is_told_something_may_send_a_request_itself() {
    let (layer, act) = told_later(&logs());
    let (inner, nested) = (layer.clone(), Arc::new(Mutex::new(Vec::new())));
    let to = Arc::clone(&nested);
    let depth = Mutex::new(0);
    let once = move || {
        let mut now = depth.lock().expect("nobody panics");
        *now += 1;
        if *now == 1 {
            drop(now);
            let headers = send_now(&inner).expect("an answer");
            to.lock().expect("nobody panics").push(headers["x-a"].clone());
        }
    };
    assert!(act.set(Box::new(once)).is_ok());
    assert_eq!(send_now(&layer).expect("an answer")["x-a"], "1");
    assert_eq!(*nested.lock().expect("nobody panics"), ["1"], "on an instance of its own");
    assert_eq!(layer.metrics().instances, 2);
}

#[test]
fn a_panic_of_who_is_told_something_costs_the_instance_and_not_the_lane() {
    let (layer, act) = told_later(&logs());
    assert_eq!(send_now(&layer).expect("an answer")["x-a"], "1");
    let panics = Mutex::new(true);
    let once = move || {
        let panics = std::mem::take(&mut *panics.lock().expect("nobody panics here"));
        assert!(!panics, "told and not amused");
    };
    assert!(act.set(Box::new(once)).is_ok());
    let caught = catch_unwind(AssertUnwindSafe(|| send_now(&layer)));
    assert!(caught.is_err());
    for number in 1..=2 {
        assert_eq!(send_now(&layer).expect("an answer")["x-a"], number.to_string(), "a new one");
    }
    assert_eq!(layer.metrics().instances, 1);
}

#[test]
fn what_is_replaced_leaves_its_lane() {
    let other = Bench::new(&guest(&[], STOP, ""));
    let (layer, _) = told_later(&logs());
    send_now(&layer).expect("an answer");
    let old = Arc::downgrade(&layer.pool());
    layer.replace(Arc::clone(&other.pool));
    assert!(old.upgrade().is_none(), "no lane is at work, and none keeps it");

    // While one is at work, it is the one to clear itself.
    let (layer, act) = told_later(&logs());
    let (replaced, pool) = (layer.clone(), Arc::clone(&other.pool));
    assert!(act.set(Box::new(move || replaced.replace(Arc::clone(&pool)))).is_ok());
    let old = Arc::downgrade(&layer.pool());
    assert_eq!(send_now(&layer).expect("an answer")["x-a"], "1", "it ends as it began");
    assert!(old.upgrade().is_none());
}

#[tokio::test]
async fn what_replaces_a_guest_between_two_looks_does_not_take_its_lane() {
    let (layer, _) = told_later(&logs());
    let other = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    let before = layer.shared.lane_generation.load(Ordering::Relaxed);
    layer.replace(Arc::clone(&other.pool));
    // As one sees it who looked before, and asks what is served only now.
    layer.shared.lane_generation.store(before, Ordering::Relaxed);
    assert!(Entered::enter(&layer.shared).is_none());
    send_now(&layer).expect("an answer");
    let metrics = layer.metrics();
    assert_eq!((metrics.request_hooks, metrics.response_hooks), (1, 1));
}

#[tokio::test]
async fn an_answer_that_has_no_room_for_a_header_breaks_the_connection() {
    let full = || {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        for number in 0.. {
            let name = http::HeaderName::try_from(format!("x-{number}")).expect("a name");
            if headers.try_append(name, "1".parse().expect("a value")).is_err() {
                return response;
            }
        }
        unreachable!("a map has an end")
    };
    let one = "(call $set_header_value (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 3))";
    let two = one.replace("(i32.const 0) (i32.const 3)", "(i32.const 0) (i32.const 1)") + one;
    for wat in [idle_guest(&[], &(one.to_owned() + GO_ON)), idle_guest(&[], &(two + GO_ON))] {
        for instances in [1, 256] {
            let capacity = Capacity { instances, ..Capacity::default() };
            let (layer, _) = layer(Bench::new(&wat).pool, capacity);
            let inner =
                service_fn(move |_: Request<Body>| async move { Ok::<_, BoxError>(full()) });
            let result = layer.layer(inner).oneshot(get("/")).await;
            let what = format!("{instances} instances: the header is lost");
            assert!(matches!(result, Err(Error::Unsendable(_))), "{what}");
        }
    }
}

#[test]
fn threads_have_lanes_of_their_own() {
    let (layer, _) = told_later(&logs());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(send_now(&layer).expect("an answer").len(), 1);
                }
            });
        }
    });
    let metrics = layer.metrics();
    assert_eq!((metrics.exchanges, metrics.request_hooks, metrics.response_hooks), (400, 400, 400));
    assert!((1..=8).contains(&metrics.instances), "{}", metrics.instances);
}
