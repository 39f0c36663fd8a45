//! Replaces guests whose files change, while requests are in flight.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_wasm_host::layer::GuestLayer;

use super::{Error, Guest, Loader};

/// How often files are checked.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Watches the file of a guest and replaces the guest in the layer when the file changes; never
/// returns. A file is read once it is unchanged between two checks, so that none is read half
/// written. When it cannot be loaded the old guest stays. `report` is called in both cases.
pub async fn watch(
    loader: Loader,
    guest: Guest,
    layer: GuestLayer,
    report: impl Fn(Result<(), Error>) + Send,
) {
    let guest = Arc::new(guest);
    let mut loaded = stamp(&guest.wasm);
    let mut before = loaded;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let now = stamp(&guest.wasm);
        let is_settled = now == before;
        before = now;
        if now.is_none() || now == loaded || !is_settled {
            continue;
        }
        loaded = now;
        let (loader, guest) = (loader.clone(), Arc::clone(&guest));
        // Compiling takes a while.
        let pool = tokio::task::spawn_blocking(move || loader.pool(&guest)).await;
        // Only when the runtime stops is there no result.
        let Ok(pool) = pool else { return };
        report(pool.map(|pool| layer.replace(Arc::new(pool))));
    }
}

/// Changes when the file changes; `None` while there is no file.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
