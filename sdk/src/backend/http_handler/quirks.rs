//! What single hosts do in their own way, and how the SDK recognises them.

use http_wasm_abi::Features;

use super::calls::enable_features;
use crate::backend::cell::GuestCell;
use crate::backend::types::Needs;

/// What the host was found to do when the guest started.
pub struct Host {
    /// Whether the host has trailers.
    trailers: GuestCell<bool>,
    /// Whether the host keeps only the last of several writes of a body that it buffers.
    keeps_last_write: GuestCell<bool>,
}

impl Host {
    /// A host that has not been asked.
    pub(super) const fn new() -> Self {
        Self { trailers: GuestCell::new(false), keeps_last_write: GuestCell::new(false) }
    }

    /// Enables what the guest needs.
    #[inline(always)]
    pub(super) fn start(&self, needs: Needs) {
        let features = features(needs);
        if features.is_empty() {
            return;
        }
        let enabled = enable_features(features);
        // The Express host has trailers for buffered responses only, and traps on others.
        let trailers_may_trap = needs.trailers && !needs.buffer_response;
        // It reports nothing as enabled but what it was just asked for, and forgets all else: asked
        // for nothing, it has nothing enabled.
        let forgets = enable_features(Features::NONE) != enabled;
        if (needs.buffer_request || needs.buffer_response) && forgets {
            enable_features(features);
            self.keeps_last_write.replace(true);
        }
        if needs.trailers {
            let usable = !(trailers_may_trap && forgets);
            self.trailers.replace(usable && enabled.contains(Features::TRAILERS));
        }
    }

    /// Whether a handler with these needs has trailers.
    #[inline(always)]
    pub(crate) fn has_trailers(&self, needs: Needs) -> bool {
        needs.trailers && self.trailers.get()
    }

    /// Whether a message that is `buffered` has to be written at once, as the host keeps its body whatever is
    /// read of it, and of several writes only the last.
    #[inline(always)]
    pub(crate) fn keeps_last_write(&self, buffered: bool) -> bool {
        buffered && self.keeps_last_write.get()
    }
}

const fn features(needs: Needs) -> Features {
    let mut features = Features::NONE;
    if needs.buffer_request {
        features = features.union(Features::BUFFER_REQUEST);
    }
    if needs.buffer_response {
        features = features.union(Features::BUFFER_RESPONSE);
    }
    if needs.trailers {
        features = features.union(Features::TRAILERS);
    }
    features
}

/// Has the host buffer the response of this request; `false` where it cannot.
#[inline]
pub(crate) fn buffer_response() -> bool {
    enable_features(Features::BUFFER_RESPONSE);
    // The Express host reports whatever it is asked for as enabled, and does not buffer. Asked for
    // nothing more, it reports nothing.
    enable_features(Features::NONE).contains(Features::BUFFER_RESPONSE)
}
