//! The one dispatch of host calls, and what all functions share: phases, memory, recording.

use http_wasm_abi::{BodyKind, CountLen, Features, Function, HeaderKind, Phase};

use super::{Exchange, HostCall, Memory, Trap, TrapKind, value};

/// A host function at work.
pub(super) struct Call<'a> {
    pub(super) exchange: &'a mut Exchange,
    pub(super) function: Function,
    pub(super) memory: &'a mut dyn Memory,
    /// What a reader of the recorded calls sees; `None` while nothing is recorded.
    pub(super) record: Option<Record>,
}

#[derive(Default)]
pub(super) struct Record {
    arguments: Vec<String>,
    pub(super) result: String,
}

impl Exchange {
    /// Calls a host function for the guest.
    ///
    /// `args` are the values that WebAssembly passes, zero-extended, in the order of the table; the
    /// result is zero-extended too, and 0 where the function has none. This is the only dispatch:
    /// guests that run natively and guests on an engine come through here.
    ///
    /// # Errors
    ///
    /// Where a host of this profile would trap.
    pub fn call(
        &mut self,
        function: Function,
        args: &[u64],
        memory: &mut dyn Memory,
    ) -> Result<u64, Trap> {
        if let Function::SetHeaderValue | Function::AddHeaderValue = function
            && self.write_plain_header(function, args, memory)
        {
            return Ok(0);
        }
        self.plain = false;
        let phase = self.phase;
        let record = self.settings.record_calls.then(Record::default);
        let mut call = Call { exchange: self, function, memory, record };
        let result = call.dispatch(args);
        if let Some(record) = call.record {
            let result = match &result {
                Ok(_) => record.result,
                Err(trap) => format!("trap: {trap}"),
            };
            let arguments = record.arguments.join(", ");
            self.calls.push(HostCall { phase, function, arguments, result });
        }
        result
    }
}

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
}

