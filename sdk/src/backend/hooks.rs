//! What the exports of a guest call: the way up from an ABI to a handler.

use super::abi::Host;
use super::types::Needs;

/// Where a request goes after the request hook.
#[derive(Debug)]
pub enum Next<S> {
    /// To the next handler; the response hook gets the state.
    Forward(S),
    /// To the next handler, without a response hook.
    PassThrough,
    /// Nowhere: the hook has responded.
    ShortCircuit,
}

/// What is kept of a request while the next handler works on it.
#[derive(Debug)]
pub struct Forwarded<S> {
    /// What the request hook hands to the response hook.
    pub state: S,
    /// Whether the request hook had the response buffered.
    pub buffered: bool,
}

/// What the exports of a guest call.
pub trait Hooks: Default {
    /// What travels from the request hook to the response hook.
    type State: 'static;

    /// What the host is asked for when the guest starts.
    const NEEDS: Needs;

    /// Whether there is a response hook; without one the host's call costs the guest no code.
    const HAS_RESPONSE_HOOK: bool;

    /// Runs the request hook.
    fn request(&self, host: &Host) -> Next<Forwarded<Self::State>>;

    /// Runs the response hook. `is_error` says that the next handler failed.
    fn response(&self, host: &Host, forwarded: Forwarded<Self::State>, is_error: bool);
}
