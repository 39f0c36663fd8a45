//! WASI preview 1, for guests whose language insists on importing it.
//!
//! There are no arguments and no sockets; environment and files as far as they are
//! [granted](Grants). What is written to stdout and stderr goes line by line to the exchange's log, as
//! info and as error; clock and random numbers are real; everything else returns an error number.
//! `proc_exit` traps. A guest that sleeps gives its thread away.

mod errno;
pub(super) mod files;
mod grants;
pub(super) mod poll;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http_wasm_abi::wasi::{self, EXIT};
use http_wasm_abi::{LogLevel, Phase, ValueType, WASI_MODULE};
use wasmtime::{Caller, FuncType, Linker, Val, ValType};

use super::state::{State, with_memory};
use crate::module_info::ModuleInfo;
use files::MAX_IO_LEN;
use http_wasm_model::exchange::{LinearMemory, Memory, Trap};

pub use grants::{EnvironmentError, Folder, Grants};

pub(super) use grants::Granted;

use files::words;

/// The function that a guest may sleep in.
const POLL: &str = "poll_oneoff";
/// The most arguments that a function of WASI has.
const MAX_ARGS: usize = 9;
const STDERR: u32 = 2;
/// A line longer than this is logged in pieces, so that a guest cannot fill the host's memory.
const LONGEST_LINE: usize = 64 << 10;

/// Defines a function of WASI.
pub(super) fn define(linker: &mut Linker<State>, name: &str) -> wasmtime::Result<()> {
    let Some((name, signature)) = wasi::function(name) else {
        return Err(wasmtime::format_err!("WASI has no function {name}"));
    };
    if name == POLL {
        let defined = linker.func_wrap_async(WASI_MODULE, name, |mut caller, args| {
            Box::new(async move { poll::poll_oneoff(&mut caller, args).await })
        });
        return defined.map(|_| ());
    }
    let value = |ty: ValueType| match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    };
    let params = signature.params.iter().copied().map(value);
    let ty = FuncType::new(linker.engine(), params, signature.result.map(value));
    let act = move |mut caller: Caller<'_, State>, args: &[Val], results: &mut [Val]| {
        let mut values = [0; MAX_ARGS];
        for (value, arg) in values.iter_mut().zip(args) {
            *value = match arg {
                Val::I32(arg) => arg.cast_unsigned().into(),
                Val::I64(arg) => arg.cast_unsigned(),
                _ => 0,
            };
        }
        let args = &values[..args.len()];
        if name == EXIT {
            let phase = caller.data().exchange.phase();
            return Err(wasmtime::Error::new(Trap::guest(ended_itself(args[0], phase))));
        }
        let number = with_memory(&mut caller, |bytes, state| {
            call(name, args, &mut LinearMemory(bytes), state).unwrap_or_else(|number| number)
        })?;
        if let [result] = results {
            *result = Val::I32(number.cast_signed());
        }
        Ok(())
    };
    linker.func_new(WASI_MODULE, name, ty, act).map(|_| ())
}

/// What ended a guest that has called `proc_exit`.
fn ended_itself(code: u64, phase: Phase) -> String {
    let ended = format!("the guest ended itself with proc_exit({code})");
    // A program is done when its start is; nothing of it can be called after that.
    match (code, phase) {
        (0, Phase::Init) => {
            ended
                + " before it could be called: it is built as a program; build a reactor, with -buildmode=c-shared in Go and TinyGo, -mexec-model=reactor in C"
        }
        _ => ended,
    }
}

/// Whether a guest may sleep.
pub(super) fn may_sleep(info: &ModuleInfo) -> bool {
    info.imports.iter().any(|import| import.module == WASI_MODULE && import.name == POLL)
}

