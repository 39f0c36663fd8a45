//! How hosts differ, as data: one `Rules` per [`Profile`] and no other place that asks which
//! profile it is.
//!
//! `go` is the official Go host as it is, faults included. `express` is the Express host. `strict`
//! has the traps of every host and reports, as a [`Problem`](crate::exchange::Problem), what does
//! not trap but ends differently on real hosts; so what passes there is portable. From Express it
//! takes only what a guest can respect at no cost (lower-case names). That Express refuses request
//! bodies without buffering, ignores buffering asked for per request, and keeps only the last of
//! several writes contradicts the ABI's text and is modelled in `express` alone.

use std::fmt;
use std::str::FromStr;

use http_wasm_abi::{Features, Function, Phase};

/// Whose semantics an [`Exchange`](crate::exchange::Exchange) follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The traps of every host together; what differs between hosts is a problem.
    #[default]
    Strict,
    /// The official Go host, inside Traefik and Dapr.
    Go,
    /// The Express host.
    Express,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Go, Self::Express];

    /// The name that command lines use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Go => "go",
            Self::Express => "express",
        }
    }

    /// The functions of the ABI that such a host does not have: importing one fails.
    #[must_use]
    pub const fn missing(self) -> &'static [Function] {
        self.rules().missing
    }

    /// The differences.
    pub const fn rules(self) -> &'static Rules {
        match self {
            Self::Strict => &STRICT,
            Self::Go => &GO,
            Self::Express => &EXPRESS,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A profile was asked for by a name that none has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found profile {0:?}; wanted one of strict, go, express")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

/// A call that a host lets through although the ABI's table forbids it.
pub struct Leniency {
    /// Which function.
    pub function: Function,
    /// In which phase.
    pub phase: Phase,
    /// For which side the leniency holds, where the function has a `kind`.
    pub response: bool,
    /// The features without which the call traps all the same.
    pub needs: Features,
}

/// What a host does where hosts differ.
pub struct Rules {
    /// What does not trap but is not portable is reported as a problem.
    pub reports: bool,
    /// `_initialize` is called, after `_start` where a guest has both. Without it, only `_start` is.
    pub calls_initialize: bool,
    /// Names, values, methods, URIs, status codes and log messages are checked when they are set;
    /// without it, what is wrong shows where a real host would notice.
    pub validates: bool,
    /// A buffer outside memory traps in the functions that read a single value; without it they
    /// write nothing and return the length.
    pub short_getters_trap: bool,
    /// Without the trailers feature there are no trailers to be read, and changing one traps. The
    /// ABI's text has it so. No real host traps on reading for want of the feature.
    pub trailers_need_feature: bool,
    /// Trailers of both sides are one map, hidden from the upstream's own, where adding replaces.
    pub one_trailer_map: bool,
    /// Names are kept as the guest wrote them and found in lower case only.
    pub exact_case: bool,
    /// `enable_features` gives its argument back and forgets what was enabled before.
    pub features_echo: bool,
    /// Only buffering enabled during initialisation has an effect.
    pub buffering_from_start_only: bool,
    /// The request body lies in memory when buffering is on, where reading takes nothing away, and
    /// cannot be read otherwise.
    pub request_body_in_memory: bool,
    /// The end of a body in memory comes with its last byte; without it, only when more is asked for
    /// than there is.
    pub end_with_last_byte: bool,
    /// Each `write_body` to a buffered body replaces what the one before wrote; not so of a response before the
    /// next handler.
    pub writes_replace: bool,
    /// Request buffering keeps only the chunk that met the end of the body.
    pub buffering_keeps_last_chunk: bool,
    /// A request of known length cannot change its length.
    pub request_length_is_fixed: bool,
    /// `read_body` with a limit of 0 traps.
    pub empty_read_traps: bool,
    /// Setting the status of an unbuffered response sends its head, so one that cannot be sent
    /// traps.
    pub status_sends_head: bool,
    /// An interim status is sent beside the response and not as its status, and a buffered 0 is as
    /// none: what follows is 200 unless another status is set.
    pub skips_interim_status: bool,
    /// When the request hook traps and the response's head was sent, the client gets what was sent;
    /// without it, a plain 500. Real hosts of this kind put the trap's text after it, which is left
    /// out here. A server on this crate sends no byte before the hook has ended, and so answers with
    /// 500 all the same.
    pub trap_keeps_what_was_sent: bool,
    /// Setting a response header after the head was sent traps.
    pub header_after_head_traps: bool,
    /// What the client gets when the next handler failed and the guest set no status.
    pub failed_next_status: u16,
    /// Names and values of response headers are checked when they are set, even where others are
    /// not.
    pub checks_response_headers: bool,
    /// Response trailers trap without response buffering.
    pub response_trailers_need_buffering: bool,
    /// Setting `host` does nothing.
    pub host_is_fixed: bool,
    /// `set_uri` keeps what it is given, without looking at it.
    pub uri_is_raw: bool,
    /// Functions that are not there.
    pub missing: &'static [Function],
    /// Calls that pass although the table forbids them.
    pub lenient: &'static [Leniency],
}

impl Rules {
    /// Whether a host sends a response with another status after it was given this one.
    pub const fn skips(&self, status: u32) -> bool {
        // Switching protocols is final.
        let is_interim = status >= 100 && status < 200 && status != 101;
        self.skips_interim_status && (status == 0 || is_interim)
    }
}

const GO: Rules = Rules {
    reports: false,
    // Traefik, which embeds this host, calls it.
    calls_initialize: false,
    validates: false,
    short_getters_trap: false,
    trailers_need_feature: false,
    one_trailer_map: true,
    exact_case: false,
    features_echo: false,
    buffering_from_start_only: false,
    request_body_in_memory: false,
    end_with_last_byte: false,
    writes_replace: false,
    buffering_keeps_last_chunk: true,
    request_length_is_fixed: true,
    empty_read_traps: true,
    status_sends_head: true,
    skips_interim_status: true,
    trap_keeps_what_was_sent: true,
    header_after_head_traps: false,
    failed_next_status: 200,
    checks_response_headers: false,
    response_trailers_need_buffering: false,
    host_is_fixed: true,
    uri_is_raw: false,
    missing: &[],
    lenient: &[
        Leniency {
            function: Function::EnableFeatures,
            phase: Phase::Response,
            response: false,
            needs: Features::NONE,
        },
        Leniency {
            function: Function::ReadBody,
            phase: Phase::Response,
            response: false,
            needs: Features::BUFFER_REQUEST,
        },
    ],
};

const STRICT: Rules = Rules {
    reports: true,
    calls_initialize: true,
    validates: true,
    short_getters_trap: true,
    trailers_need_feature: true,
    one_trailer_map: false,
    // Found in any case, as the ABI says; a name that is not in lower case is reported.
    exact_case: false,
    buffering_keeps_last_chunk: false,
    request_length_is_fixed: false,
    failed_next_status: 502,
    // A 0 traps, an interim status is reported.
    skips_interim_status: false,
    // No guest can want it, so none has to be kept from it.
    trap_keeps_what_was_sent: false,
    lenient: &[],
    ..GO
};

const fn after_next(function: Function, response: bool, needs: Features) -> Leniency {
    Leniency { function, phase: Phase::Response, response, needs }
}

const EXPRESS: Rules = Rules {
    calls_initialize: true,
    short_getters_trap: true,
    one_trailer_map: false,
    exact_case: true,
    features_echo: true,
    buffering_from_start_only: true,
    request_body_in_memory: true,
    end_with_last_byte: true,
    writes_replace: true,
    buffering_keeps_last_chunk: false,
    request_length_is_fixed: false,
    empty_read_traps: false,
    status_sends_head: false,
    skips_interim_status: false,
    trap_keeps_what_was_sent: false,
    header_after_head_traps: true,
    checks_response_headers: true,
    response_trailers_need_buffering: true,
    host_is_fixed: false,
    uri_is_raw: true,
    missing: &[Function::GetSourceAddr],
    lenient: &[
        after_next(Function::EnableFeatures, false, Features::NONE),
        after_next(Function::SetMethod, false, Features::NONE),
        after_next(Function::SetUri, false, Features::NONE),
        after_next(Function::SetHeaderValue, false, Features::NONE),
        after_next(Function::AddHeaderValue, false, Features::NONE),
        after_next(Function::RemoveHeader, false, Features::NONE),
        after_next(Function::ReadBody, false, Features::BUFFER_REQUEST),
        after_next(Function::WriteBody, false, Features::NONE),
        after_next(Function::GetStatusCode, true, Features::NONE),
        after_next(Function::SetStatusCode, true, Features::NONE),
        Leniency {
            function: Function::GetStatusCode,
            phase: Phase::Request,
            response: true,
            needs: Features::NONE,
        },
    ],
    ..GO
};
