//! Whether memory grows with the number of requests.

use std::path::Path;

use http_wasm_host::layer::Body;
use serde_json::json;

use super::resident::resident;
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