/// What a function does; `Err` is as good as `Ok`, an error number.
fn call(
    name: &str,
    args: &[u64],
    memory: &mut LinearMemory<'_>,
    state: &mut State,
) -> Result<u32, u32> {
    let mut put = |ptr: u64, bytes: &[u8]| {
        if memory.write(ptr, bytes) { Ok(errno::SUCCESS) } else { Err(errno::FAULT) }
    };
    match name {
        "args_get" | "sched_yield" => Ok(errno::SUCCESS),
        "args_sizes_get" => {
            put(args[0], &[0; 4])?;
            put(args[1], &[0; 4])
        }
        "environ_sizes_get" => {
            let variables = state.files.environment();
            let bytes: usize = variables.iter().map(Vec::len).sum();
            put(args[0], &(variables.len() as u32).to_le_bytes())?;
            put(args[1], &(bytes as u32).to_le_bytes())
        }
        "environ_get" => {
            let mut at = args[1];
            for (index, variable) in state.files.environment().iter().enumerate() {
                put(args[0] + 4 * index as u64, &(at as u32).to_le_bytes())?;
                put(at, variable)?;
                at += variable.len() as u64;
            }
            Ok(errno::SUCCESS)
        }
        "clock_res_get" => {
            time(args[0])?;
            put(args[1], &1_u64.to_le_bytes())
        }
        "clock_time_get" if args[0] == 0 => {
            let now = state.exchange.wall_clock().ok_or(errno::INVAL)?.as_nanos();
            put(args[2], &u64::try_from(now).map_err(|_| errno::INVAL)?.to_le_bytes())
        }
        "clock_time_get" => put(args[2], &time(args[0])?.to_le_bytes()),
        "random_get" => random(args[0], args[1], memory, state),
        "fd_write" => write(args, memory, state),
        "fd_read" if args[0] == 0 => put(args[3], &[0; 4]),
        _ if name.starts_with("fd_") && args[0] <= STDERR.into() => {
            files::standard_stream(name, args, memory)
        }
        _ if let Some(result) = state.files.call(name, args, memory) => result,
        _ if name.starts_with("fd_") || name.starts_with("path_") || name.starts_with("sock_") => {
            Err(errno::BADF)
        }
        _ => Err(errno::NOSYS),
    }
}

fn time(clock: u64) -> Result<u64, u32> {
    /// When the first guest asked, because a monotonic clock counts from anywhere.
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let nanoseconds = match clock {
        0 => SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| errno::INVAL)?.as_nanos(),
        1 => START.get_or_init(Instant::now).elapsed().as_nanos(),
        _ => return Err(errno::INVAL),
    };
    u64::try_from(nanoseconds).map_err(|_| errno::INVAL)
}

fn random(
    ptr: u64,
    len: u64,
    memory: &mut LinearMemory<'_>,
    state: &mut State,
) -> Result<u32, u32> {
    let start = usize::try_from(ptr).map_err(|_| errno::FAULT)?;
    let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
    let buffer = end.and_then(|end| memory.0.get_mut(start..end)).ok_or(errno::FAULT)?;
    if state.exchange.has_random_seed() {
        state.exchange.fill_random(buffer);
    } else {
        getrandom::fill(buffer).map_err(|_| errno::NOSYS)?;
    }
    Ok(errno::SUCCESS)
}

/// Writes a list of buffers to stdout or stderr.
fn write(args: &[u64], memory: &mut LinearMemory<'_>, state: &mut State) -> Result<u32, u32> {
    let [fd, list, count, written] = args else { return Err(errno::INVAL) };
    let stream = match fd {
        1 => 0,
        2 => 1,
        _ => return Err(errno::BADF),
    };
    let mut total = 0_u32;
    for index in 0..*count {
        let (ptr, len) = words(memory, list + 8 * index)?;
        if len == 0 {
            continue;
        }
        let bytes = memory.read(ptr.into(), len).ok_or(errno::FAULT)?;
        let bytes = &bytes[..bytes.len().min((MAX_IO_LEN - total) as usize)];
        total += bytes.len() as u32;
        state.output[stream].extend_from_slice(bytes);
        log_lines(state, stream, false);
        if total == MAX_IO_LEN {
            break;
        }
    }
    if memory.write(*written, &total.to_le_bytes()) {
        Ok(errno::SUCCESS)
    } else {
        Err(errno::FAULT)
    }
}

/// Logs the complete lines of a stream; with `all`, also what has no end yet.
fn log_lines(state: &mut State, stream: usize, all: bool) {
    let level = if stream == 0 { LogLevel::Info } else { LogLevel::Error };
    let output = &mut state.output[stream];
    let complete = match output.iter().rposition(|&byte| byte == b'\n') {
        _ if all || output.len() >= LONGEST_LINE => output.len(),
        Some(end) => end + 1,
        None => 0,
    };
    for line in output[..complete].split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        state.exchange.host_log(level, String::from_utf8_lossy(line));
    }
    output.drain(..complete);
}

/// Logs what is left of lines without an end; called when a hook has ended.
pub(super) fn flush(state: &mut State) {
    for stream in 0..state.output.len() {
        if !state.output[stream].is_empty() {
            log_lines(state, stream, true);
        }
    }
}
