//! The chain of guests, and how they are loaded and replaced.

use super::*;

#[tokio::test]
async fn the_first_guest_is_the_outermost_and_connections_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = RecordingUpstream::start().await.unwrap();
    let guests = [guest(folder.path(), "first"), guest(folder.path(), "second")];
    let server = start(&guests, Upstream::server(upstream.address())).await;
    let headers = [("connection", "x-mine"), ("x-mine", "1"), ("te", "gzip"), ("x-other", "2")];
    let headers = header_map(headers).unwrap();
    let request = http_probe::Request { headers, ..http_probe::Request::default() };
    for _ in 0..3 {
        let headers = header_map([("connection", "keep-alive"), ("x-up", "3")]).unwrap();
        upstream.expect(http_probe::Response { headers, ..http_probe::Response::default() });
        let response = send(&server, &request).await;
        assert_eq!(response.headers["x-up"], "3");
        let seen = upstream.seen();
        let order: Vec<_> = seen[0].headers.get_all("x-seen").iter().collect();
        assert_eq!(order, ["first", "second"]);
        assert_eq!(seen[0].headers["x-other"], "2");
        for name in ["x-mine", "connection", "te"] {
            assert!(!seen[0].headers.contains_key(name), "{name} belongs to the connection");
        }
    }
}

#[tokio::test]
async fn logs_of_the_start_arrive_before_requests() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(GUEST)).unwrap()).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&events);
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    load(&guest, Profile::Strict, move |event| to.lock().unwrap().push(event.to_string())).unwrap();
    assert_eq!(*events.lock().unwrap(), ["x"]);
}

#[test]
fn a_file_that_is_not_a_guest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("none.wasm");
    let guest = Guest { wasm: wasm.clone(), config: Vec::new(), log: LogLevel::Debug };
    let load = || load(&guest, Profile::Strict, |_| {});
    assert!(matches!(load().unwrap_err(), Error::Read { .. }));
    std::fs::write(&wasm, b"not wasm").unwrap();
    let text = load().unwrap_err().to_string();
    assert!(text.contains("none.wasm is not a guest"), "{text}");
}

#[tokio::test]
async fn a_file_that_changes_replaces_its_guest_and_no_request_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    let write = |text: &str| {
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(&fresh, &wasm).unwrap();
    };
    let with_name = |name: &str| {
        let module = wat::parse_str(guest::module(&GUEST.replace("x-seen", name))).unwrap();
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, module).unwrap();
        std::fs::rename(&fresh, &wasm).unwrap();
    };
    with_name("x-seen");
    let loader = Loader::new(LoadOptions::default()).unwrap();
    let guest = Guest { wasm: wasm.clone(), config: b"c".to_vec(), log: LogLevel::Debug };
    let layer = loader.load(&guest, |_| {}).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&events);
    let report = move |result: Result<(), Error>| {
        to.lock().unwrap().push(result.map_err(|error| error.to_string()));
    };
    let watching = tokio::spawn(watch(loader, guest, layer.clone(), report));
    let server = start(&[layer], Upstream::echo()).await;

    // Somebody asks all the time, and is always answered.
    let done = Arc::new(AtomicBool::new(false));
    let asking = {
        let (done, address) = (Arc::clone(&done), server.address());
        tokio::spawn(async move {
            let mut names = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let answer = client::send(address, &http_probe::Request::default()).await;
                let body = answer.unwrap().expect("an answer").body;
                let text = String::from_utf8(body).unwrap();
                let name = if text.contains("x-else: c\n") { "x-else" } else { "x-seen" };
                assert!(text.contains(&format!("{name}: c\n")), "{text}");
                names.push(name);
            }
            names.dedup();
            names
        })
    };
    let until = async |count: usize| {
        for _ in 0..500 {
            if events.lock().unwrap().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it was not noticed: {:?}", events.lock().unwrap());
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    write("no module");
    until(1).await;
    with_name("x-else");
    until(2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    done.store(true, Ordering::Relaxed);
    assert_eq!(asking.await.unwrap(), ["x-seen", "x-else"]);
    let events = events.lock().unwrap();
    assert!(events[0].as_ref().is_err_and(|text| text.contains("is not a guest")), "{events:?}");
    assert_eq!(events[1], Ok(()));
    watching.abort();
}
