//! The `http_handler` ABI over an [`Exchange`]: decodes the arguments of a host call, calls the
//! operation of the exchange, and encodes its result.
//!
//! What an operation does is the business of [`exchange`](crate::exchange). Here are numbers that
//! stand for kinds, ranges of memory, the length rule, lists, and packed results.

mod record;

use http_wasm_abi::{
    BodyKind, CountLen, EofLen, Features, Function, HeaderKind, LogLevel, Waits, functions,
};

use crate::exchange::{Exchange, Trap, TrapKind};
use crate::memory::{Memory, Outside};

impl Exchange {
    /// Calls a host function for the guest.
    ///
    /// `args` are the values that WebAssembly passes, zero-extended, in the order of the table; the
    /// result is zero-extended too, and 0 where the function has none.
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
        let is_recorded = self.settings().record_calls;
        let mut call = Call { exchange: self, memory };
        if is_recorded { call.recorded(function, args) } else { call.run(function, args) }
    }

    /// The body of which more has to arrive before this call can be made.
    ///
    /// - `read_body` needs as many bytes as it asks for, up to 256 KiB, or all that there are: the end
    ///   has arrived, or as much as the `content-length` of the message says.
    /// - What has to do with trailers needs the end, after which they come. All of the body is held
    ///   until then. After the next handler the request's body has gone, and all that is needed is to
    ///   [hear](Self::end) which trailers have gone by.
    #[must_use]
    pub fn needs(&self, function: Function, args: &[u64], memory: &dyn Memory) -> Option<BodyKind> {
        if !self.is_arriving() {
            return None;
        }
        let number = |name| argument(function, args, name).map(|bits| bits as u32);
        match function.waits() {
            Waits::Never => None,
            Waits::Body => {
                let kind = BodyKind::from_bits(number("kind")?)?;
                let limit = number("buf_limit")?;
                // A call that traps need not wait.
                let reads = limit > 0 && memory.contains(argument(function, args, "buf")?, limit);
                (reads && self.read_needs_more(kind, limit)).then_some(kind)
            }
            Waits::Trailers => self.trailers_need(HeaderKind::from_bits(number("kind")?)?),
        }
    }
}

/// The argument of this name.
fn argument(function: Function, args: &[u64], name: &str) -> Option<u64> {
    let index = function.params().iter().position(|param| param.name == name)?;
    args.get(index).copied()
}

/// A host call.
struct Call<'a> {
    exchange: &'a mut Exchange,
    memory: &'a mut dyn Memory,
}

/// An argument that is a range of the guest's memory.
#[derive(Clone, Copy)]
struct Input {
    what: &'static str,
    ptr: u64,
    len: u32,
}

/// Where in the guest's memory a result goes, and how long it may be.
#[derive(Clone, Copy)]
struct Buffer {
    ptr: u64,
    limit: u32,
}

/// Makes the dispatch of the table: each function is a method of [`Call`] with the arguments and the
/// result of its row, where a pointer and the length after it are one argument. A row without such a
/// method does not compile.
///
/// Lengths and numbers are 32 bits wide; pointers may be wider where a guest runs natively.
macro_rules! dispatch {
    (module $module:literal; $(
        $(#[doc = $doc:literal])+
        $variant:ident $name:ident($($param:ident: $(* $access:ident)? $ty:ident),*)
            $(-> $result:ty)? { $($columns:tt)* }
    )+) => {
        impl Call<'_> {
            fn dispatch(&mut self, function: Function, args: &[u64]) -> Result<u64, Trap> {
                match function {
                    $(Function::$variant => {
                        let &[$($param),*] = args else { return Err(wrong_count(function, args)) };
                        let result = dispatch!(@call self $name [] $($param: $(* $access)? $ty,)*);
                        dispatch!(@encode result $($result)?)
                    })+
                }
            }
        }
    };
    (@call $call:ident $name:ident [$($done:expr),*]) => { $call.$name($($done),*) };
    (@call $call:ident $name:ident [$($done:expr),*]
        $ptr:ident: *const u8, $len:ident: u32, $($rest:tt)*) => {
        dispatch!(@call $call $name
            [$($done,)* Input { what: stringify!($ptr), ptr: $ptr, len: $len as u32 }] $($rest)*)
    };
    (@call $call:ident $name:ident [$($done:expr),*]
        $ptr:ident: *mut u8, $limit:ident: u32, $($rest:tt)*) => {
        dispatch!(@call $call $name [$($done,)* Buffer { ptr: $ptr, limit: $limit as u32 }] $($rest)*)
    };
    (@call $call:ident $name:ident [$($done:expr),*] $number:ident: u32, $($rest:tt)*) => {
        dispatch!(@call $call $name [$($done,)* $number as u32] $($rest)*)
    };
    (@call $call:ident $name:ident [$($done:expr),*] $number:ident: i32, $($rest:tt)*) => {
        dispatch!(@call $call $name [$($done,)* ($number as u32).cast_signed()] $($rest)*)
    };
    (@encode $value:ident) => { $value.map(|()| 0) };
    (@encode $value:ident $result:ty) => { $value.map(|value: $result| u64::from(value)) };
}

