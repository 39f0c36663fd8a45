//! Gives a module what it imports.

use std::collections::BTreeSet;
use std::task::Poll;
use std::time::Instant;

use http_wasm_abi::{BodyKind, Function, MODULE, Phase, ValueType};
use wasmtime::{Caller, Linker};

use super::bodies::Piece;
use super::state::{State, with_memory};
use super::{LoadError, wasi};
use crate::module_info::ModuleInfo;
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Headers, LinearMemory, Trap, TrapKind};

/// Defines every import of a module whose imports all hosts have. With `trailers` it may enable these,
/// and functions wait for them.
pub(super) fn link(
    linker: &mut Linker<State>,
    info: &ModuleInfo,
    profile: Profile,
    trailers: bool,
) -> Result<(), LoadError> {
    // A module may import one function several times, and a linker has it once.
    let mut linked = BTreeSet::new();
    for import in &info.imports {
        if !linked.insert((&import.module, &import.name)) {
            continue;
        }
        let defined = match import.module.as_str() {
            MODULE => match Function::from_name(&import.name) {
                Some(function) if profile.missing().contains(&function) => {
                    return Err(LoadError::MissingFunction { function, profile });
                }
                Some(function) if function.may_wait(trailers) => define_waiting(linker, function),
                Some(function) => define(linker, function),
                None => Err(wasmtime::format_err!("the ABI has no function {}", import.name)),
            },
            _ => wasi::define(linker, &import.name),
        };
        defined.map_err(|error| LoadError::Engine(format!("{error:#}")))?;
    }
    Ok(())
}

/// Calls the model for a guest. What traps there ends the guest's call.
fn call(mut caller: Caller<'_, State>, function: Function, args: &[u64]) -> wasmtime::Result<u64> {
    with_memory(&mut caller, |bytes, state| {
        state.exchange.call(function, args, &mut LinearMemory(bytes))
    })?
    .map_err(wasmtime::Error::new)
}

/// Waits until a call can be made.
async fn supply(
    caller: &mut Caller<'_, State>,
    function: Function,
    args: &[u64],
) -> wasmtime::Result<()> {
    loop {
        let needed = with_memory(caller, |bytes, state| {
            state.exchange.needs(function, args, &LinearMemory(bytes))
        })?;
        let Some(kind) = needed else { return Ok(()) };
        let since = caller.data().deadline.is_known().then(Instant::now);
        let piece = std::future::poll_fn(|context| {
            let State { exchange, bodies, .. } = caller.data_mut();
            match bodies {
                Some(bodies) => bodies.poll_piece(kind, context),
                // The next handler has had it, or the request was given up.
                None if kind == BodyKind::Request && exchange.phase() == Phase::Response => {
                    Poll::Ready(Piece::End(Headers::new()))
                }
                None => Poll::Ready(Piece::Failed(format!("nobody sends the {kind}"))),
            }
        })
        .await;
        if let Some(since) = since {
            caller.data_mut().deadline.postpone(since.elapsed());
        }
        let State { exchange, bodies, .. } = caller.data_mut();
        match piece {
            Piece::Bytes(bytes) => {
                exchange.feed(kind, &bytes)?;
                if bodies.as_ref().is_some_and(|bodies| bodies.is_at_end(kind)) {
                    exchange.end(kind, Headers::new());
                }
            }
            Piece::End(trailers) => exchange.end(kind, trailers),
            Piece::Failed(message) => {
                return Err(Trap::host(TrapKind::Body, function, message).into());
            }
        }
    }
}

/// Defines a function of the table by its shape: how many arguments, and which result. All of the
/// ABI's arguments are `i32`, which the table's own test holds; typed closures are several times
/// faster than ones that take their arguments as a slice.
macro_rules! define_shapes {
    ($linker:ident, $function:ident; $($count:literal: $($arg:ident),*;)+) => {
        match ($function.signature().params.len(), $function.signature().result) {
            $(
                ($count, None) => $linker.func_wrap(MODULE, $function.name(),
                    move |caller: Caller<'_, State>, $($arg: u32),*| -> wasmtime::Result<()> {
                        call(caller, $function, &[$($arg.into()),*]).map(|_| ())
                    }),
                ($count, Some(ValueType::I32)) => $linker.func_wrap(MODULE, $function.name(),
                    move |caller: Caller<'_, State>, $($arg: u32),*| -> wasmtime::Result<u32> {
                        call(caller, $function, &[$($arg.into()),*]).map(|result| result as u32)
                    }),
                ($count, Some(ValueType::I64)) => $linker.func_wrap(MODULE, $function.name(),
                    move |caller: Caller<'_, State>, $($arg: u32),*| -> wasmtime::Result<u64> {
                        call(caller, $function, &[$($arg.into()),*])
                    }),
            )+
            (count, _) => {
                Err(wasmtime::format_err!("{} has {count} arguments, this host knows up to 5", $function))
            }
        }
    };
}

fn define(linker: &mut Linker<State>, function: Function) -> wasmtime::Result<()> {
    define_shapes!(linker, function;
        0: ;
        1: a;
        2: a, b;
        3: a, b, c;
        4: a, b, c, d;
        5: a, b, c, d, e;
    )
    .map(|_| ())
}

/// Defines a function that may wait by its shape. Like `define_shapes`, but with futures.
macro_rules! define_waiting_shapes {
    ($linker:ident, $function:ident; $($count:literal: $($arg:ident),*;)+) => {
        match ($function.signature().params.len(), $function.signature().result) {
            $(
                ($count, None) => $linker.func_wrap_async(MODULE, $function.name(),
                    move |mut caller: Caller<'_, State>, ($($arg,)*): ($(define_waiting_shapes!(@u32 $arg),)*)| Box::new(async move {
                        let args = [$($arg.into()),*];
                        supply(&mut caller, $function, &args).await?;
                        call(caller, $function, &args).map(|_| ())
                    })),
                ($count, _) => $linker.func_wrap_async(MODULE, $function.name(),
                    move |mut caller: Caller<'_, State>, ($($arg,)*): ($(define_waiting_shapes!(@u32 $arg),)*)| Box::new(async move {
                        let args = [$($arg.into()),*];
                        supply(&mut caller, $function, &args).await?;
                        call(caller, $function, &args)
                    })),
            )+
            (count, _) => {
                Err(wasmtime::format_err!("{} has {count} arguments, this host knows up to 5", $function))
            }
        }
    };
    (@u32 $arg:ident) => { u32 };
}

fn define_waiting(linker: &mut Linker<State>, function: Function) -> wasmtime::Result<()> {
    define_waiting_shapes!(linker, function;
        3: a, b, c;
        5: a, b, c, d, e;
    )
    .map(|_| ())
}
