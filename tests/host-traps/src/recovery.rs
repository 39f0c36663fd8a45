//! An instance that has trapped is used again, as the official Go host does, thousands of times.

use http_wasm_abi::PAGE_SIZE;
use http_wasm_host::engine::{Module, Options};
use http_wasm_sdk::testing::{Scenario, Session};

use crate::built::GUESTS;
use crate::failures::recover;
use crate::guests::{OWNING, RECOVERING};

/// Runs that many exchanges with one instance; gives the bytes of memory that it has then.
fn survive(module: &Module, exchanges: u32) -> u64 {
    let mut session = Session::new(|| module.instance()).reuse_after_trap(true);
    recover(exchanges, |scenario| session.run(scenario));
    assert_eq!(session.instances(), 1);
    session.guest().unwrap().0.memory_size()
}

#[test]
fn ten_thousand_exchanges_of_which_every_third_traps() {
    let guest = &GUESTS[RECOVERING.name];
    assert!((16 * 1024..20 * 1024).contains(&guest.built.stack), "{}", guest.built.stack);
    assert_eq!(survive(guest.module(), 10_000), u64::from(PAGE_SIZE));
}

#[test]
fn without_the_reset_of_the_stack_pointer_the_instance_dies() {
    let bytes = std::fs::read(&GUESTS[RECOVERING.name].unlinked).unwrap();
    let module = Module::new(&bytes, Options::default()).unwrap();
    let mut session = Session::new(|| module.instance()).reuse_after_trap(true);
    let mut trap = |path| session.run(&Scenario::get(path)).trap;
    assert_eq!(trap("/"), None, "the guest itself is a good one");
    assert!(trap("/panic").unwrap().message().contains("unreachable"));
    for _ in 0..10 {
        let trap = trap("/").expect("the frame of the panic is still on the stack");
        assert!(trap.message().contains("out of bounds"), "{trap}");
    }
}

#[test]
fn memory_grows_by_no_more_than_what_trapped_calls_owned() {
    let module = GUESTS[OWNING.name].module();
    let mut session = Session::new(|| module.instance()).reuse_after_trap(true);
    let mut play = |path, times: u64| {
        for _ in 0..times {
            let outcome = session.run(&Scenario::get(path));
            assert_eq!(outcome.trap.is_some(), path == "/panic");
            let messages = if path == "/panic" { &[][..] } else { &["info: as it was".to_owned()] };
            assert_eq!(outcome.messages(), messages);
        }
        session.guest().unwrap().0.memory_size()
    };
    let before = play("/", 1);
    assert_eq!(play("/", 2000), before);
    // Each leaves its handler behind, which may be half changed and is not touched any more, and what
    // the hook had allocated: 1 KiB each.
    let after = play("/panic", 1000);
    assert!(after > before && after <= before + 1000 * 2 * 1100, "{before} became {after}");
    assert_eq!(play("/", 2000), after);
}
