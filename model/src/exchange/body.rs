//! Reading and writing bodies, and what becomes of the request's body after that.

use http_wasm_abi::{BodyKind, Function, Phase};

use super::body_readers::{Chunk, Own, Reader};
use super::checks::{Bytes, readable};
use super::incoming_body::Incoming;
use super::response_state::{BodyState, ResponseState};
use super::{Exchange, Outside, Trap, TrapKind, validate};

const READ: Function = Function::ReadBody;
const WRITE: Function = Function::WriteBody;

/// The most bytes that a read waits for, since the host has to hold them meanwhile.
pub(super) const MAX_AWAITED: usize = 256 << 10;

/// What the guest has done with the request's body.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestBody {
    pub(super) incoming: Incoming,
    source: Option<Source>,
    /// What request buffering has kept for the next handler, where that is not all.
    kept: Vec<u8>,
    written: Option<Own>,
}

/// What a reader of the request's body reads: decided at the first read, as in the official Go host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Client { buffered: bool },
    Written,
}

/// The body for the next handler.
#[derive(Debug, Default)]
pub(super) struct Forwarded {
    pub(super) bytes: Vec<u8>,
    /// What has not arrived yet follows.
    pub(super) rest: bool,
    /// How many bytes of the client's body are missing before `bytes`.
    pub(super) skipped: u64,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self { incoming, ..Self::default() }
    }

    pub(super) const fn is_opened(&self) -> bool {
        self.source.is_some()
    }

    /// The next read is of what the client sends.
    pub(super) const fn reads_the_client(&self) -> bool {
        match self.source {
            None => self.written.is_none(),
            Some(Source::Client { .. }) => true,
            Some(Source::Written) => false,
        }
    }

    /// What the client sends has been read.
    pub(super) const fn reads_in_passing(&self) -> bool {
        matches!(self.source, Some(Source::Client { .. }))
    }

    fn written_len(&self) -> usize {
        self.written.as_ref().map_or(0, |written| written.data.len())
    }
}

