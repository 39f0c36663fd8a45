//! What the owner of a layer can see and set: counters, spans, calls, capacity, replacement.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use super::*;
use http_wasm_model::exchange::TrapKind;

#[tokio::test]
async fn everything_is_counted() {
    let stop_or_go =
        "(if (result i64) (i32.eqz (global.get $count)) (then (i64.const 1)) (else (i64.const 0)))";
    let bench = Bench::new(&guest(&[], stop_or_go, LOG_RESPONSE));
    for _ in 0..2 {
        bench.send(get("/"), echo).await.expect("a response");
    }
    let metrics = bench.layer.metrics();
    assert_eq!((metrics.exchanges, metrics.request_hooks, metrics.response_hooks), (2, 2, 1));
    assert_eq!((metrics.stopped, metrics.instances, metrics.memory), (1, 1, 65_536));
    assert_eq!(metrics.traps, []);
    // The first exchange is among those that are timed.
    assert_eq!(metrics.timed, 1);
    assert!(metrics.guest_time > Duration::ZERO && metrics.host_time > Duration::ZERO);

    let bench = Bench::new(&guest(&[], "unreachable", ""));
    for _ in 0..3 {
        bench.send(get("/"), echo).await.expect("a response");
    }
    let metrics = bench.layer.metrics();
    assert_eq!(metrics.traps, [(TrapKind::Guest, 3)]);
    assert_eq!((metrics.instances, metrics.memory), (0, 0));
}

#[tokio::test]
async fn logs_are_off_where_nobody_observes() {
    let stops_if_it_may_log = "(i64.extend_i32_u (i32.eqz (call $log_enabled (i32.const 2))))";
    let wat = guest(&[Function::LogEnabled], stops_if_it_may_log, "");
    let observed = Bench::new(&wat);
    observed.send(get("/"), echo).await.expect("a response");
    assert_eq!(observed.layer.metrics().stopped, 1);

    let layer = GuestLayer::builder(observed.pool).build();
    let service = layer.layer(service_fn(echo));
    service.oneshot(get("/")).await.expect("a response");
    assert_eq!(layer.metrics().stopped, 0);
}

#[test]
fn every_kind_of_trap_has_a_counter() {
    // A kind that is added to the enum and not to the list would be counted nowhere.
    let known = |kind: TrapKind| match kind {
        TrapKind::Phase
        | TrapKind::Missing
        | TrapKind::Number
        | TrapKind::Memory
        | TrapKind::Name
        | TrapKind::Value
        | TrapKind::Limit
        | TrapKind::Body
        | TrapKind::TooLarge
        | TrapKind::Guest
        | TrapKind::Exhausted => 1,
        other => panic!("{other:?} is not in this list"),
    };
    let all: std::collections::HashSet<_> = TrapKind::ALL.into_iter().collect();
    assert_eq!(all.len(), TrapKind::ALL.into_iter().map(known).sum::<usize>());
}

#[tokio::test]
async fn calls_of_host_functions_are_told_where_they_are_recorded() {
    let bench = Bench::set_up(
        &guest(&[], GO_ON, LOG_RESPONSE),
        Options::default(),
        |settings| settings.record_calls = true,
        |builder| builder,
    );
    bench.send(get("/"), echo).await.expect("a response");
    assert_eq!(bench.told(), ["log(info, \"01\") in handle_response", "01"]);
}

