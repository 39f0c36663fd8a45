//! The response on its way to the client: what the guest and the next handler have made of it so far,
//! and what has left already.

use super::arriving::Incoming;
use super::message::content_length;
use super::{Headers, body};
use crate::profile::Rules;

/// The response while it is being made.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) status: Option<u32>,
    pub(super) headers: Headers,
    pub(super) trailers: Headers,
    /// Those that the next handler sent.
    pub(super) upstream_trailers: Headers,
    /// What the guest has written.
    pub(super) body: Vec<u8>,
    /// What the next handler sends; after `body`, unless that replaces it.
    pub(super) incoming: Incoming,
    /// What the guest has written replaces what the next handler sends.
    pub(super) replaced: bool,
    /// What is sent already: later changes of status and headers come too late.
    pub(super) head: Option<SentHead>,
    pub(super) reader: Option<body::Reader>,
    /// The guest has begun to write the body; later writes append.
    pub(super) writing: bool,
}

/// A response's head that has been sent.
#[derive(Clone, Debug)]
pub(super) struct SentHead {
    pub(super) status: u32,
    /// Those of the draft, until one of them is changed.
    pub(super) headers: Option<Headers>,
}

impl Draft {
    /// Sends status and headers as they are now.
    pub(super) fn send_head(&mut self) {
        if self.head.is_none() {
            self.head = Some(SentHead { status: self.status.unwrap_or(200), headers: None });
        }
    }

    /// Nothing is in it.
    pub(super) fn is_untouched(&self) -> bool {
        self.has_headers_only() && self.headers.is_empty()
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
            replaced,
            head,
            reader,
            writing,
        } = self;
        status.is_none()
            && trailers.is_empty()
            && upstream_trailers.is_empty()
            && body.is_empty()
            && incoming.is_empty()
            && !replaced
            && head.is_none()
            && reader.is_none()
            && !writing
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

/// The headers of a response: those that the guest has set before the next handler, and those that
/// this has sent. What is not portable about it is given to `report`.
pub(super) fn merge_headers(
    rules: &Rules,
    mine: Headers,
    theirs: Headers,
    mut report: impl FnMut(String),
) -> Headers {
    let mut merged = theirs;
    if mine.is_empty() {
        return merged;
    }
    if merged.is_empty() {
        return mine;
    }
    let mut mine = mine;
    for name in mine.in_both(&merged) {
        if rules.reports {
            report(set_twice(&name));
        }
        if rules.exact_case {
            mine.remove(&name);
        }
    }
    merged.prepend_all(mine);
    merged
}

/// What is not portable about a header that guest and next handler have both set.
pub(super) fn set_twice(name: &str) -> String {
    format!(
        "the response header {name:?} was set before the next handler, which set it too: the official Go host sends both values, others only the last; set it in handle_response with response buffering"
    )
}