functions!(dispatch);

#[cold]
fn wrong_count(function: Function, args: &[u64]) -> Trap {
    let (found, wanted) = (args.len(), function.params().len());
    let message = format_args!("called with {found} arguments, wanted {wanted}");
    Trap::host(TrapKind::Number, function, message)
}

impl Call<'_> {
    fn run(&mut self, function: Function, args: &[u64]) -> Result<u64, Trap> {
        let profile = self.exchange.settings().profile;
        if profile.missing().contains(&function) {
            let message = format_args!("a host of profile {profile} does not have this function");
            return Err(Trap::host(TrapKind::Missing, function, message));
        }
        self.dispatch(function, args)
    }

    fn enable_features(&mut self, features: u32) -> Result<u32, Trap> {
        self.exchange.enable_features(Features::from_bits(features)).map(Features::bits)
    }

    fn get_config(&mut self, buf: Buffer) -> Result<u32, Trap> {
        self.give(Function::GetConfig, buf, Exchange::config)
    }

    fn log_enabled(&mut self, level: i32) -> Result<u32, Trap> {
        let level = self.level(Function::LogEnabled, level)?;
        Ok(level.is_some_and(|level| self.exchange.log_enabled(level)).into())
    }

    fn log(&mut self, level: i32, message: Input) -> Result<(), Trap> {
        match self.level(Function::Log, level)? {
            Some(level) => self.exchange.log(level, message.read(self.memory)),
            None => Ok(()),
        }
    }

    fn get_method(&mut self, buf: Buffer) -> Result<u32, Trap> {
        self.give(Function::GetMethod, buf, |exchange| exchange.method())
    }

    fn set_method(&mut self, method: Input) -> Result<(), Trap> {
        self.exchange.set_method(method.read(self.memory))
    }

    fn get_uri(&mut self, buf: Buffer) -> Result<u32, Trap> {
        self.give(Function::GetUri, buf, |exchange| exchange.uri())
    }

    fn set_uri(&mut self, uri: Input) -> Result<(), Trap> {
        self.exchange.set_uri(uri.read(self.memory))
    }

    fn get_protocol_version(&mut self, buf: Buffer) -> Result<u32, Trap> {
        self.give(Function::GetProtocolVersion, buf, |exchange| exchange.protocol_version())
    }

    fn get_source_addr(&mut self, buf: Buffer) -> Result<u32, Trap> {
        self.give(Function::GetSourceAddr, buf, |exchange| exchange.source_addr())
    }

    fn get_header_names(&mut self, kind: u32, buf: Buffer) -> Result<u64, Trap> {
        let kind = header_kind(Function::GetHeaderNames, kind)?;
        let names = self.exchange.header_names(kind)?;
        // Names that the guest has written may be in upper case; hosts list them in lower case.
        let mut list = List::of(names.into_iter().map(str::as_bytes));
        list.bytes.make_ascii_lowercase();
        list.give(Function::GetHeaderNames, self.memory, buf)
    }

    fn get_header_values(&mut self, kind: u32, name: Input, buf: Buffer) -> Result<u64, Trap> {
        let kind = header_kind(Function::GetHeaderValues, kind)?;
        let name = name.read(self.memory);
        let list = List::of(self.exchange.header_values(kind, name)?.into_iter());
        list.give(Function::GetHeaderValues, self.memory, buf)
    }

    fn set_header_value(&mut self, kind: u32, name: Input, value: Input) -> Result<(), Trap> {
        let kind = header_kind(Function::SetHeaderValue, kind)?;
        self.exchange.set_header(kind, name.read(self.memory), value.read(self.memory))
    }

    fn add_header_value(&mut self, kind: u32, name: Input, value: Input) -> Result<(), Trap> {
        let kind = header_kind(Function::AddHeaderValue, kind)?;
        self.exchange.add_header(kind, name.read(self.memory), value.read(self.memory))
    }

    fn remove_header(&mut self, kind: u32, name: Input) -> Result<(), Trap> {
        let kind = header_kind(Function::RemoveHeader, kind)?;
        self.exchange.remove_header(kind, name.read(self.memory))
    }

    fn read_body(&mut self, kind: u32, buf: Buffer) -> Result<u64, Trap> {
        let kind = body_kind(Function::ReadBody, kind)?;
        let Buffer { ptr, limit } = buf;
        let is_there = limit == 0 || self.memory.contains(ptr, limit);
        let limit = if is_there { Ok(limit) } else { Err(buf.outside(limit)) };
        let chunk = self.exchange.read_body(kind, limit)?;
        if !chunk.bytes.is_empty() {
            self.memory.write(ptr, chunk.bytes);
        }
        // No chunk is longer than the limit, which is 32 bits wide.
        Ok(EofLen::new(chunk.end, chunk.bytes.len() as u32).bits())
    }

    fn write_body(&mut self, kind: u32, body: Input) -> Result<(), Trap> {
        let kind = body_kind(Function::WriteBody, kind)?;
        self.exchange.write_body(kind, body.read(self.memory))
    }

    fn get_status_code(&mut self) -> Result<u32, Trap> {
        self.exchange.status()
    }

    fn set_status_code(&mut self, status: u32) -> Result<(), Trap> {
        self.exchange.set_status(status)
    }

    /// The level, or `None` for a number without a name where the host does not care.
    fn level(&self, function: Function, number: i32) -> Result<Option<LogLevel>, Trap> {
        let level = LogLevel::from_i32(number);
        if level.is_none() && self.exchange.settings().profile.rules().validates {
            let message = format_args!("found log level {number}, wanted -1 (debug) to 3 (none)");
            return Err(Trap::host(TrapKind::Number, function, message));
        }
        Ok(level)
    }

    /// Gives one value by the ABI's length rule: if it is longer than the limit it is not written, and
    /// its length is the result all the same.
    fn give<T: AsRef<[u8]> + ?Sized>(
        &mut self,
        function: Function,
        buf: Buffer,
        pick: impl FnOnce(&mut Exchange) -> Result<&T, Trap>,
    ) -> Result<u32, Trap> {
        let traps = self.exchange.settings().profile.rules().short_getters_trap;
        let found = pick(self.exchange)?.as_ref();
        let len = length(function, found.len())?;
        let is_written = len > buf.limit || len == 0 || self.memory.write(buf.ptr, found);
        if is_written || !traps { Ok(len) } else { Err(buf.outside(len).trap(function)) }
    }
}

