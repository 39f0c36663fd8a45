//! The exports of a guest, as `#[handler]` asks for them.

use http_wasm_abi::CtxNext;

use super::pending::Pending;
use super::quirks::Host;
use crate::backend::hooks::{Hooks, Next};

/// What an instance keeps between the host's calls.
pub struct Exports<H: Hooks> {
    hooks: H,
    host: Host,
    pending: Pending<H::State>,
}

impl<H: Hooks> Exports<H> {
    /// An instance that has not been started.
    #[must_use]
    pub const fn new(hooks: H) -> Self {
        Self { hooks, host: Host::new(), pending: Pending::new() }
    }

    /// Enables what the hooks need: the body of `_start`.
    #[inline]
    pub fn start(&self) {
        self.host.start(H::NEEDS);
    }

    /// Runs the request hook: the body of `handle_request`.
    #[inline]
    pub fn handle_request(&self) -> u64 {
        self.pending.clear();
        let result = match self.hooks.request(&self.host) {
            Next::Forward(forwarded) => {
                CtxNext::go_on(self.pending.put(forwarded, H::HAS_RESPONSE_HOOK))
            }
            Next::PassThrough => CtxNext::go_on(0),
            Next::ShortCircuit => CtxNext::STOP,
        };
        result.bits()
    }

    /// Runs the response hook: the body of `handle_response`.
    #[inline]
    pub fn handle_response(&self, ctx: u32, is_error: bool) {
        if H::HAS_RESPONSE_HOOK {
            if let Some(forwarded) = self.pending.take(ctx) {
                self.hooks.response(&self.host, forwarded, is_error);
            }
        }
    }
}

/// Exports a handler to the host. One handler per guest: a second one is a duplicate symbol.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($($rest:tt)*) => {
        const _: () = {
            $crate::__private::export_names!([$crate::__export_named] $($rest)*);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_named {
    (
        request $request:literal; response $response:literal; start $start:literal;
        $handler:ty $(, $needs_start:ident)?
    ) => {
        // Natively nothing is exported: the testing kit calls handlers by their type. This use of it
        // keeps the compiler from taking the handler for dead code.
        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> $crate::__private::Instance<$handler> = $crate::__private::Instance::new;

        #[cfg(target_family = "wasm")]
        static INSTANCE: $crate::__private::Exports<$crate::__private::Instance<$handler>> =
            $crate::__private::Exports::new($crate::__private::Instance::new());

        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $request)]
        extern "C" fn request() -> u64 {
            INSTANCE.handle_request()
        }

        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $response)]
        extern "C" fn response(ctx: u32, is_error: u32) {
            INSTANCE.handle_response(ctx, is_error != 0);
        }

        $crate::__export_start!($start $($needs_start)?);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_start {
    ($start:literal) => {};
    ($start:literal start) => {
        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $start)]
        extern "C" fn start() {
            INSTANCE.start();
        }
    };
}