impl Exchange {
    /// Reads the next bytes of a body, as `read_body` does. `limit` is the length of the guest's
    /// buffer, or why that is not memory of the guest.
    pub(crate) fn read_body(
        &mut self,
        kind: BodyKind,
        limit: Result<u32, Outside>,
    ) -> Result<Chunk<'_>, Trap> {
        self.check_phase(READ, kind == BodyKind::Response)?;
        let limit = limit.map_err(|outside| outside.trap(READ))?;
        if limit == 0 && self.rules().empty_read_traps {
            let message = "called with a limit of 0 bytes, which could never reach the end; give a buffer of at least 1 byte";
            return Err(Trap::host(TrapKind::Limit, READ, message));
        }
        let most = self.next_read_size(limit);
        match kind {
            BodyKind::Request => self.read_request(most),
            BodyKind::Response => Ok(self.read_response(most)),
        }
    }

    fn read_request(&mut self, most: usize) -> Result<Chunk<'_>, Trap> {
        let rules = self.rules();
        let buffered = self.buffers_request();
        if rules.request_body_in_memory && !buffered {
            let message = "the request's body is not there without request buffering; enable the feature buffer_request during initialisation";
            return Err(Trap::host(TrapKind::Body, READ, message));
        }
        if self.phase == Phase::Response && !rules.request_body_in_memory {
            return self.read_request_after_next();
        }
        if self.request_body.source.is_none() && self.request_body.written.is_some() {
            self.report(READ, "the request's body was read after it was written: the official Go host reads, and takes away, what the guest wrote; read first");
        }
        let RequestBody { incoming, source, kept, written } = &mut self.request_body;
        if let Some(written) = written
            && rules.request_body_in_memory
            && *source != Some(Source::Written)
        {
            // The reader goes on where it stands, in what is the body now.
            *source = Some(Source::Written);
            written.position = incoming.read() as usize;
        }
        let first_source =
            if written.is_some() { Source::Written } else { Source::Client { buffered } };
        match (source.get_or_insert(first_source), written) {
            (Source::Written, Some(written)) => Ok(written.read(most, rules.end_with_last_byte)),
            (source, _) => {
                let buffers = *source == Source::Client { buffered: true };
                let chunk = incoming.take(most);
                // The Go host's buffer takes a chunk only together with the end of the body.
                if buffers && chunk.end {
                    kept.extend_from_slice(chunk.bytes);
                }
                Ok(chunk)
            }
        }
    }

    /// What the official Go host does when the request's body is read once more after the next
    /// handler has had it.
    fn read_request_after_next(&self) -> Result<Chunk<'_>, Trap> {
        let state = &self.request_body;
        let drained = state.written.is_some() || !state.kept.is_empty();
        if drained || state.incoming.is_empty() {
            Ok(Chunk { bytes: &[], end: true })
        } else {
            let message = "the request's body was closed by the next handler";
            Err(Trap::host(TrapKind::Body, READ, message))
        }
    }

    fn read_response(&mut self, most: usize) -> Chunk<'_> {
        if self.phase == Phase::Request {
            self.report(READ, "the response's body was read before the next handler: the official Go host keeps this reader, and handle_response then reads nothing; read it in handle_response only");
        }
        if self.response.reader.is_none() && self.response.body_state.is_written() {
            self.report(READ, "the response's body was read after it was written: the guest reads its own bytes; read first");
        }
        let early = self.rules().end_with_last_byte;
        let reads_own = self.response.body_state.is_written() || self.phase == Phase::Request;
        let ResponseState { reader, body, incoming, body_state, .. } = &mut self.response;
        let reader = reader.get_or_insert_with(|| {
            if !reads_own {
                return Reader::Incoming;
            }
            let mut data = body.clone();
            if *body_state != BodyState::Replaced {
                data.extend_from_slice(incoming.held());
            }
            Reader::Own(Own { data, position: 0 })
        });
        match reader {
            Reader::Own(own) => own.read(most, early),
            Reader::Incoming => {
                let Chunk { bytes, end } = incoming.take(most);
                Chunk { bytes, end: end && (early || bytes.len() < most) }
            }
        }
    }

    /// Writes a body, as `write_body` does.
    pub(crate) fn write_body(&mut self, kind: BodyKind, body: Bytes<'_>) -> Result<(), Trap> {
        self.check_phase(WRITE, kind == BodyKind::Response)?;
        let buffered = self.buffers_response();
        if kind == BodyKind::Response && !buffered {
            // Before a look at the bytes, which may trap.
            self.response.send_head();
        }
        let bytes = readable(WRITE, body)?;
        match kind {
            BodyKind::Request => self.write_request(bytes),
            BodyKind::Response if buffered => self.write_buffered(bytes),
            BodyKind::Response => self.write_through(bytes)?,
        }
        let limits = &self.settings.settings.limits;
        let (len, limit) = match kind {
            BodyKind::Request => (self.request_body.written_len(), limits.request_body),
            BodyKind::Response => (self.response.body.len(), limits.response_body),
        };
        if len > limit {
            let message = format_args!(
                "the guest has written {len} bytes of {kind}, the host holds at most {limit}; write less, or have the host's limit raised"
            );
            return Err(Trap::host(TrapKind::TooLarge, WRITE, message).of_body(kind));
        }
        Ok(())
    }

    /// Writes to a response that is not buffered, whose head is sent.
    fn write_through(&mut self, bytes: &[u8]) -> Result<(), Trap> {
        if !self.response.body_state.is_written() {
            self.response.body_state = BodyState::Added;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let response = &self.response;
        let status = response.head.as_ref().map_or(200, |head| head.status);
        if validate::status(status).is_some_and(|status| !validate::allows_body(status)) {
            let message = format_args!(
                "a response with status {status} has no body, found {} bytes; write none, or set another status first",
                bytes.len()
            );
            return Err(Trap::host(TrapKind::Body, WRITE, message));
        }
        let len = (response.body.len() + bytes.len()) as u64;
        if let Some(declared) = response.declared_length().filter(|&declared| declared < len) {
            let message = format_args!(
                "found {len} bytes of body, the guest's own content-length is {declared}; set the right length, or none"
            );
            return Err(Trap::host(TrapKind::Body, WRITE, message));
        }
        self.response.body.extend_from_slice(bytes);
        Ok(())
    }

    /// How much the next `read_body` may give at most.
    fn next_read_size(&mut self, limit: u32) -> usize {
        let sizes = &self.settings.test.read_sizes;
        let most = match sizes.get(self.reads % sizes.len().max(1)) {
            Some(&size) => size.min(limit),
            None => limit,
        };
        self.reads += 1;
        most as usize
    }

    fn write_request(&mut self, bytes: &[u8]) {
        if self.phase == Phase::Response {
            // Only a host that does not check phases comes here; the request is gone already.
            return;
        }
        let replaces = self.rules().writes_replace;
        let written = self.request_body.written.get_or_insert_default();
        if replaces {
            written.data.clear();
        }
        written.data.extend_from_slice(bytes);
    }

    fn write_buffered(&mut self, bytes: &[u8]) {
        let is_reply = self.phase == Phase::Request;
        if !self.response.body_state.is_written() || self.rules().writes_replace && !is_reply {
            self.response.body.clear();
            self.response.body_state = BodyState::Replaced;
        }
        self.response.body.extend_from_slice(bytes);
    }

    /// The body for the next handler, or `None` where it cannot be had any more.
    pub(super) fn forwarded_body(&mut self) -> Option<Forwarded> {
        let rules = self.rules();
        let buffered = self.buffers_request();
        let state = &mut self.request_body;
        if let Some(written) = &mut state.written {
            // A guest that does not check phases reads all of it back; nobody else does.
            let all = if rules.request_body_in_memory {
                written.data.clone()
            } else {
                written.data.split_off(written.position)
            };
            return Some(Forwarded { bytes: all, ..Forwarded::default() });
        }
        let rest = state.incoming.is_arriving();
        if rules.request_body_in_memory {
            let bytes = state.incoming.held().to_vec();
            return Some(Forwarded { bytes, rest, skipped: 0 });
        }
        // A read that gave nothing has taken nothing away.
        if state.incoming.read() == 0 {
            return Some(Forwarded { bytes: state.incoming.take_held(), rest, skipped: 0 });
        }
        if rules.buffering_keeps_last_chunk {
            let (kept, arrived) = (state.kept.clone(), state.incoming.arrived());
            if kept.is_empty() {
                self.problem(None, "the request's body was read and not written back: the host cannot send it and answers 502");
                return None;
            }
            if (kept.len() as u64) < arrived {
                let message = format!(
                    "the request's body was read in several chunks: request buffering kept only the last one, {} of {arrived} bytes",
                    kept.len(),
                );
                self.problem(None, message);
            }
            return Some(Forwarded { bytes: kept, ..Forwarded::default() });
        }
        let forwarded = if buffered {
            Forwarded { bytes: state.incoming.take_held(), rest, skipped: 0 }
        } else {
            let skipped = state.incoming.read();
            Forwarded { bytes: state.incoming.take_unread(), rest, skipped }
        };
        if rules.reports {
            self.problem(None, "the request's body was read and not written back: the official Go host loses it, with request buffering too unless it came in one read; read all of it and write it back with write_body");
        }
        Some(forwarded)
    }
}
