//! After many attacks the host has no more memory than before. This is measured for the whole process,
//! so this test is alone in its program.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]
#![expect(dead_code, reason = "the other hostile tests need more of it")]

#[path = "hostile/bench.rs"]
mod bench;

use bench::{layer, on_request, options, post, send};
use http_wasm_host::engine::Engine;

/// Traps in all the ways that leave something behind, by turns.
const ATTACKS: [&str; 6] = [
    "unreachable",
    "(drop (memory.grow (i32.const 30))) unreachable",
    "(call $log (i32.const 3) (i32.const 128) (i32.const 60000)) unreachable",
    "(call $write_body (i32.const 0) (i32.const 0) (i32.const 65536))
     (call $write_body (i32.const 1) (i32.const 0) (i32.const 65536)) unreachable",
    "(call $add_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 4) (i32.const 3))
     (drop (call $read_body (i32.const 0) (i32.const 64) (i32.const 2))) unreachable",
    "(call $set_uri (i32.const 65530) (i32.const 100))",
];

/// The process's resident memory, in KiB.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hundred_thousand_attacks_leave_nothing_behind() {
    const ALL: usize = 100_000;
    let engine = Engine::new(options()).unwrap();
    let good = layer(&engine, &bench::good(), |_| {}).unwrap();
    let hostile: Vec<_> = ATTACKS
        .into_iter()
        .map(|attack| layer(&engine, &on_request(attack), |_| {}).unwrap())
        .collect();
    let mut level = 0;
    for round in 0..ALL {
        if round == ALL / 10 {
            level = resident();
        }
        let answer = send(&hostile[round % hostile.len()], post()).await.unwrap();
        assert_eq!(answer.status(), 500);
        if round % 100 == 0 {
            assert_eq!(send(&good, post()).await.unwrap().status(), 200);
        }
    }
    let now = resident();
    assert!(now < level + 4_096, "{level} KiB after a tenth of the attacks, {now} KiB after all");
    for layer in &hostile {
        let metrics = layer.metrics();
        assert_eq!((metrics.instances, metrics.memory), (0, 0));
    }
    assert_eq!(good.metrics().instances, 1);
}
