//! Gives a module what it imports, and refuses what no host has.

use std::collections::BTreeSet;

use http_wasm_abi::{FUNCTIONS, Function, MODULE, ValueType, WASI_MODULE};
use wasmtime::{Caller, ExternType, Linker};

use super::bodies::supply;
use super::instance::{State, with_memory};
use super::{LoadError, has_type, show_type, wasi};
use http_wasm_model::Profile;
use http_wasm_model::exchange::LinearMemory;

/// Defines every import of `module`.
pub(super) fn link(
    linker: &mut Linker<State>,
    module: &wasmtime::Module,
    profile: Profile,
) -> Result<(), LoadError> {
    // A module may import one function several times, and a linker has it once.
    let mut linked = BTreeSet::new();
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let function = match from {
            MODULE => Some(http_handler(name, &import.ty(), profile)?),
            WASI_MODULE => {
                wasi::check(name, &import.ty())?;
                None
            }
            _ => return Err(unknown(from, name, from_elsewhere(from))),
        };
        if !linked.insert((from.to_owned(), name.to_owned())) {
            continue;
        }
        let defined = match function {
            Some(function) if waits(module, function) => define_waiting(linker, function),
            Some(function) => define(linker, function),
            None => wasi::define(linker, name),
        };
        defined.map_err(|error| LoadError::Engine(format!("{error:#}")))?;
    }
    Ok(())
}

/// Whether a call of this function may have to wait for a body to arrive: reading one does, and what
/// has to do with trailers, which come after it, where the guest can enable them.
pub(super) fn waits(module: &wasmtime::Module, function: Function) -> bool {
    match function {
        Function::ReadBody => true,
        Function::GetHeaderNames
        | Function::GetHeaderValues
        | Function::SetHeaderValue
        | Function::AddHeaderValue
        | Function::RemoveHeader => imports(module, Function::EnableFeatures),
        _ => false,
    }
}

/// Whether a module imports this function of the ABI.
pub(super) fn imports(module: &wasmtime::Module, function: Function) -> bool {
    module.imports().any(|import| import.module() == MODULE && import.name() == function.name())
}

pub(super) fn unknown(module: &str, name: &str, remedy: String) -> LoadError {
    LoadError::UnknownImport { module: module.to_owned(), name: name.to_owned(), remedy }
}

fn from_elsewhere(module: &str) -> String {
    let hint = if module == "env" {
        "; often it is a function that was declared and not linked"
    } else {
        ""
    };
    format!("import from {MODULE}, or from {WASI_MODULE}, only{hint}")
}

/// The function of the ABI that an import asks for.
fn http_handler(name: &str, ty: &ExternType, profile: Profile) -> Result<Function, LoadError> {
    let Some(function) = Function::from_name(name) else {
        let known: Vec<_> = FUNCTIONS.iter().map(|function| function.name()).collect();
        return Err(unknown(MODULE, name, format!("it has {}", known.join(", "))));
    };
    match ty {
        ExternType::Func(found) if has_type(found, function.signature()) => {}
        found => return Err(wrong_type(MODULE, name, found, function.signature().to_string())),
    }
    if profile.missing().contains(&function) {
        return Err(LoadError::MissingFunction { function, profile });
    }
    Ok(function)
}

pub(super) fn wrong_type(
    module: &str,
    name: &str,
    found: &ExternType,
    wanted: String,
) -> LoadError {
    LoadError::ImportType {
        module: module.to_owned(),
        name: name.to_owned(),
        found: show_type(found),
        wanted,
    }
}

/// Calls the model for a guest. What traps there ends the guest's call.
fn call(mut caller: Caller<'_, State>, function: Function, args: &[u64]) -> wasmtime::Result<u64> {
    with_memory(&mut caller, |bytes, state| {
        state.exchange.call(function, args, &mut LinearMemory(bytes))
    })?
    .map_err(wasmtime::Error::new)
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

/// The same for functions that may wait.
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
