//! What is kept between requests, between modules and between runs.

use super::*;

#[test]
fn instances_are_made_before_they_are_needed_and_kept_as_many_as_may_be() {
    let module = load(&guest_with("", GO_ON, ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts").max_idle(3);
    assert_eq!((pool.idle_instances(), pool.memory()), (1, 65_536));
    pool.prewarm(5).expect("they start");
    assert_eq!((pool.idle_instances(), pool.instances(), pool.memory()), (3, 3, 3 * 65_536));
}

#[test]
fn an_instance_with_more_memory_than_is_kept_goes() {
    let module = load(&guest_with("", "(drop (memory.grow (i32.const 3))) (i64.const 1)", ""));
    let pool =
        Pool::new(module, Settings::default()).expect("it starts").max_instance_memory(300_000);
    for pages in [4, 0] {
        run(&pool);
        // The second time it has seven pages, which is more than 300,000 bytes.
        assert_eq!(pool.memory(), pages * 65_536);
    }
}

#[test]
fn a_configuration_above_the_limit_is_refused() {
    let options = Options { config_limit: 3, ..Options::default() };
    let module = load_with(&guest_with("", GO_ON, ""), options).expect("it loads");
    assert!(Pool::new(module.clone(), Settings::with_config("abc")).is_ok());
    let error = Pool::new(module, Settings::with_config("abcd")).err().expect("it is refused");
    assert_eq!(error, StartError::Config { found: 4, limit: 3 });
}

#[test]
fn modules_share_an_engine_and_its_reserved_space() {
    let options = Options { reserved_instances: Some(2), ..Options::default() };
    let engine = Engine::new(options).expect("an engine");
    let wasm = wat::parse_str(guest_with("", GO_ON, "")).expect("a module");
    let pools: Vec<_> = (0..2)
        .map(|_| {
            let module = engine.module(&wasm).expect("it loads");
            Pool::new(module, Settings::default()).expect("it starts")
        })
        .collect();
    // Both have one; there is no room for a third.
    let error = pools[0].prewarm(2).expect_err("the space is used up");
    assert!(matches!(error, StartError::Trap { .. }), "{error}");
    assert!(error.to_string().contains("instances"), "{error}");
    drop(pools);
    let module = engine.module(&wasm).expect("it loads");
    Pool::new(module, Settings::default()).expect("it starts").prewarm(2).expect("room again");
}

#[test]
fn compiled_guests_are_kept_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let load = |status: &str| {
        let options = Options { cache: Some(cache.clone()), ..Options::default() };
        let text = guest_with(
            "",
            &format!("(call $set_status_code (i32.const {status})) (i64.const 0)"),
            "",
        );
        let module = load_with(&text, options).expect("it loads");
        let pool = Pool::new(module, Settings::default()).expect("it starts");
        assert_eq!(run(&pool).response.expect("a response").status.to_string(), status);
    };
    let entries = || {
        let versions = std::fs::read_dir(cache.join("modules")).expect("the folder was made");
        let mut all: Vec<_> = versions
            .flat_map(|version| {
                std::fs::read_dir(version.expect("a folder").path()).expect("a folder")
            })
            .map(|entry| entry.expect("an entry").path())
            // Beside them are notes of when they were used.
            .filter(|path| path.extension().is_none())
            .map(|path| {
                let bytes = std::fs::read(&path).expect("a file");
                let modified = path.metadata().and_then(|found| found.modified()).expect("a time");
                (path, bytes, modified)
            })
            .collect();
        all.sort();
        all
    };
    load("201");
    let first = entries();
    assert_eq!(first.len(), 1, "nothing was kept");
    load("201");
    assert_eq!(entries(), first, "what was kept is used, and not written again");
    load("202");
    assert_eq!(entries().len(), 2, "another guest has its own");
    // One that was cut off is not used: it is compiled anew.
    for (path, bytes, _) in &entries() {
        std::fs::write(path, &bytes[..bytes.len() / 2]).expect("it can be written");
    }
    load("201");
    let again: Vec<_> = entries().into_iter().map(|(path, bytes, _)| (path, bytes)).collect();
    assert!(again.contains(&(first[0].0.clone(), first[0].1.clone())));
}
