//! Reading and writing bodies, and what becomes of the request's body after that.

use http_wasm_abi::{BodyKind, EofLen, Phase};

use super::arriving::Incoming;
use super::call::{Call, Record};
use super::{Exchange, Memory, Trap, TrapKind, value};

/// What a read gives at the most where the body has not arrived: the host would have to hold more.
pub(super) const MOST_AWAITED: usize = 256 << 10;

/// What the guest has done with the request's body.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestBody {
    pub(super) incoming: Incoming,
    source: Option<Source>,
    /// What request buffering has kept for the next handler, where that is not all.
    kept: Vec<u8>,
    written: Option<Vec<u8>>,
    /// How much of its own writing the guest has read back.
    written_position: usize,
}

/// What a reader of the request's body reads: decided at the first read, as in the official Go host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Client { buffered: bool },
    Written,
}

/// What a reader of the response's body reads: decided at the first read.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    /// What the next handler sends.
    Incoming,
    /// What there was then.
    Own { data: Vec<u8>, position: usize },
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

    /// The guest has neither read nor written it.
    pub(super) const fn is_untouched(&self) -> bool {
        self.source.is_none() && self.written.is_none()
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
        self.written.as_ref().map_or(0, Vec::len)
    }
}

impl Call<'_> {
    pub(super) fn read_body(&mut self, kind: u32, buf: u64, limit: u32) -> Result<u64, Trap> {
        let kind = self.body_kind(kind)?;
        self.argument(|| limit.to_string());
        self.check_phase(kind == BodyKind::Response)?;
        let rules = self.exchange.rules();
        if limit == 0 && rules.empty_read_traps {
            let message = "called with a limit of 0 bytes, which could never reach the end; give a buffer of at least 1 byte";
            return Err(self.trap(TrapKind::Limit, message));
        }
        if limit > 0 && !self.memory.contains(buf, limit) {
            return Err(self.outside("buffer", buf, limit));
        }
        let most = self.exchange.next_read_size(limit);
        match kind {
            BodyKind::Request => self.read_request(buf, most),
            BodyKind::Response => self.read_response(buf, most),
        }
    }

    fn read_request(&mut self, buf: u64, most: usize) -> Result<u64, Trap> {
        let rules = self.exchange.rules();
        let buffered = self.exchange.buffers_request();
        if rules.request_body_in_memory && !buffered {
            let message = "the request's body is not there without request buffering; enable the feature buffer_request during initialisation";
            return Err(self.trap(TrapKind::Body, message));
        }
        if self.exchange.phase == Phase::Response && !rules.request_body_in_memory {
            return self.read_request_after_next();
        }
        if self.exchange.request_body.source.is_none()
            && self.exchange.request_body.written.is_some()
        {
            self.report("the request's body was read after it was written: the official Go host reads, and takes away, what the guest wrote; read first");
        }
        let state = &mut self.exchange.request_body;
        if rules.request_body_in_memory
            && let Some(written) = &state.written
        {
            // The reader goes on where it stands, in what is the body now.
            if state.source != Some(Source::Written) {
                state.source = Some(Source::Written);
                state.written_position = state.incoming.read() as usize;
            }
            let end = written.len().min(state.written_position + most);
            let chunk = &written[state.written_position.min(end)..end];
            let len = give(self.memory, &mut self.record, buf, chunk);
            state.written_position = end;
            let eof = end == written.len();
            return Ok(self.chunk(len, eof));
        }
        let from_written = state.written.is_some();
        let source = *state.source.get_or_insert(if from_written {
            Source::Written
        } else {
            Source::Client { buffered }
        });
        let (len, eof) = match source {
            Source::Client { buffered } => {
                let chunk = first(state.incoming.unread(), most);
                let len = give(self.memory, &mut self.record, buf, chunk);
                // The Go host's buffer takes a chunk only together with the end of the body.
                let ends = state.incoming.is_all_there() && len == state.incoming.unread().len();
                if buffered && ends {
                    state.kept.extend_from_slice(first(state.incoming.unread(), len));
                }
                state.incoming.advance(len);
                (len, state.incoming.is_at_end())
            }
            Source::Written => {
                let written = state.written.as_deref().unwrap_or_default();
                let chunk = first(&written[state.written_position..], most);
                let len = give(self.memory, &mut self.record, buf, chunk);
                state.written_position += len;
                let is_all = state.written_position == written.len();
                (len, if rules.end_with_last_byte { is_all } else { len < most })
            }
        };
        Ok(self.chunk(len, eof))
    }

    /// What a read gives: so many bytes, and whether they are the last. No chunk is longer than the
    /// limit, which is 32 bits wide.
    fn chunk(&mut self, len: usize, eof: bool) -> u64 {
        if eof {
            self.amend_result(", end");
        }
        EofLen::new(eof, len as u32).bits()
    }

    /// What the official Go host does when the request's body is read once more after the next
    /// handler has had it.
    fn read_request_after_next(&mut self) -> Result<u64, Trap> {
        let state = &self.exchange.request_body;
        let drained = state.written.is_some() || !state.kept.is_empty();
        if drained || state.incoming.arrived() == 0 && !state.incoming.is_arriving() {
            self.result(|| value::show(&[]));
            Ok(self.chunk(0, true))
        } else {
            Err(self.trap(TrapKind::Body, "the request's body was closed by the next handler"))
        }
    }

    fn read_response(&mut self, buf: u64, most: usize) -> Result<u64, Trap> {
        if self.exchange.phase == Phase::Request {
            self.report("the response's body was read before the next handler: the official Go host keeps this reader, and handle_response then reads nothing; read it in handle_response only");
        }
        if self.exchange.response.reader.is_none() && self.exchange.response.writing {
            self.report("the response's body was read after it was written: the guest reads its own bytes; read first");
        }
        let phase = self.exchange.phase;
        let early = self.exchange.rules().end_with_last_byte;
        let draft = &mut self.exchange.response;
        if draft.reader.is_none() {
            draft.reader = Some(if draft.writing || phase == Phase::Request {
                let mut data = draft.body.clone();
                if !draft.replaced {
                    data.extend_from_slice(draft.incoming.held());
                }
                Reader::Own { data, position: 0 }
            } else {
                Reader::Incoming
            });
        }
        let (len, eof) = match &mut draft.reader {
            Some(Reader::Own { data, position }) => {
                let chunk = first(&data[*position..], most);
                let len = give(self.memory, &mut self.record, buf, chunk);
                *position += len;
                (len, if early { *position == data.len() } else { len < most })
            }
            _ => {
                let chunk = first(draft.incoming.unread(), most);
                let len = give(self.memory, &mut self.record, buf, chunk);
                draft.incoming.advance(len);
                let ends = early || len < most;
                (len, ends && draft.incoming.is_at_end())
            }
        };
        Ok(self.chunk(len, eof))
    }

    pub(super) fn write_body(&mut self, kind: u32, body: (u64, u32)) -> Result<u64, Trap> {
        let kind = self.body_kind(kind)?;
        self.check_phase(kind == BodyKind::Response)?;
        if kind == BodyKind::Response && !self.exchange.buffers_response() {
            // Before a look at the bytes, which may trap.
            self.exchange.response.send_head();
        }
        let bytes = self.read("body", body)?;
        match kind {
            BodyKind::Request => self.exchange.write_request(&bytes),
            BodyKind::Response if self.exchange.buffers_response() => {
                self.exchange.write_buffered(&bytes);
            }
            BodyKind::Response => self.write_through(&bytes)?,
        }
        let limits = &self.exchange.settings.limits;
        let (len, limit) = match kind {
            BodyKind::Request => (self.exchange.request_body.written_len(), limits.request_body),
            BodyKind::Response => (self.exchange.response.body.len(), limits.response_body),
        };
        if len > limit {
            let message = format!(
                "the guest has written {len} bytes of {kind}, the host holds at most {limit}; write less, or have the host's limit raised"
            );
            return Err(self.trap(TrapKind::TooLarge, message).of_body(kind));
        }
        Ok(0)
    }

    /// Writes to a response that is not buffered, whose head is sent.
    fn write_through(&mut self, bytes: &[u8]) -> Result<(), Trap> {
        self.exchange.response.writing = true;
        if bytes.is_empty() {
            return Ok(());
        }
        let response = &self.exchange.response;
        let status = response.head.as_ref().map_or(200, |head| head.status);
        if value::status(status).is_some_and(|status| !value::allows_body(status)) {
            let message = format!(
                "a response with status {status} has no body, found {} bytes; write none, or set another status first",
                bytes.len()
            );
            return Err(self.trap(TrapKind::Body, message));
        }
        let len = (response.body.len() + bytes.len()) as u64;
        if let Some(declared) = response.declared_length().filter(|&declared| declared < len) {
            let message = format!(
                "found {len} bytes of body, the guest's own content-length is {declared}; set the right length, or none"
            );
            return Err(self.trap(TrapKind::Body, message));
        }
        self.exchange.response.body.extend_from_slice(bytes);
        Ok(())
    }
}

impl Exchange {
    /// How much the next `read_body` may give at most.
    fn next_read_size(&mut self, limit: u32) -> usize {
        let sizes = &self.settings.read_sizes;
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
            written.clear();
        }
        written.extend_from_slice(bytes);
    }

    fn write_buffered(&mut self, bytes: &[u8]) {
        if !self.response.writing || self.rules().writes_replace {
            self.response.body.clear();
            self.response.replaced = true;
        }
        self.response.writing = true;
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
                written.clone()
            } else {
                written.split_off(state.written_position)
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

/// Writes a chunk to the guest's buffer, which is known to be there, and to the record.
fn give(memory: &mut dyn Memory, record: &mut Option<Record>, buf: u64, chunk: &[u8]) -> usize {
    if !chunk.is_empty() {
        memory.write(buf, chunk);
    }
    if let Some(record) = record {
        record.result = value::show(chunk);
    }
    chunk.len()
}

fn first(data: &[u8], most: usize) -> &[u8] {
    &data[..data.len().min(most)]
}
