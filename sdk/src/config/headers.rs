//! Names and values of headers in a configuration.

use alloc::boxed::Box;

use super::types::FromConfig;
use super::value::{Invalid, Value};
use crate::header::{HeaderName, HeaderValue};

/// The name of a header from the configuration, where it may be in upper case; see [`Map`](super::Map).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderNameBuf(Box<[u8]>);

impl HeaderNameBuf {
    /// The name, in lower case.
    #[must_use]
    pub fn as_name(&self) -> HeaderName<'_> {
        HeaderName::from_host(&self.0)
    }
}

impl FromConfig for HeaderNameBuf {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut name = Box::<[u8]>::from(value.text()?.as_bytes());
        if HeaderName::lower(&mut name).is_err() {
            return Err(value.expected("the name of a header"));
        }
        Ok(Self(name))
    }
}

/// The value of a header from the configuration, without the blanks around it; see [`Map`](super::Map).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderValueBuf(Box<[u8]>);

impl HeaderValueBuf {
    /// The value.
    #[must_use]
    pub fn as_value(&self) -> HeaderValue<'_> {
        HeaderValue::from_host(&self.0)
    }
}

impl FromConfig for HeaderValueBuf {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let text = value.text()?.trim_ascii();
        if HeaderValue::new(text.as_bytes()).is_err() {
            return Err(value.expected("the value of a header, without control characters"));
        }
        Ok(Self(text.as_bytes().into()))
    }
}
