//! Headers and trailers, by the number of their kind.

use http_wasm_abi::Phase;
use http_wasm_model::exchange::TrapKind;

use super::rules::{check, lossy, lower, no, plain, range, token};
use super::{BUFFER_RESPONSE, Faults, List, Oracle, TRAILERS};

impl Oracle {
    pub(super) fn can_read_headers(&self, kind: u32) -> Result<(), Faults> {
        let asleep = self.express() && kind == 3 && !self.buffers(BUFFER_RESPONSE);
        check([
            (kind > 3, TrapKind::Number),
            (self.phase == Phase::Init || asleep, TrapKind::Phase),
        ])
    }

    pub(super) fn name(&self, memory: &[u8], at: u32, len: u32, faults: &mut Faults) -> String {
        let name = range(memory, at, len);
        match &name {
            None => faults.push(TrapKind::Memory),
            Some(name) if name.is_empty() => faults.push(TrapKind::Name),
            Some(name) if self.strict() && std::str::from_utf8(name).is_err() => {
                faults.push(TrapKind::Value);
            }
            Some(_) => {}
        }
        lossy(&name.unwrap_or_default())
    }

    /// The ABI's text has trailers only where they are enabled, for which one host cares.
    pub(super) fn has_no_trailers(&self, kind: u32) -> bool {
        self.strict() && kind >= 2 && self.on & TRAILERS == 0
    }

    /// Go keeps the trailers of both sides in one place.
    pub(super) fn map(&mut self, kind: u32) -> &mut List {
        match kind {
            0 => &mut self.request.headers,
            1 => &mut self.response.headers,
            2 if !self.go() => &mut self.request.trailers,
            _ => &mut self.response.trailers,
        }
    }

    pub(super) fn change(
        &mut self,
        add: bool,
        kind: u32,
        name: (u32, u32),
        value: Option<(u32, u32)>,
        memory: &[u8],
    ) -> Result<u64, Faults> {
        let mut faults = self.can_read_headers(kind).err().unwrap_or_default();
        if self.has_no_trailers(kind) {
            faults.push(TrapKind::Phase);
        }
        let passed = self.phase == Phase::Response && !self.buffers(BUFFER_RESPONSE);
        if if kind % 2 == 1 { passed } else { self.too_late() } {
            faults.push(TrapKind::Phase);
        }
        let name = self.name(memory, name.0, name.1, &mut faults);
        let new = value.map(|(at, len)| range(memory, at, len));
        if new == Some(None) {
            faults.push(TrapKind::Memory);
        }
        let new = new.map(Option::unwrap_or_default);
        let careful = self.strict() || self.express() && kind == 1 && new.is_some();
        if careful && !token(name.as_bytes()) {
            faults.push(TrapKind::Name);
        }
        if careful && !plain(new.as_deref().unwrap_or_default()) {
            faults.push(TrapKind::Value);
        }
        if self.express() && kind == 1 && self.sent.is_some() {
            faults.push(TrapKind::Phase);
        }
        no(faults)?;
        if kind == 0 && lower(&name) == "host" && !self.express() {
            return Ok(0);
        }
        let own_case = self.express() && kind != 1 || self.go() && kind >= 2;
        let name = if own_case { name } else { lower(&name) };
        let replaces = !add || self.go() && kind >= 2;
        let map = self.map(kind);
        if replaces {
            map.retain(|pair| pair.0 != name);
        }
        map.extend(new.map(|value| (name, value)));
        Ok(0)
    }
}