impl Call<'_> {
    fn dispatch(&mut self, args: &[u64]) -> Result<u64, Trap> {
        let wanted = self.function.params().len();
        if args.len() != wanted {
            let found = args.len();
            let message = format!("called with {found} arguments, wanted {wanted}");
            return Err(self.trap(TrapKind::Number, message));
        }
        if self.exchange.settings.profile.missing().contains(&self.function) {
            let profile = self.exchange.settings.profile;
            let message = format!("a host of profile {profile} does not have this function");
            return Err(self.trap(TrapKind::Missing, message));
        }
        // Lengths and numbers are 32 bits wide; pointers may be wider where a guest runs natively.
        let short = |index: usize| args[index] as u32;
        match self.function {
            Function::EnableFeatures => self.enable_features(short(0)),
            Function::GetConfig => self.get_config(args[0], short(1)),
            Function::LogEnabled => self.log_enabled(short(0).cast_signed()),
            Function::Log => self.log(short(0).cast_signed(), args[1], short(2)),
            Function::GetMethod => self.get_method(args[0], short(1)),
            Function::SetMethod => self.set_method(args[0], short(1)),
            Function::GetUri => self.get_uri(args[0], short(1)),
            Function::SetUri => self.set_uri(args[0], short(1)),
            Function::GetProtocolVersion => self.get_protocol_version(args[0], short(1)),
            Function::GetSourceAddr => self.get_source_addr(args[0], short(1)),
            Function::GetHeaderNames => self.get_header_names(short(0), args[1], short(2)),
            Function::GetHeaderValues => {
                self.get_header_values(short(0), (args[1], short(2)), args[3], short(4))
            }
            Function::SetHeaderValue => {
                self.set_header_value(short(0), (args[1], short(2)), (args[3], short(4)))
            }
            Function::AddHeaderValue => {
                self.add_header_value(short(0), (args[1], short(2)), (args[3], short(4)))
            }
            Function::RemoveHeader => self.remove_header(short(0), (args[1], short(2))),
            Function::ReadBody => self.read_body(short(0), args[1], short(2)),
            Function::WriteBody => self.write_body(short(0), (args[1], short(2))),
            Function::GetStatusCode => self.get_status_code(),
            Function::SetStatusCode => self.set_status_code(short(0)),
        }
    }

    pub(super) fn trap(&self, kind: TrapKind, message: impl std::fmt::Display) -> Trap {
        Trap::host(kind, self.function, message)
    }

    /// Reports what real hosts treat differently, in the profile that cares.
    pub(super) fn report(&mut self, message: impl Into<String>) {
        if self.exchange.rules().reports {
            self.exchange.problem(Some(self.function), message);
        }
    }

    /// Notes an argument for the recorded call.
    pub(super) fn argument(&mut self, show: impl FnOnce() -> String) {
        if let Some(record) = &mut self.record {
            record.arguments.push(show());
        }
    }

    /// Notes the result for the recorded call.
    pub(super) fn result(&mut self, show: impl FnOnce() -> String) {
        if let Some(record) = &mut self.record {
            record.result = show();
        }
    }

    /// Adds to what was noted as the result.
    pub(super) fn amend_result(&mut self, more: &str) {
        if let Some(record) = &mut self.record {
            record.result.push_str(more);
        }
    }

    /// Traps unless the function may be called now, for the request or the response.
    pub(super) fn check_phase(&self, response: bool) -> Result<(), Trap> {
        if self.exchange.allows(self.function, response) {
            return Ok(());
        }
        let (phase, access) = (self.exchange.phase, self.function.access());
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
        Err(self.trap(TrapKind::Phase, message))
    }

    pub(super) fn header_kind(&mut self, bits: u32) -> Result<HeaderKind, Trap> {
        let Some(kind) = HeaderKind::from_bits(bits) else {
            let message = format!("found header kind {bits}, wanted 0 to 3");
            return Err(self.trap(TrapKind::Number, message));
        };
        self.argument(|| kind.to_string());
        Ok(kind)
    }

    pub(super) fn body_kind(&mut self, bits: u32) -> Result<BodyKind, Trap> {
        let Some(kind) = BodyKind::from_bits(bits) else {
            let message = format!("found body kind {bits}, wanted 0 or 1");
            return Err(self.trap(TrapKind::Number, message));
        };
        self.argument(|| kind.to_string());
        Ok(kind)
    }

    /// An argument that is a range of the guest's memory. A range of no bytes is never looked at.
    pub(super) fn read(&mut self, what: &str, (ptr, len): (u64, u32)) -> Result<Vec<u8>, Trap> {
        let bytes = if len == 0 {
            Vec::new()
        } else if let Some(bytes) = self.memory.read(ptr, len) {
            bytes.to_vec()
        } else {
            return Err(self.outside(what, ptr, len));
        };
        self.argument(|| value::show(&bytes));
        Ok(bytes)
    }

    /// The same for an argument that is text. Hosts keep other bytes in some way or other; here
    /// they become U+FFFD, and where values are validated they trap.
    pub(super) fn read_text(&mut self, what: &str, range: (u64, u32)) -> Result<String, Trap> {
        let bytes = self.read(what, range)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) if self.exchange.rules().validates => {
                let found = value::show(error.as_bytes());
                let message = format!("found a {what} that is not UTF-8: {found}");
                Err(self.trap(TrapKind::Value, message))
            }
            Err(error) => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }
    }

    pub(super) fn outside(&self, what: &str, ptr: u64, len: u32) -> Trap {
        let message =
            format!("the {what} at {ptr:#x}, {len} bytes, is not all in the guest's memory");
        self.trap(TrapKind::Memory, message)
    }

    /// The ABI's length rule: a value longer than the limit is not written, its length returned.
    pub(super) fn give(
        &mut self,
        buf: u64,
        limit: u32,
        pick: impl FnOnce(&Exchange) -> &[u8],
    ) -> Result<u64, Trap> {
        let found = pick(self.exchange);
        let len = length(self.function, found.len())?;
        let fits = len <= limit;
        let written = !fits || len == 0 || self.memory.write(buf, found);
        if let Some(record) = &mut self.record {
            record.result =
                if fits { value::show(found) } else { format!("{len} bytes, limit {limit}") };
        }
        if !written && self.exchange.rules().short_getters_trap {
            return Err(self.outside("buffer", buf, len));
        }
        Ok(len.into())
    }

    /// The same for a list. A buffer outside memory traps on every host.
    pub(super) fn give_list(&mut self, buf: u64, limit: u32, list: List) -> Result<u64, Trap> {
        let count = length(self.function, list.count)?;
        let len = length(self.function, list.bytes.len())?;
        if count > 0 && len <= limit && !self.memory.write(buf, &list.bytes) {
            return Err(self.outside("buffer", buf, len));
        }
        self.result(|| {
            if len <= limit {
                format!("[{}]", list.show())
            } else {
                format!("{count} items, {len} bytes, limit {limit}")
            }
        });
        Ok(CountLen::new(count, len).bits())
    }
}

/// A list as the ABI has it: each item ended by NUL.
pub(super) struct List {
    bytes: Vec<u8>,
    count: usize,
}

impl List {
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut list = Self { bytes: Vec::new(), count: 0 };
        for item in items {
            list.bytes.extend_from_slice(item);
            list.bytes.push(0);
            list.count += 1;
        }
        list
    }

    /// The same in lower case.
    pub(super) fn lower(mut self) -> Self {
        self.bytes.make_ascii_lowercase();
        self
    }

    /// As a reader of the recorded calls sees it; an item with a NUL in it is not told apart.
    fn show(&self) -> String {
        let items = self.bytes.split_inclusive(|&byte| byte == 0);
        let shown: Vec<_> = items.map(|item| value::show(&item[..item.len() - 1])).collect();
        shown.join(", ")
    }
}

fn length(function: Function, len: usize) -> Result<u32, Trap> {
    u32::try_from(len).map_err(|_| {
        Trap::host(TrapKind::Number, function, format!("{len} bytes do not fit the ABI's 32 bits"))
    })
}
