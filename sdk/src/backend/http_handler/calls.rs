//! The host's functions behind safe wrappers.

use http_wasm_abi::{BodyKind, CountLen, EofLen, Features, HeaderKind};

use super::imports;
use super::items::Items;
use crate::backend::types::{BufferTooSmall, Level, Message, Section};
use crate::backend::uninit::{UninitSlice, parts, written};

const fn header_kind(section: Section) -> u32 {
    let kind = match section {
        Section::RequestHeaders => HeaderKind::Request,
        Section::ResponseHeaders => HeaderKind::Response,
        Section::RequestTrailers => HeaderKind::RequestTrailers,
        Section::ResponseTrailers => HeaderKind::ResponseTrailers,
    };
    kind as u32
}

const fn body_kind(message: Message) -> u32 {
    let kind = match message {
        Message::Request => BodyKind::Request,
        Message::Response => BodyKind::Response,
    };
    kind as u32
}

macro_rules! getters {
    ($($(#[doc = $doc:literal])+ $name:ident => $import:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[inline]
            pub(crate) fn $name(buffer: &mut UninitSlice) -> Result<&mut [u8], BufferTooSmall> {
                let (buf, limit) = parts(buffer);
                // SAFETY: `buf` is good for writes of `limit` bytes.
                let len = unsafe { imports::$import(buf, limit) };
                // SAFETY: the host has written what it reports, if that is within the limit.
                unsafe { written(buffer, len) }
            }
        )+
    };
}

getters! {
    /// Reads the configuration of the guest.
    config => get_config;
    /// Reads the method of the request.
    method => get_method;
    /// Reads path and query of the request.
    uri => get_uri;
    /// Reads the protocol version of the request.
    protocol_version => get_protocol_version;
    /// Reads address and port of the client.
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
    /// Replaces the method. Traps on an empty one, and after the next handler.
    set_method => set_method;
    /// Replaces path and query. Traps where the host cannot parse them, and after the next handler.
    set_uri => set_uri;
}

/// Enables features for all requests, or for this one; gives back all that are enabled.
#[inline]
pub(super) fn enable_features(features: Features) -> Features {
    // SAFETY: takes no pointer.
    Features::from_bits(unsafe { imports::enable_features(features.bits()) })
}

/// Whether the host writes messages of this level.
#[inline]
pub(crate) fn log_enabled(level: Level) -> bool {
    // SAFETY: takes no pointer.
    unsafe { imports::log_enabled(level as i32) != 0 }
}

/// Writes a message to the host's log.
#[inline]
pub(crate) fn log(level: Level, message: &str) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::log(level as i32, message.as_ptr(), message.len() as u32) };
}

/// Reads the names of all headers in a section.
#[inline]
pub(crate) fn header_names(
    section: Section,
    buffer: &mut UninitSlice,
) -> Result<Items<'_>, BufferTooSmall> {
    let (buf, limit) = parts(buffer);
    // SAFETY: `buf` is good for writes of `limit` bytes.
    let result = unsafe { imports::get_header_names(header_kind(section), buf, limit) };
    items(result, buffer)
}

/// Reads all values of a header. Traps on an empty name.
#[inline]
pub(crate) fn header_values<'b>(
    section: Section,
    name: &[u8],
    buffer: &'b mut UninitSlice,
) -> Result<Items<'b>, BufferTooSmall> {
    let (buf, limit) = parts(buffer);
    // SAFETY: `name` is a slice, and `buf` is good for writes of `limit` bytes.
    let result = unsafe {
        imports::get_header_values(
            header_kind(section),
            name.as_ptr(),
            name.len() as u32,
            buf,
            limit,
        )
    };
    items(result, buffer)
}

#[inline]
fn items(result: u64, buffer: &mut UninitSlice) -> Result<Items<'_>, BufferTooSmall> {
    let result = CountLen::from_bits(result);
    // SAFETY: the host has written what it reports, if that is within the limit.
    let bytes = unsafe { written(buffer, result.len()) }?;
    Ok(Items::new(result.count(), bytes))
}

/// Whether a header is there, with whatever value. Traps on an empty name.
#[inline]
pub(crate) fn has_header(section: Section, name: &[u8]) -> bool {
    match header_values(section, name, &mut []) {
        // Only values that take no bytes fit into none.
        Ok(items) => !items.is_empty(),
        Err(BufferTooSmall { needed }) => needed != 0,
    }
}

macro_rules! header_setters {
    ($($(#[doc = $doc:literal])+ $name:ident => $import:ident;)+) => {
        $(
            $(#[doc = $doc])+
            ///
            /// Traps on an empty name, and where headers of this section can no longer change.
            #[inline]
            pub(crate) fn $name(section: Section, name: &[u8], value: &[u8]) {
                // SAFETY: pointers and lengths come from slices.
                unsafe {
                    imports::$import(
                        header_kind(section),
                        name.as_ptr(),
                        name.len() as u32,
                        value.as_ptr(),
                        value.len() as u32,
                    );
                }
            }
        )+
    };
}

header_setters! {
    /// Replaces all values of a header by one.
    set_header => set_header_value;
    /// Adds a value to those that a header has.
    add_header => add_header_value;
}

/// Removes all values of a header. Traps on an empty name, and where headers of this section can no
/// longer change.
#[inline]
pub(crate) fn remove_header(section: Section, name: &[u8]) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::remove_header(header_kind(section), name.as_ptr(), name.len() as u32) };
}

/// The result of one read of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyRead(EofLen);

impl BodyRead {
    /// How many bytes the host has written to the buffer.
    #[inline]
    pub(crate) const fn len(self) -> u32 {
        self.0.len()
    }

    /// Whether the body has ended.
    #[inline]
    pub(crate) const fn is_end(self) -> bool {
        self.0.is_eof()
    }

    /// Whether the host gave neither bytes nor the end: the one result that is 0 as a whole.
    #[inline]
    pub(crate) const fn is_stalled(self) -> bool {
        self.0.bits() == 0
    }
}

/// Reads the next bytes of a body. Traps on an empty buffer.
#[inline]
pub(crate) fn read_body(message: Message, buffer: &mut UninitSlice) -> BodyRead {
    let (buf, limit) = parts(buffer);
    // SAFETY: `buf` is good for writes of `limit` bytes.
    BodyRead(EofLen::from_bits(unsafe { imports::read_body(body_kind(message), buf, limit) }))
}

/// Writes a piece of a body: the first one of a hook replaces it, later ones append.
#[inline]
pub(crate) fn write_body(message: Message, bytes: &[u8]) {
    // SAFETY: pointer and length come from one slice.
    unsafe { imports::write_body(body_kind(message), bytes.as_ptr(), bytes.len() as u32) };
}

/// Reads the status code. Traps unless the response is buffered.
#[inline]
pub(crate) fn status() -> u32 {
    // SAFETY: takes no pointer.
    unsafe { imports::get_status_code() }
}

/// Replaces the status code; in the request hook, sends the head of the response.
#[inline]
pub(crate) fn set_status(code: u32) {
    // SAFETY: takes no pointer.
    unsafe { imports::set_status_code(code) };
}