#[tokio::test]
async fn requests_above_the_capacity_wait_and_are_refused() {
    let capacity = Capacity {
        instances: 1,
        queue: 1,
        wait: Duration::from_millis(100),
        ..Capacity::default()
    };
    let bench = Bench::set_up(
        &guest(&[], GO_ON, LOG_RESPONSE),
        Options::default(),
        |_| {},
        |builder| builder.capacity(capacity),
    );
    let (entered, mut reached) = tokio::sync::mpsc::channel::<()>(1);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open = Arc::clone(&gate);
    let inner = service_fn(move |_: Request<Body>| {
        let (entered, gate) = (entered.clone(), Arc::clone(&open));
        async move {
            entered.send(()).await?;
            gate.acquire().await?.forget();
            Ok::<_, BoxError>(Response::new(Body::empty()))
        }
    });
    let service = bench.layer.layer(inner);
    let first = tokio::spawn(service.clone().oneshot(get("/")));
    reached.recv().await.expect("it is in the inner service");
    let second = tokio::spawn(service.clone().oneshot(get("/")));
    tokio::time::sleep(Duration::from_millis(20)).await;
    // The queue is full.
    let third = service.clone().oneshot(get("/")).await.expect("an answer");
    assert_eq!(third.status(), 503);
    gate.add_permits(2);
    for request in [first, second] {
        assert_eq!(request.await.expect("no panic").expect("an answer").status(), 200);
    }
    // Who waits too long is refused as well.
    let first = tokio::spawn(service.clone().oneshot(get("/")));
    reached.recv().await.expect("the second of before");
    reached.recv().await.expect("it is in the inner service");
    let slow = service.clone().oneshot(get("/")).await.expect("an answer");
    assert_eq!(slow.status(), 503);
    gate.add_permits(1);
    first.await.expect("no panic").expect("an answer");
    let metrics = bench.layer.metrics();
    assert_eq!((metrics.refused_busy, metrics.instances), (2, 1));
    let told = bench.told();
    assert_eq!(told.iter().filter(|text| text.contains("every instance is in use")).count(), 2);
}

#[tokio::test]
async fn a_request_ends_with_the_guest_that_it_began_with() {
    let bench = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    let other = Bench::new(&guest(&[], STOP, ""));
    let layer = bench.layer.clone();
    let pool = Arc::clone(&other.pool);
    let inner = service_fn(move |_: Request<Body>| {
        layer.replace(Arc::clone(&pool));
        async { Ok::<_, BoxError>(Response::new(Body::full("inner"))) }
    });
    let service = bench.layer.layer(inner);
    let answer = service.clone().oneshot(get("/")).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!((body.as_ref(), bench.told()), (&b"inner"[..], vec!["01".to_owned()]));
    // The next request is the new guest's, which stops.
    let answer = service.oneshot(get("/")).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body.as_ref(), b"");
    assert!(Arc::ptr_eq(&bench.layer.pool(), &other.pool));
}

/// Keeps the names of spans with what is in them.
#[derive(Default)]
struct Spans {
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, String>>,
    current: Mutex<Vec<String>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                self.0 += &format!(" {field}={value:?}");
            }
        }
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        let inside = self.current.lock().expect("nobody panics").last().cloned();
        let text = inside.map_or(fields.0.clone(), |outer| format!("{outer} > {}", fields.0));
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.lock().expect("nobody panics").insert(id, text.clone());
        self.seen.lock().expect("nobody panics").push(text);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, span: &Id) {
        let text = self.open.lock().expect("nobody panics")[&span.into_u64()].clone();
        self.current.lock().expect("nobody panics").push(text);
    }

    fn exit(&self, _: &Id) {
        self.current.lock().expect("nobody panics").pop();
    }
}

#[tokio::test]
async fn an_exchange_is_a_span_and_each_hook_one_in_it() {
    let hooks = [guest(&[], GO_ON, LOG_RESPONSE), guest(BODIES, GO_ON, LOG_RESPONSE)];
    for wat in hooks {
        let spans = Spans::default();
        let seen = Arc::clone(&spans.seen);
        let bench = Bench::new(&wat);
        let guarded = tracing::subscriber::set_default(spans);
        // What is reached for the first time may at that moment be reached by other tests too, which
        // nobody listens to, and be switched off for all.
        bench.send(get("/first"), echo).await.expect("a response");
        tracing::callsite::rebuild_interest_cache();
        seen.lock().expect("nobody panics").clear();
        bench.send(get("/path"), echo).await.expect("a response");
        drop(guarded);
        let exchange = "exchange method=GET uri=/path";
        let seen = seen.lock().expect("nobody panics");
        let ours: Vec<_> = seen.iter().filter(|text| text.starts_with("exchange")).collect();
        assert_eq!(
            ours,
            [
                exchange,
                &format!("{exchange} > hook phase=handle_request"),
                &format!("{exchange} > hook phase=handle_response is_error=false"),
            ]
        );
    }
}
