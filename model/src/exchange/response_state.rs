//! The state of the response: what the guest and the next handler have set so far, and what is sent.

use http::StatusCode;
use http_wasm_abi::Phase;

use super::body_readers::Reader;
use super::incoming_body::Incoming;
use super::message::content_length;
use super::{Framing, Headers, Problem};
use crate::profile::Profile;

/// The response while guest and next handler make it.
#[derive(Clone, Debug, Default)]
pub(super) struct ResponseState {
    pub(super) status: Option<u32>,
    pub(super) headers: Headers,
    pub(super) trailers: Headers,
    /// Those that the next handler sent.
    pub(super) upstream_trailers: Headers,
    /// What the guest has written.
    pub(super) body: Vec<u8>,
    /// What the next handler sends; after `body`, unless that replaces it.
    pub(super) incoming: Incoming,
    /// What the guest has done with the body.
    pub(super) body_state: BodyState,
    /// What is sent already: later changes of status and headers come too late.
    pub(super) head: Option<SentHead>,
    pub(super) reader: Option<Reader>,
    /// Where the next handler's response ends as it said it, once the guest has said otherwise.
    pub(super) sent_framing: Option<Box<Framing>>,
}

/// What the guest has done with the body of the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BodyState {
    /// It has written nothing.
    #[default]
    Untouched,
    /// It has begun to write; later writes append. What the next handler sends follows.
    Added,
    /// It has begun to write, in place of what the next handler sends.
    Replaced,
}

impl BodyState {
    /// The guest has begun to write.
    pub(super) fn is_written(self) -> bool {
        self != Self::Untouched
    }
}

/// A response's head that has been sent.
#[derive(Clone, Debug)]
pub(super) struct SentHead {
    pub(super) status: u32,
    /// Those of the response, until one of them is changed.
    pub(super) headers: Option<Headers>,
}

impl ResponseState {
    /// Sends status and headers as they are now.
    pub(super) fn send_head(&mut self) {
        if self.head.is_none() {
            self.head = Some(SentHead { status: self.status.unwrap_or(200), headers: None });
        }
    }

    /// Empties it, and keeps what was allocated.
    pub(super) fn reset(&mut self) {
        let Self {
            status,
            headers,
            trailers,
            upstream_trailers,
            body,
            incoming,
            body_state,
            head,
            reader,
            sent_framing,
        } = self;
        *status = None;
        headers.clear();
        trailers.clear();
        upstream_trailers.clear();
        body.clear();
        *incoming = Incoming::default();
        *body_state = BodyState::Untouched;
        *head = None;
        *reader = None;
        *sent_framing = None;
    }

    /// At most headers are in it.
    pub(super) fn has_headers_only(&self) -> bool {
        let Self {
            status,
            headers: _,
            trailers,
            upstream_trailers,
            body,
            incoming,
            body_state,
            head,
            reader,
            sent_framing,
        } = self;
        status.is_none()
            && trailers.is_empty()
            && upstream_trailers.is_empty()
            && body.is_empty()
            && incoming.is_empty()
            && !body_state.is_written()
            && head.is_none()
            && reader.is_none()
            && sent_framing.is_none()
    }

    /// The headers, to be changed. What was sent stays as it was.
    pub(super) fn headers_mut(&mut self) -> &mut Headers {
        if let Some(head) = &mut self.head {
            head.headers.get_or_insert_with(|| self.headers.clone());
        }
        &mut self.headers
    }

    /// The length that the sent or coming head promises.
    pub(super) fn declared_length(&self) -> Option<u64> {
        let sent = self.head.as_ref().and_then(|head| head.headers.as_ref());
        content_length(sent.unwrap_or(&self.headers))
    }
}

/// A response header that the guest has set before the next handler, which has set it too.
#[derive(Clone, Copy, Debug)]
pub struct HeaderClash<'a>(pub(super) &'a str);

impl From<HeaderClash<'_>> for Problem {
    fn from(HeaderClash(name): HeaderClash<'_>) -> Self {
        let message = format!(
            "the response header {name:?} was set before the next handler, which set it too: the official Go host sends both values, others only the last; set it in handle_response with response buffering"
        );
        Self { phase: Phase::Response, function: None, message, is_harmless: false }
    }
}

/// The headers of a response: those that the guest has set before the next handler, and those that
/// this has sent. What is not portable about it is given to `report`.
#[must_use]
pub(super) fn merge_headers(
    profile: Profile,
    mut mine: Headers,
    theirs: Headers,
    mut report: impl FnMut(HeaderClash<'_>),
) -> Headers {
    let mut merged = theirs;
    if mine.is_empty() {
        return merged;
    }
    if merged.is_empty() {
        return mine;
    }
    let rules = profile.rules();
    let both = mine.in_both(&merged);
    if both.is_empty() {
        merged.append_all(mine);
        return merged;
    }
    for name in both {
        if rules.reports {
            report(HeaderClash(&name));
        }
        if rules.exact_case {
            mine.remove(&name);
        }
    }
    // Those of the guest come first.
    mine.append_all(merged);
    mine
}

/// The status that a client gets where the next handler failed and the guest has set none.
#[must_use]
pub fn failed_next_status(profile: Profile) -> StatusCode {
    let status = profile.rules().failed_next_status;
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}
