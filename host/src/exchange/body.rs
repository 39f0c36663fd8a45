//! Reading and writing bodies, and what becomes of the request's body after that.

use http_wasm_abi::{BodyKind, EofLen, Phase};

use super::call::Call;
use super::{Exchange, Trap, TrapKind, value};

/// What the guest has done with the request's body.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestBody {
    source: Option<Source>,
    /// How much of the client's body was read.
    position: usize,
    /// What request buffering has kept for the next handler, where that is not all.
    kept: Vec<u8>,
    written: Option<Vec<u8>>,
    /// How much of its own writing the guest has read back.
    written_position: usize,
}

/// What a reader of the request's body reads: decided at the first read, as in the official Go host.
#[derive(Clone, Copy, Debug)]
enum Source {
    Client { buffered: bool },
    Written,
}

/// A reader of the response's body as it was at the first read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    data: Vec<u8>,
    position: usize,
}

impl RequestBody {
    pub(super) const fn is_opened(&self) -> bool {
        self.source.is_some()
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
        let (chunk, eof) = match kind {
            BodyKind::Request => self.read_request(most)?,
            BodyKind::Response => self.read_response(most),
        };
        if !chunk.is_empty() && !self.memory.write(buf, &chunk) {
            return Err(self.outside("buffer", buf, limit));
        }
        self.result(|| format!("{}{}", value::show(&chunk), if eof { ", end" } else { "" }));
        // No chunk is longer than the limit, which is 32 bits wide.
        Ok(EofLen::new(eof, chunk.len() as u32).bits())
    }

    fn read_request(&mut self, most: usize) -> Result<(Vec<u8>, bool), Trap> {
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
        let client = &self.exchange.request.body;
        let state = &mut self.exchange.request_body;
        let from_written = state.written.is_some();
        let source = *state.source.get_or_insert(if from_written {
            Source::Written
        } else {
            Source::Client { buffered }
        });
        match source {
            Source::Client { buffered } => {
                let chunk = slice(client, state.position, most);
                state.position += chunk.len();
                let eof = state.position == client.len();
                // The Go host's buffer takes a chunk only together with the end of the body.
                if buffered && eof {
                    state.kept.extend_from_slice(&chunk);
                }
                Ok((chunk, eof))
            }
            Source::Written => {
                let written = state.written.as_deref().unwrap_or_default();
                let chunk = slice(written, state.written_position, most);
                state.written_position += chunk.len();
                let eof = chunk.len() < most;
                Ok((chunk, eof))
            }
        }
    }

    /// What the official Go host does when the request's body is read once more after the next
    /// handler has had it.
    fn read_request_after_next(&mut self) -> Result<(Vec<u8>, bool), Trap> {
        let state = &self.exchange.request_body;
        let drained = state.written.is_some() || !state.kept.is_empty();
        if drained || self.exchange.request.body.is_empty() {
            Ok((Vec::new(), true))
        } else {
            Err(self.trap(TrapKind::Body, "the request's body was closed by the next handler"))
        }
    }

    fn read_response(&mut self, most: usize) -> (Vec<u8>, bool) {
        if self.exchange.phase == Phase::Request {
            self.report("the response's body was read before the next handler: the official Go host keeps this reader, and handle_response then reads nothing; read it in handle_response only");
        }
        if self.exchange.response.reader.is_none() && self.exchange.response.writing {
            self.report("the response's body was read after it was written: the guest reads its own bytes; read first");
        }
        let response = &mut self.exchange.response;
        let reader = response
            .reader
            .get_or_insert_with(|| Reader { data: response.body.clone(), position: 0 });
        let chunk = slice(&reader.data, reader.position, most);
        reader.position += chunk.len();
        // A reader over memory tells the end only when asked for more than there is.
        let eof = chunk.len() < most;
        (chunk, eof)
    }

    pub(super) fn write_body(&mut self, kind: u32, body: (u64, u32)) -> Result<u64, Trap> {
        let kind = self.body_kind(kind)?;
        self.check_phase(kind == BodyKind::Response)?;
        let bytes = self.read("body", body)?;
        match kind {
            BodyKind::Request => self.exchange.write_request(&bytes),
            BodyKind::Response if self.exchange.buffers_response() => {
                self.exchange.write_buffered(&bytes);
            }
            BodyKind::Response => self.write_through(&bytes)?,
        }
        Ok(0)
    }

    /// Writes to a response that is not buffered: the first write sends the head.
    fn write_through(&mut self, bytes: &[u8]) -> Result<(), Trap> {
        self.exchange.response.send_head();
        self.exchange.response.writing = true;
        if bytes.is_empty() {
            return Ok(());
        }
        let response = &self.exchange.response;
        let status = response.head.as_ref().map_or(200, |(status, _)| *status);
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
        }
        self.response.writing = true;
        self.response.body.extend_from_slice(bytes);
    }

    /// The body for the next handler, or `None` where it cannot be had any more.
    pub(super) fn forwarded_body(&mut self) -> Option<Vec<u8>> {
        let rules = self.rules();
        let buffered = self.buffers_request();
        let state = &self.request_body;
        let client = &self.request.body;
        if let Some(written) = &state.written {
            let read = if rules.request_body_in_memory { 0 } else { state.written_position };
            return Some(written[read..].to_vec());
        }
        let untouched = state.source.is_none() || client.is_empty();
        if untouched || rules.request_body_in_memory {
            return Some(client.clone());
        }
        if rules.buffering_keeps_last_chunk {
            if state.kept.is_empty() {
                self.problem(None, "the request's body was read and not written back: the host cannot send it and answers 502");
                return None;
            }
            let kept = state.kept.clone();
            if kept.len() < client.len() {
                let message = format!(
                    "the request's body was read in several chunks: request buffering kept only the last one, {} of {} bytes",
                    kept.len(),
                    client.len()
                );
                self.problem(None, message);
            }
            return Some(kept);
        }
        let body = if buffered { client.clone() } else { client[state.position..].to_vec() };
        if rules.reports {
            self.problem(None, "the request's body was read and not written back: the official Go host loses it, with request buffering too unless it came in one read; read all of it and write it back with write_body");
        }
        Some(body)
    }
}

fn slice(data: &[u8], position: usize, most: usize) -> Vec<u8> {
    let end = data.len().min(position.saturating_add(most));
    data[position.min(end)..end].to_vec()
}
