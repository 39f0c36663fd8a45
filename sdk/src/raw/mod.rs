//! The host's functions behind safe wrappers: the only module of this crate with `unsafe`, in this
//! file and those of its folder.
//!
//! On WebAssembly a wrapper calls the import; natively it calls the exchange model of the reference
//! host, through the session that the testing kit has opened on this thread. The wrappers take and
//! give slices, so no pointer leaves this module.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::mem::MaybeUninit;

use http_wasm_abi::{BodyKind, CountLen, Features, HeaderKind, LogLevel};

use crate::error::TooLong;

mod bodies;
mod data;
#[cfg(all(feature = "small-memory", target_family = "wasm", target_os = "none"))]
mod memory;

pub(crate) use bodies::{Filling, Whole, map_overlapping, read_whole};
#[cfg(feature = "alloc")]
pub(crate) use data::push_within_capacity;
pub(crate) use data::text;

#[cfg(target_family = "wasm")]
mod imports {
    macro_rules! import {
        (module $module:literal; $(
            $(#[doc = $doc:literal])+
            $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? { $($rules:tt)* }
        )+) => {
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                // An import that is not called does not reach the module.
                $(pub(super) fn $name($($param: $ty),*) $(-> $result)?;)+
            }
        };
    }

    http_wasm_abi::functions!(import);
}

#[cfg(not(target_family = "wasm"))]
mod imports {
    //! The same functions over the exchange model.

    use http_wasm_abi::Function;

    /// An argument as the model takes it: zero-extended to 64 bits.
    trait Argument {
        fn into_bits(self) -> u64;
    }

    impl Argument for u32 {
        fn into_bits(self) -> u64 {
            self.into()
        }
    }

    impl Argument for i32 {
        fn into_bits(self) -> u64 {
            self.cast_unsigned().into()
        }
    }

    impl Argument for *const u8 {
        fn into_bits(self) -> u64 {
            self.expose_provenance() as u64
        }
    }

    impl Argument for *mut u8 {
        fn into_bits(self) -> u64 {
            self.expose_provenance() as u64
        }
    }

    macro_rules! simulate {
        (module $module:literal; $(
            $(#[doc = $doc:literal])+
            $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? { $($rules:tt)* }
        )+) => {
            $(
                /// # Safety
                /// As for the import: each pointer is good for the length beside it.
                pub(super) unsafe fn $name($($param: $ty),*) $(-> $result)? {
                    let _result = call(Function::$variant, &[$(Argument::into_bits($param)),*]);
                    $(_result as $result)?
                }
            )+
        };
    }

    http_wasm_abi::functions!(simulate);

    #[cfg(feature = "testing")]
    fn call(function: Function, args: &[u64]) -> u64 {
        crate::testing::open::call(function, args, &mut super::Process)
    }

    #[cfg(not(feature = "testing"))]
    fn call(function: Function, _args: &[u64]) -> u64 {
        panic!(
            "`{function}` needs a host: outside WebAssembly it is simulated, for which the filter's \
             [dev-dependencies] must have http-wasm-sdk with the feature `testing`"
        )
    }
}

/// The memory of this process as the exchange model sees it: its addresses are pointers that a
/// wrapper of this module has just made from slices.
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) struct Process;

#[cfg(all(feature = "testing", not(target_family = "wasm")))]
impl http_wasm_model::exchange::Memory for Process {
    fn read(&self, ptr: u64, len: u32) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let start: *const u8 = core::ptr::with_exposed_provenance(ptr as usize);
        // SAFETY: `Process` is only made for the call of a wrapper of this module, whose pointer and
        // length come from one initialised slice that outlives the call.
        Some(unsafe { core::slice::from_raw_parts(start, len as usize) })
    }

    fn write(&mut self, ptr: u64, bytes: &[u8]) -> bool {
        let start: *mut u8 = core::ptr::with_exposed_provenance_mut(ptr as usize);
        // SAFETY: as above; the model writes no more than the limit, which is the length of the
        // exclusive slice that the pointer comes from. The two cannot overlap, since the wrapper
        // holds the target exclusively and `bytes` belongs to the model.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        true
    }

    fn contains(&self, _ptr: u64, _len: u32) -> bool {
        true
    }
}

/// Room for the host to write to.
pub(crate) type Space = [MaybeUninit<u8>];

fn parts(space: &mut Space) -> (*mut u8, u32) {
    let limit = u32::try_from(space.len()).unwrap_or(u32::MAX);
    (space.as_mut_ptr().cast(), limit)
}

/// The first `len` bytes of `space`, which the host has just written, or an error where it has
/// written nothing because they would not have fitted.
#[inline]
fn written(space: &mut Space, len: u32) -> Result<&mut [u8], TooLong> {
    match space.get_mut(..len as usize) {
        // SAFETY: a host that reports a length within the limit has written that many bytes. (On
        // WebAssembly all memory is initialised anyway.)
        Some(bytes) => Ok(unsafe { bytes.assume_init_mut() }),
        None => Err(TooLong { needed: len }),
    }
}

