//! Bodies, and the head that goes before one.

use http_wasm_abi::Phase;
use http_wasm_model::exchange::TrapKind;

use super::rules::{check, declared, has_body, interim, range, refuse, store};
use super::{BUFFER_REQUEST, BUFFER_RESPONSE, Faults, From, Oracle};

impl Oracle {
    pub(super) fn read_request(
        &mut self,
        at: u32,
        limit: u32,
        memory: &mut [u8],
    ) -> Result<u64, Faults> {
        let buffered = self.buffers(BUFFER_REQUEST);
        let after = self.phase == Phase::Response;
        let drained = self.written.is_some() || !self.last_chunk.is_empty();
        let gone = self.go() && after && !drained && !self.client.body.is_empty();
        check([
            (self.phase == Phase::Init, TrapKind::Phase),
            (after && (self.strict() || !buffered), TrapKind::Phase),
            (self.express() && !buffered || gone, TrapKind::Body),
            (limit == 0 && !self.express(), TrapKind::Limit),
            (range(memory, at, limit).is_none(), TrapKind::Memory),
        ])?;
        if self.go() && after {
            return Ok(1 << 32);
        }
        if self.express() {
            // There is one body, whoever wrote it last, and one place in it.
            let body = self.written.as_deref().unwrap_or(&self.client.body);
            self.taken = self.taken.min(body.len());
            return take(body, &mut self.taken, limit, at, memory, true);
        }
        let first = if self.written.is_some() { From::Itself } else { From::Client { buffered } };
        match *self.from.get_or_insert(first) {
            From::Itself => {
                let own = self.written.as_deref().unwrap_or_default();
                take(own, &mut self.taken_back, limit, at, memory, false)
            }
            From::Client { buffered } => {
                let begin = self.taken;
                let body = &self.client.body;
                let result = take(body, &mut self.taken, limit, at, memory, true)?;
                if buffered && self.taken == body.len() {
                    self.last_chunk.extend_from_slice(&body[begin..]);
                }
                Ok(result)
            }
        }
    }

    pub(super) fn read_response(
        &mut self,
        kind: u32,
        at: u32,
        limit: u32,
        memory: &mut [u8],
    ) -> Result<u64, Faults> {
        let closed = self.phase == Phase::Init || !self.buffers(BUFFER_RESPONSE);
        check([
            (kind > 1, TrapKind::Number),
            (closed, TrapKind::Phase),
            (limit == 0 && !self.express(), TrapKind::Limit),
            (range(memory, at, limit).is_none(), TrapKind::Memory),
        ])?;
        let early = self.express();
        let now = &self.response.body;
        let (body, taken) = self.reader.get_or_insert_with(|| (now.clone(), 0));
        take(body, taken, limit, at, memory, early)
    }

    pub(super) fn write(&mut self, kind: u32, bytes: Option<Vec<u8>>) -> Result<u64, Faults> {
        let buffered = self.buffers(BUFFER_RESPONSE);
        let closed = match kind {
            0 => self.too_late(),
            _ => self.phase == Phase::Init || self.phase == Phase::Response && !buffered,
        };
        if kind == 1 && !closed && !buffered {
            self.send();
        }
        check([
            (kind > 1, TrapKind::Number),
            (closed, TrapKind::Phase),
            (bytes.is_none(), TrapKind::Memory),
        ])?;
        let bytes = bytes.unwrap_or_default();
        let replaces = self.express();
        match kind {
            // What Express lets through after the next handler reaches nobody.
            0 if self.phase == Phase::Response => {}
            0 => {
                let written = self.written.get_or_insert_default();
                if replaces {
                    written.clear();
                }
                written.extend(bytes);
            }
            _ if buffered => {
                // A reply is appended to.
                if !self.wrote || replaces && self.phase != Phase::Request {
                    self.response.body.clear();
                }
                self.wrote = true;
                self.response.body.extend(bytes);
            }
            _ => self.write_through(&bytes)?,
        }
        Ok(0)
    }

    /// The head goes first, even where the bytes then cannot follow.
    fn write_through(&mut self, bytes: &[u8]) -> Result<(), Faults> {
        self.wrote = true;
        let (status, headers) = self.send();
        let whole = (self.response.body.len() + bytes.len()) as u64;
        let too_much = declared(&headers).is_some_and(|length| length < whole);
        let bodiless = (100..1000).contains(&status) && !has_body(status);
        refuse(!bytes.is_empty() && (bodiless || too_much), TrapKind::Body)?;
        self.response.body.extend(bytes);
        Ok(())
    }

    /// The head goes out as it is now, unless it has gone.
    pub(super) fn send(&mut self) -> (u32, super::List) {
        let now = || (self.status.unwrap_or(200), self.response.headers.clone());
        self.sent.get_or_insert_with(now).clone()
    }

    pub(super) fn set_status(&mut self, status: u32) -> Result<u64, Faults> {
        let buffered = self.buffers(BUFFER_RESPONSE);
        let after = self.phase == Phase::Response;
        let sent = self.sent.is_some();
        let careful = self.strict() || self.go() && !buffered && !sent;
        check([
            (self.phase == Phase::Init, TrapKind::Phase),
            (after && !buffered && !self.express(), TrapKind::Phase),
            (careful && !(100..1000).contains(&status), TrapKind::Number),
        ])?;
        let beside = self.go() && !buffered && interim(status);
        if !sent && !beside {
            self.status = Some(status);
            if !buffered && !self.express() {
                self.send();
            }
        }
        Ok(0)
    }
}

/// The next bytes of a body, and whether that was the end: told with the last byte, or only when
/// more is asked for than there is.
fn take(
    body: &[u8],
    taken: &mut usize,
    limit: u32,
    at: u32,
    memory: &mut [u8],
    early: bool,
) -> Result<u64, Faults> {
    let rest = &body[*taken..];
    let chunk = &rest[..rest.len().min(limit as usize)];
    refuse(!store(memory, at, chunk), TrapKind::Memory)?;
    *taken += chunk.len();
    let end = if early { *taken == body.len() } else { chunk.len() < limit as usize };
    Ok(u64::from(end) << 32 | chunk.len() as u64)
}
