//! The headers that say where a message ends. A host that streams keeps them as they were, whatever
//! a guest writes: otherwise two servers could disagree about where a message ends, which is how
//! requests are smuggled.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};

use super::Headers;

/// The headers that say where a message ends, as its sender wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framing([Vec<HeaderValue>; 2]);

impl Framing {
    /// The names of these headers.
    pub(super) const NAMES: [HeaderName; 2] = [CONTENT_LENGTH, TRANSFER_ENCODING];

    /// Takes a copy of the headers of `headers` that say where its message ends.
    pub fn of(headers: &Headers) -> Self {
        Self(Self::NAMES.map(|name| {
            if headers.first_of(&name).is_none() {
                return Vec::new();
            }
            let values = headers.values(name.as_str()).into_iter();
            values.filter_map(|value| HeaderValue::from_bytes(value).ok()).collect()
        }))
    }

    /// Whether a name, in any case, is that of one of them.
    pub(super) fn has(name: &[u8]) -> bool {
        Self::NAMES.iter().any(|known| known.as_str().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether this is the name of one of them.
    pub fn is(name: &HeaderName) -> bool {
        Self::NAMES.contains(name)
    }

    /// Makes those of `headers` what they were.
    pub fn restore(self, headers: &mut HeaderMap) {
        for (name, values) in Self::NAMES.into_iter().zip(self.0) {
            if headers.get_all(&name).iter().eq(&values) {
                continue;
            }
            headers.remove(&name);
            for value in values {
                headers.append(&name, value);
            }
        }
    }
}
