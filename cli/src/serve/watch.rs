//! Replaces guests whose files have changed, while requests are in flight.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_wasm_host::layer::GuestLayer;

use super::{Error, Guest, Loader};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// Watches the file of a guest, and puts what it has come to be into the layer, for ever. A file is
/// read when it has stayed the same from one look to the next, so that none is read half written. One
/// that cannot be loaded leaves the guest that was there; `told` learns of both.
pub async fn watch(
    loader: Loader,
    guest: Guest,
    layer: GuestLayer,
    told: impl Fn(Result<(), Error>) + Send,
) {
    let guest = Arc::new(guest);
    let mut loaded = stamp(&guest.wasm);
    let mut before = loaded;
    loop {
        tokio::time::sleep(PAUSE).await;
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
        told(pool.map(|pool| layer.replace(Arc::new(pool))));
    }
}

/// What tells whether a file is another one; `None` while there is none.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
