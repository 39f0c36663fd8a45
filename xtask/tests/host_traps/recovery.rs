//! An instance that has trapped is used again, as the official Go host does, thousands of times.

use http_wasm_abi::PAGE_SIZE;
use http_wasm_host::engine::{Module, Options};
use http_wasm_sdk::testing::Scenario;

use crate::built::GUESTS;
use crate::failures::recover;
use crate::guests::RECOVERING;

/// Plays as many exchanges as that with one instance; gives the bytes of memory that it has then.
fn survive(module: &Module, exchanges: u32) -> u64 {
    let mut session = module.session().reuse_after_trap(true);
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
    let mut session = module.session().reuse_after_trap(true);
    let mut trap = |path| session.run(&Scenario::get(path)).trap;
    assert_eq!(trap("/"), None, "the guest itself is a good one");
    assert!(trap("/panic").unwrap().message().contains("unreachable"));
    for _ in 0..10 {
        let trap = trap("/").expect("the frame of the panic is still on the stack");
        assert!(trap.message().contains("out of bounds"), "{trap}");
    }
}
