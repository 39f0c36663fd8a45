//! What it takes to start instances, and what they keep of memory while they are idle.

use std::path::Path;
use std::time::Instant;

use http_wasm_host::engine::Pool;
use http_wasm_model::exchange::Settings;
use serde_json::json;

use super::resident::resident;
use crate::common;

/// Starts instances of a pool, all of them in use at once, and leaves them idle.
pub(crate) fn measure(guest: &Path, instances: u32) -> Result<(), Box<dyn std::error::Error>> {
    let module = common::file(guest);
    let pool = Pool::new(module, Settings::default())?;
    let before = resident()?;
    let mut nanos = Vec::new();
    let mut guards = Vec::new();
    for _ in 0..instances {
        let began = Instant::now();
        guards.push(pool.take()?);
        nanos.push(began.elapsed().as_nanos());
    }
    drop(guards);
    let kib = resident()?.saturating_sub(before);
    nanos.sort_unstable();
    let median = nanos.get(nanos.len() / 2);
    let memory = pool.memory() / pool.instances().max(1) as u64;
    println!(
        "{}",
        json!({
            "start_ns": median,
            "memory": memory,
            "resident": kib * 1024 / u64::from(instances.max(1)),
        })
    );
    Ok(())
}
