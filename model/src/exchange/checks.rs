//! What all operations of a guest share: when they may be called, texts, reports.

use std::borrow::Cow;
use std::fmt;

use http_wasm_abi::{Features, Function, Phase};

use super::{Exchange, Outside, Trap, TrapKind, validate};

/// An argument: bytes of the guest, or why they cannot be read.
pub(super) type Bytes<'a> = Result<&'a [u8], Outside>;

impl Exchange {
    /// Whether a function may be called now, for the request or the response.
    #[inline]
    pub(super) fn allows(&self, function: Function, response: bool) -> bool {
        let access = function.access();
        let phases = match (response, response && self.buffers_response()) {
            (false, _) => access.request,
            (true, false) => access.response,
            (true, true) => access.buffered_response,
        };
        phases.contains(self.phase)
            || self.rules().lenient.iter().any(|rule| {
                rule.function == function
                    && rule.phase == self.phase
                    && rule.response == response
                    && self.buffering().contains(rule.needs)
            })
    }

    /// Traps unless the function may be called now, for the request or the response.
    #[inline]
    pub(super) fn check_phase(&self, function: Function, response: bool) -> Result<(), Trap> {
        if self.allows(function, response) {
            Ok(())
        } else {
            Err(self.wrong_phase(function, response))
        }
    }

    #[cold]
    fn wrong_phase(&self, function: Function, response: bool) -> Trap {
        let (phase, access) = (self.phase, function.access());
        let message = if phase == Phase::Init {
            "called during initialisation; only enable_features, get_config, log and log_enabled may be called there".to_owned()
        } else if response && access.buffered_response.contains(phase) {
            format!(
                "called in {phase} without response buffering; enable the feature {} first, at initialisation or in handle_request",
                Features::BUFFER_RESPONSE
            )
        } else {
            let side = if response { "the response" } else { "the request" };
            format!("called in {phase} for {side}, which is too late; do it in handle_request")
        };
        Trap::host(TrapKind::Phase, function, message)
    }

    /// Reports what real hosts treat differently, in the profile that cares.
    pub(super) fn report(&mut self, function: Function, message: impl fmt::Display) {
        if self.rules().reports {
            self.problem(Some(function), message.to_string());
        }
    }

    /// An argument that is text. Hosts keep other bytes in some way or other; here they become
    /// U+FFFD, and where values are validated they trap.
    pub(super) fn text<'a>(
        &self,
        function: Function,
        what: &str,
        bytes: Bytes<'a>,
    ) -> Result<Cow<'a, str>, Trap> {
        let text = String::from_utf8_lossy(readable(function, bytes)?);
        match (&text, bytes) {
            (Cow::Owned(_), Ok(bytes)) if self.rules().validates => {
                let found = validate::show(bytes);
                let message = format_args!("found a {what} that is not UTF-8: {found}");
                Err(Trap::host(TrapKind::Value, function, message))
            }
            _ => Ok(text),
        }
    }
}

/// The bytes of an argument, or the trap of the function that wanted them.
pub(super) fn readable(function: Function, bytes: Bytes<'_>) -> Result<&[u8], Trap> {
    bytes.map_err(|outside| outside.trap(function))
}
