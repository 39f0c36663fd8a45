//! The filters of these tests, one file each, so that each can also be built into a guest.

use std::marker::PhantomData;

use http_wasm_sdk::Handler;
use http_wasm_sdk::testing::{Outcome, Profile, Scenario};

use crate::runner::{Runner, runner};

pub(crate) mod chain;
pub(crate) mod config;
pub(crate) mod ctx;
pub(crate) mod errors;
pub(crate) mod fail_open;
pub(crate) mod headers;
pub(crate) mod late_error;
pub(crate) mod owning;
pub(crate) mod panics;
pub(crate) mod plain;
pub(crate) mod recovering;
pub(crate) mod reply;
pub(crate) mod request_body;
pub(crate) mod response_body;
pub(crate) mod source_addr;
pub(crate) mod state;
pub(crate) mod stream_without_buffering;
pub(crate) mod trailers;
pub(crate) mod typed;
pub(crate) mod upgrade;
pub(crate) mod uri;

/// The profiles of all hosts; for Miri, to which they are all the same memory, one.
pub(crate) const HOSTS: &[Profile] = if cfg!(miri) { &[Profile::Strict] } else { &Profile::ALL };

/// A filter: its type, to run it natively, and the name of its file, to build a guest of it.
pub(crate) struct Filter<H> {
    pub(crate) name: &'static str,
    handler: PhantomData<H>,
}

impl<H: Handler> Filter<H> {
    const fn new(name: &'static str) -> Self {
        Self { name, handler: PhantomData }
    }

    /// Runs one exchange with a new instance.
    #[track_caller]
    pub(crate) fn run(&self, scenario: &Scenario) -> Outcome {
        self.runner().run(scenario)
    }

    /// Runs exchanges with one instance.
    pub(crate) fn runner(&self) -> Box<dyn Runner> {
        runner::<H>(self.name)
    }
}

macro_rules! filters {
    ($($(#[doc = $doc:literal])+ $constant:ident $module:ident::$handler:ident)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) const $constant: Filter<$module::$handler> =
                Filter::new(stringify!($module));
        )+

    };
}

filters! {
    /// Two handlers in one guest.
    CHAIN chain::Chain
    /// Reads its configuration; not if it is `bad`.
    CONFIG config::Greeter
    /// Sends a number through the host.
    CTX ctx::Courier
    /// Fails where the path says, with the response buffered.
    ERRORS errors::Failing
    /// Cannot be built unless its configuration is `good`; requests pass through.
    FAIL_OPEN fail_open::Open
    /// Reads and writes headers as the path says.
    HEADERS headers::headers
    /// Fails in the response hook, without buffering.
    LATE_ERROR late_error::Late
    /// Reads the request's body without having it buffered.
    STREAM_WITHOUT_BUFFERING stream_without_buffering::stream_without_buffering
    /// Owns memory, and traps where the path says.
    OWNING owning::Owning
    /// Panics where the path says.
    PANICS panics::panics
    /// Does nothing.
    PLAIN plain::plain
    /// Counts the requests of its life, and traps where the path says.
    RECOVERING recovering::Recovering
    /// Responds as the path says.
    REPLY reply::reply
    /// Reads and changes the request's body as the path says.
    REQUEST_BODY request_body::request_body
    /// Reads and changes the response's body as the path says.
    RESPONSE_BODY response_body::Changing
    /// Logs who the client is.
    SOURCE_ADDR source_addr::source_addr
    /// Hands over a state that logs when it is dropped.
    STATE state::Keeper
    /// Sets trailers, where there are any.
    TRAILERS trailers::Summing
    /// Logs a greeting from its typed configuration.
    TYPED typed::Typed
    /// Buffers the responses of some requests.
    UPGRADE upgrade::Choosy
    /// Sets the URI that its configuration is.
    URI uri::uri
}
