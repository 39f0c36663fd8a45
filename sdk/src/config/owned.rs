//! Reads a configuration of any length, which needs an allocator.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::load::{logged, parse};
use super::message::{Message, PREFIX};
use super::types::FromConfig;
use super::value::Invalid;
use crate::backend;
use crate::error::{BufferTooSmall, Error};

/// The most bytes that [`load`] reads: the limit of Kubernetes for an object.
pub const MAX_BYTES: u32 = 1_048_576;

/// Why a configuration is invalid: displays the place, what was expected there and what was found.
///
/// As an [`Error`], which a handler's `new` returns, it is written to the host's log.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// With the prefix that it has in the log.
    message: Box<str>,
}

impl ConfigError {
    #[cold]
    fn new(message: &mut Message) -> Self {
        Self { message: message.finish().into() }
    }

    /// The message, without the prefix that it has in the log.
    #[must_use]
    pub fn message(&self) -> &str {
        self.message.get(PREFIX.len()..).unwrap_or_default()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConfigError").field(&self.message()).finish()
    }
}

impl core::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        crate::log::error(&error.message);
        Self::logged()
    }
}

/// Reads the configuration as a value, as `#[handler]` does for the parameter of `new`. ABI: `get_config`, at any time.
///
/// # Errors
/// Where it is not JSON, not what `T` expects, or longer than [`MAX_BYTES`].
pub fn load<T: FromConfig>() -> Result<T, ConfigError> {
    let mut message = Message::new();
    read_all(&mut message).map_err(|_| ConfigError::new(&mut message))
}

/// Reads a value from a document: for tests.
///
/// # Errors
/// As of [`load`].
pub fn from_bytes<T: FromConfig>(document: &[u8]) -> Result<T, ConfigError> {
    let mut message = Message::new();
    message.begin();
    parse(&mut Vec::from(document), &mut message).map_err(|_| ConfigError::new(&mut message))
}

/// Reads the configuration for `#[handler]`: logs the message of an error, and does not keep it.
///
/// # Errors
/// As of [`load`].
#[inline]
pub fn load_or_log<T: FromConfig>() -> Result<T, Error> {
    let mut message = Message::new();
    read_all(&mut message).map_err(|_| logged(&mut message))
}

fn read_all<T: FromConfig>(message: &mut Message) -> Result<T, Invalid> {
    message.begin();
    let mut buffer = Vec::<u8>::new();
    // Another configuration may come between the calls, so the length can change.
    loop {
        match backend::config(buffer.spare_capacity_mut()) {
            Ok(document) => return parse(document, message),
            Err(BufferTooSmall { needed }) if needed <= MAX_BYTES => {
                buffer = Vec::with_capacity(needed as usize);
            }
            Err(BufferTooSmall { needed }) => {
                message.push("expected at most 1048576 bytes, found ");
                message.push_number(needed as usize);
                return Err(Invalid(()));
            }
        }
    }
}