impl Input {
    /// The bytes. A range of no bytes is never looked at.
    fn read(self, memory: &dyn Memory) -> Result<&[u8], Outside> {
        let Self { what, ptr, len } = self;
        if len == 0 { Ok(&[]) } else { memory.read(ptr, len).ok_or(Outside { what, ptr, len }) }
    }
}

impl Buffer {
    const fn outside(self, len: u32) -> Outside {
        Outside { what: "buffer", ptr: self.ptr, len }
    }
}

fn header_kind(function: Function, number: u32) -> Result<HeaderKind, Trap> {
    HeaderKind::from_bits(number).ok_or_else(|| {
        let message = format_args!("found header kind {number}, wanted 0 to 3");
        Trap::host(TrapKind::Number, function, message)
    })
}

fn body_kind(function: Function, number: u32) -> Result<BodyKind, Trap> {
    BodyKind::from_bits(number).ok_or_else(|| {
        let message = format_args!("found body kind {number}, wanted 0 or 1");
        Trap::host(TrapKind::Number, function, message)
    })
}

fn length(function: Function, len: usize) -> Result<u32, Trap> {
    u32::try_from(len).map_err(|_| {
        let message = format_args!("{len} bytes do not fit the ABI's 32 bits");
        Trap::host(TrapKind::Number, function, message)
    })
}

/// A list as the ABI has it: each item ended by NUL.
struct List {
    bytes: Vec<u8>,
    count: usize,
}

impl List {
    fn of<'a>(items: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut list = Self { bytes: Vec::new(), count: 0 };
        for item in items {
            list.bytes.extend_from_slice(item);
            list.bytes.push(0);
            list.count += 1;
        }
        list
    }

    /// Gives the list by the length rule. A buffer outside memory traps on every host.
    fn give(self, function: Function, memory: &mut dyn Memory, buf: Buffer) -> Result<u64, Trap> {
        let count = length(function, self.count)?;
        let len = length(function, self.bytes.len())?;
        if count > 0 && len <= buf.limit && !memory.write(buf.ptr, &self.bytes) {
            return Err(buf.outside(len).trap(function));
        }
        Ok(CountLen::new(count, len).bits())
    }
}
