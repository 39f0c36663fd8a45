//! The configuration that the host hands to the guest, as bytes.

use crate::buffer::Scratch;
use crate::error::TooLong;
use crate::raw;

/// Reads the configuration: whatever bytes the host was given, none where there is no configuration.
///
/// Traefik hands over the options of the plugin as a JSON object, `{}` or `null` where there are
/// none; Dapr a text as it stands; other hosts any bytes. ABI: `get_config`, at any time.
///
/// # Errors
/// Where it does not fit into `buffer`.
#[inline]
pub fn read(buffer: &mut (impl Scratch + ?Sized)) -> Result<&[u8], TooLong> {
    raw::config(buffer.space()).map(|bytes| &*bytes)
}
