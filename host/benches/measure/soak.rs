//! Whether memory grows with the number of requests.

use std::path::Path;

use http_wasm_host::layer::Body;
use serde_json::json;

use crate::common::{self, Answers, guard, headers, send};

/// Sends the requests, and tells what is resident after the first tenth of them and at the end.
pub(crate) fn measure(guest: &Path, requests: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut guarded = guard(&common::file(guest), Answers);
    let headers = headers();
    let first = (requests / 10).max(1);
    for request in 1..=requests {
        send(&mut guarded, &headers, Body::empty());
        if request == first || request == requests {
            println!("{}", json!({ "requests": request, "resident_kib": resident()? }));
        }
    }
    Ok(())
}

/// The memory of this process that is really there, in KiB.
fn resident() -> Result<u64, Box<dyn std::error::Error>> {
    const STATUS: &str = "/proc/self/status";
    let text = std::fs::read_to_string(STATUS)
        .map_err(|why| format!("memory is measured on Linux only: {STATUS}: {why}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS in /proc/self/status")?.parse()?)
}
