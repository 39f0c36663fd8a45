//! Bodies that arrive while a guest runs: which of them a call needs, and how it is fed in.
//!
//! A call of a guest is made when what it needs has arrived, so [`Exchange::call`] never waits. Who
//! waits is the host: it asks [`Exchange::needs`] before each call.

use http_wasm_abi::{BodyKind, Features, HeaderKind, Phase};

use super::body::MAX_AWAITED;
use super::body_readers::Reader;
use super::response_state::BodyState;
use super::{Exchange, Headers, Trap, TrapKind};

impl Exchange {
    /// Whether one of the bodies has not all arrived.
    pub(crate) const fn is_arriving(&self) -> bool {
        self.request_body.incoming.is_arriving() || self.response.incoming.is_arriving()
    }

    /// Whether more of a body has to arrive before a read of `limit` bytes.
    pub(crate) fn read_needs_more(&self, kind: BodyKind, limit: u32) -> bool {
        let wanted = MAX_AWAITED.min(limit as usize);
        match kind {
            BodyKind::Request => self.request_read_needs(wanted),
            BodyKind::Response => self.response_read_needs(wanted),
        }
    }

    /// The body that has to end before a call for headers or trailers of this kind.
    pub(crate) fn trailers_need(&self, kind: HeaderKind) -> Option<BodyKind> {
        if self.rules().one_trailer_map || !self.features.contains(Features::TRAILERS) {
            return None;
        }
        let (body, is_arriving) = match kind {
            HeaderKind::RequestTrailers => {
                (BodyKind::Request, self.request_body.incoming.is_arriving())
            }
            HeaderKind::ResponseTrailers if self.phase == Phase::Response => {
                (BodyKind::Response, self.response.incoming.is_arriving())
            }
            _ => return None,
        };
        is_arriving.then_some(body)
    }

    fn request_read_needs(&self, wanted: usize) -> bool {
        self.phase == Phase::Request
            && self.request_body.reads_the_client()
            && !self.request_body.incoming.is_all_there()
            && self.request_body.incoming.unread().len() < wanted
            && (self.buffers_request() || !self.rules().request_body_in_memory)
    }

    fn response_read_needs(&self, wanted: usize) -> bool {
        let from_next = match self.response.reader {
            None => !self.response.body_state.is_written(),
            Some(Reader::Incoming) => true,
            Some(Reader::Own(_)) => false,
        };
        self.phase == Phase::Response
            && self.buffers_response()
            && from_next
            && !self.response.incoming.is_all_there()
            && self.response.incoming.unread().len() < wanted
    }

    /// Whether a body has to be all there before the next hook begins.
    #[must_use]
    pub fn holds_whole(&self, kind: BodyKind) -> bool {
        match kind {
            BodyKind::Request => self.rules().request_body_in_memory && self.buffers_request(),
            BodyKind::Response => self.buffers_response() && self.response.body_state.is_written(),
        }
    }

    /// More of a body has arrived.
    ///
    /// # Errors
    ///
    /// When more of it is to be kept than the [limits](super::Limits) say: a trap of kind
    /// [`TrapKind::TooLarge`].
    pub fn feed(&mut self, kind: BodyKind, bytes: &[u8]) -> Result<(), Trap> {
        let retains = self.retains(kind);
        let limits = &self.settings.settings.limits;
        let (held, limit) = match kind {
            BodyKind::Request => {
                let keep = retains || !self.request_body.reads_in_passing();
                (self.request_body.incoming.feed(bytes, keep), limits.request_body)
            }
            BodyKind::Response => {
                (self.response.incoming.feed(bytes, retains), limits.response_body)
            }
        };
        // What is held only until it is read is bounded by what a read waits for.
        let passing = if retains { 0 } else { bytes.len().saturating_add(MAX_AWAITED) };
        if held > limit.saturating_add(passing) {
            let message = format!(
                "the {kind} is longer than {limit} bytes, the most that this host holds; read it without buffering, or have the limit raised"
            );
            return Err(Trap::other(TrapKind::TooLarge, message).of_body(kind));
        }
        Ok(())
    }

    /// Whether what the guest has read of a body has to stay, for who gets the body next.
    fn retains(&self, kind: BodyKind) -> bool {
        let rules = self.rules();
        match kind {
            BodyKind::Request => {
                rules.request_body_in_memory
                    || self.buffers_request() && !rules.buffering_keeps_last_chunk
            }
            BodyKind::Response => self.response.body_state != BodyState::Replaced,
        }
    }

    /// The end of a body has arrived, and the trailers after it.
    pub fn end(&mut self, kind: BodyKind, trailers: Headers) {
        match kind {
            BodyKind::Request => {
                self.request_body.incoming.end();
                self.sent_length = Some(self.request_body.incoming.arrived());
                self.request.trailers = trailers;
            }
            BodyKind::Response => {
                self.response.incoming.end();
                self.take_upstream_trailers(trailers);
            }
        }
    }
}
