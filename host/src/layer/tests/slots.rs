//! Instances at hand for threads: requests find them there, and they outlive what happens in an exchange.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Waker;

use super::*;

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

/// A layer, and what its observer does, which is set later.
fn layer_and_observer(wat: &str) -> (GuestLayer, Arc<OnceLock<Act>>) {
    let act = Arc::new(OnceLock::<Act>::new());
    let to = Arc::clone(&act);
    let observe = move |_: Event<'_>| {
        if let Some(act) = to.get() {
            act();
        }
    };
    let bench = Bench::set_up(wat, Options::default(), |_| {}, |builder| builder.observe(observe));
    (bench.layer, act)
}

#[test]
fn an_instance_stays_in_its_slot() {
    let (layer, _) = layer_and_observer(&logs());
    for number in 1..=9 {
        assert_eq!(send_now(&layer).expect("an answer")["x-a"], number.to_string());
    }
    let metrics = layer.metrics();
    assert_eq!((metrics.exchanges, metrics.instances, metrics.timed), (9, 1, 1));
}

#[test]
fn limits_are_counted_anew_in_each_exchange() {
    let limits = Limits { header_bytes: 5, header_count: 1, ..Limits::default() };
    let wat = idle_guest(&[], &(set(1, X_A_YES.0, (32, 1)) + GO_ON));
    let bench = Bench::limited(&wat, limits);
    for _ in 0..9 {
        assert_eq!(send_now(&bench.layer).expect("an answer")["x-a"], "7");
    }
}

#[test]
fn observer_may_reenter_the_layer() {
    let (layer, act) = layer_and_observer(&logs());
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
fn panic_of_an_observer_costs_the_instance_and_not_the_slot() {
    let (layer, act) = layer_and_observer(&logs());
    assert_eq!(send_now(&layer).expect("an answer")["x-a"], "1");
    let panics = Mutex::new(true);
    let once = move || {
        let panics = std::mem::take(&mut *panics.lock().expect("nobody panics here"));
        assert!(!panics, "the observer panics");
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
fn a_replaced_guest_leaves_its_slot() {
    let other = Bench::new(&guest(&[], STOP, ""));
    let (layer, _) = layer_and_observer(&logs());
    send_now(&layer).expect("an answer");
    let old = Arc::downgrade(&layer.pool());
    layer.replace(Arc::clone(&other.pool));
    assert!(old.upgrade().is_none(), "no slot keeps it");

    // An instance in use goes when its exchange ends.
    let (layer, act) = layer_and_observer(&logs());
    let (replaced, pool) = (layer.clone(), Arc::clone(&other.pool));
    assert!(act.set(Box::new(move || replaced.replace(Arc::clone(&pool)))).is_ok());
    let old = Arc::downgrade(&layer.pool());
    assert_eq!(send_now(&layer).expect("an answer")["x-a"], "1", "it ends as it began");
    assert!(old.upgrade().is_none());
}

#[tokio::test]
async fn a_response_without_room_for_a_header_breaks_the_connection() {
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
            let layer = GuestLayer::builder(Bench::new(&wat).pool).capacity(capacity).build();
            let inner =
                service_fn(move |_: Request<Body>| async move { Ok::<_, BoxError>(full()) });
            let result = layer.layer(inner).oneshot(get("/")).await;
            let what = format!("{instances} instances: the header is lost");
            assert!(matches!(result, Err(Error::Unsendable(_))), "{what}");
        }
    }
}

#[test]
fn threads_have_slots_of_their_own() {
    let (layer, _) = layer_and_observer(&logs());
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

/// Gives its thread away before it answers.
async fn yields(_: Request<Body>) -> Result<Response<Body>, BoxError> {
    tokio::task::yield_now().await;
    Ok(Response::new(Body::empty()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_of_many_threads_share_one_instance_and_none_waits_in_vain() {
    let capacity =
        Capacity { instances: 1, queue: 100, wait: Duration::from_secs(20), ..Capacity::default() };
    let bench = Bench::set_up(
        &guest(&[], GO_ON, ""),
        Options::default(),
        |_| {},
        |builder| builder.capacity(capacity),
    );
    let began = std::time::Instant::now();
    let tasks = (0..8).map(|_| {
        let layer = bench.layer.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let service = layer.layer(service_fn(yields));
                let response = service.oneshot(get("/")).await.expect("an answer");
                assert_eq!(response.status(), 200);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    // One that misses that an instance is free waits until its time is over.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let metrics = bench.layer.metrics();
    assert_eq!((metrics.exchanges, metrics.refused_busy, metrics.instances), (1600, 0, 1));
}