macro_rules! getters {
    ($($(#[doc = $doc:literal])+ $name:ident => $import:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[inline]
            pub(crate) fn $name(space: &mut Space) -> Result<&mut [u8], TooLong> {
                let (buf, limit) = parts(space);
                // SAFETY: `buf` is good for writes of `limit` bytes.
                let len = unsafe { imports::$import(buf, limit) };
                written(space, len)
            }
        )+
    };
}

getters! {
    /// `get_config`
    config => get_config;
    /// `get_method`
    method => get_method;
    /// `get_uri`
    uri => get_uri;
    /// `get_protocol_version`
    protocol_version => get_protocol_version;
    /// `get_source_addr`
    source_addr => get_source_addr;
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $name:ident => $import:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[inline]
            pub(crate) fn $name(bytes: &[u8]) {
                // SAFETY: pointer and length come from one slice.
                unsafe { imports::$import(bytes.as_ptr(), bytes.len() as u32) };
            }
        )+
    };
}

setters! {
    /// `set_method`: traps on an empty one, and after the next handler.
    set_method => set_method;
    /// `set_uri`: traps where the host cannot parse it, and after the next handler.
    set_uri => set_uri;
}

/// `enable_features`
#[inline]
pub(crate) fn enable_features(features: Features) -> Features {
    // SAFETY: takes no pointer.
    Features::from_bits(unsafe { imports::enable_features(features.bits()) })
}

/// `log_enabled`
#[inline]
pub(crate) fn log_enabled(level: LogLevel) -> bool {
    // SAFETY: takes no pointer.
    unsafe { imports::log_enabled(level as i32) != 0 }
}

/// `log`
#[inline]
pub(crate) fn log(level: LogLevel, message: &str) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::log(level as i32, message.as_ptr(), message.len() as u32) };
}

/// `get_header_names`
#[inline]
pub(crate) fn header_names(
    kind: HeaderKind,
    space: &mut Space,
) -> Result<(u32, &mut [u8]), TooLong> {
    let (buf, limit) = parts(space);
    // SAFETY: `buf` is good for writes of `limit` bytes.
    let result = CountLen::from_bits(unsafe { imports::get_header_names(kind as u32, buf, limit) });
    Ok((result.count(), written(space, result.len())?))
}

/// `get_header_values`: traps on an empty name.
#[inline]
pub(crate) fn header_values<'b>(
    kind: HeaderKind,
    name: &[u8],
    space: &'b mut Space,
) -> Result<(u32, &'b mut [u8]), TooLong> {
    let (buf, limit) = parts(space);
    // SAFETY: `name` is a slice, and `buf` is good for writes of `limit` bytes.
    let result = CountLen::from_bits(unsafe {
        imports::get_header_values(kind as u32, name.as_ptr(), name.len() as u32, buf, limit)
    });
    Ok((result.count(), written(space, result.len())?))
}

/// `set_header_value`: traps on an empty name, and where headers of this kind can no longer change.
#[inline]
pub(crate) fn set_header(kind: HeaderKind, name: &[u8], value: &[u8]) {
    // SAFETY: pointers and lengths come from slices.
    unsafe {
        imports::set_header_value(
            kind as u32,
            name.as_ptr(),
            name.len() as u32,
            value.as_ptr(),
            value.len() as u32,
        );
    }
}

/// `add_header_value`: traps on an empty name, and where headers of this kind can no longer change.
#[inline]
pub(crate) fn add_header(kind: HeaderKind, name: &[u8], value: &[u8]) {
    // SAFETY: pointers and lengths come from slices.
    unsafe {
        imports::add_header_value(
            kind as u32,
            name.as_ptr(),
            name.len() as u32,
            value.as_ptr(),
            value.len() as u32,
        );
    }
}

/// `remove_header`: traps on an empty name, and where headers of this kind can no longer change.
#[inline]
pub(crate) fn remove_header(kind: HeaderKind, name: &[u8]) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::remove_header(kind as u32, name.as_ptr(), name.len() as u32) };
}

/// `write_body`
#[inline]
pub(crate) fn write_body(kind: BodyKind, bytes: &[u8]) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::write_body(kind as u32, bytes.as_ptr(), bytes.len() as u32) };
}

/// `get_status_code`: traps unless the response is buffered.
#[inline]
pub(crate) fn status_code() -> u32 {
    // SAFETY: takes no pointer.
    unsafe { imports::get_status_code() }
}

/// `set_status_code`
#[inline]
pub(crate) fn set_status_code(code: u32) {
    // SAFETY: takes no pointer.
    unsafe { imports::set_status_code(code) };
}

/// The bytes of a buffer whose first `len` were written before, as [`written`] proved.
#[inline]
pub(crate) fn as_space(bytes: &mut [u8]) -> &mut Space {
    // SAFETY: initialised bytes may be seen as uninitialised ones; this crate writes nothing but
    // initialised bytes to a `Space`, so they stay what they are for whoever lent them.
    unsafe { &mut *(core::ptr::from_mut(bytes) as *mut Space) }
}

/// A cell in a static of the guest.
///
/// Guests have one thread. Natively, where tests have many, nothing but a testing session holds one,
/// and a session stays on its thread.
pub(crate) struct GuestCell<T>(Cell<T>);

// SAFETY: WebAssembly without the threads proposal, whose feature is `atomics`, has one thread.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
unsafe impl<T> Sync for GuestCell<T> {}

impl<T> GuestCell<T> {
    /// A cell with this value.
    pub(crate) const fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    /// Puts a value in and gives back the one that was there.
    #[inline]
    pub(crate) fn replace(&self, value: T) -> T {
        self.0.replace(value)
    }
}
