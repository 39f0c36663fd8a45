//! Where a request's state is while the next handler works on it.

use core::any::Any;

use crate::backend::cell::GuestCell;
use crate::backend::hooks::Forwarded;
use crate::backend::types::Ctx;

/// The state of the request that the instance has forwarded. An instance handles one at a time.
pub(super) struct Pending<S> {
    state: GuestCell<Option<S>>,
    buffered: GuestCell<bool>,
}

impl<S: 'static> Pending<S> {
    pub(super) const fn new() -> Self {
        Self { state: GuestCell::new(None), buffered: GuestCell::new(false) }
    }

    /// Drops the state of a request that the host gave up between the hooks.
    #[inline]
    pub(super) fn clear(&self) {
        drop(self.state.replace(None));
    }

    /// Keeps what was forwarded: in memory, or in the ABI's ctx, which is the result. The types are
    /// known to the compiler, which leaves one of the three cases.
    #[inline]
    pub(super) fn put(&self, forwarded: Forwarded<S>, has_response_hook: bool) -> u32 {
        let Forwarded { state, buffered } = forwarded;
        self.buffered.replace(buffered);
        if !has_response_hook {
            return 0;
        }
        if let Some(Ctx(ctx)) = (&state as &dyn Any).downcast_ref() {
            return *ctx;
        }
        if !(&state as &dyn Any).is::<()>() {
            self.state.replace(Some(state));
        }
        0
    }

    /// Takes what [`put`](Self::put) kept. `None` where it kept nothing, because the host calls the
    /// response hook without a request hook that forwarded.
    #[inline]
    pub(super) fn take(&self, ctx: u32) -> Option<Forwarded<S>> {
        let mut state = None;
        let any: &mut dyn Any = &mut state;
        if let Some(unit) = any.downcast_mut() {
            *unit = Some(());
        } else if let Some(through_host) = any.downcast_mut() {
            *through_host = Some(Ctx(ctx));
        } else {
            state = self.state.replace(None);
        }
        Some(Forwarded { state: state?, buffered: self.buffered.replace(false) })
    }
}
