//! The tables of the format as they stand in the file, before what belongs together is checked.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use http_wasm_abi::LogLevel;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::bytes::{Bytes, ExpectedHeaders, SentHeaders};
use super::now::Now;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) config: Option<Bytes>,
    pub(super) now: Option<Now>,
    pub(super) random_seed: Option<u64>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) dirs: BTreeMap<String, PathBuf>,
    #[serde(default)]
    pub(super) exchange: Vec<Spanned<Exchange>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) level: super::Level,
    pub(super) config: Option<Bytes>,
    pub(super) now: Option<Now>,
    pub(super) random_seed: Option<u64>,
    #[serde(default)]
    pub(super) request: Request,
    #[serde(default)]
    pub(super) upstream: Upstream,
    #[serde(default)]
    pub(super) expect: Expect,
    #[serde(default)]
    pub(super) skip: BTreeMap<String, String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) method: Option<Spanned<String>>,
    pub(super) uri: Option<Spanned<String>>,
    pub(super) version: Option<String>,
    pub(super) headers: Option<Spanned<SentHeaders>>,
    pub(super) body: Option<Bytes>,
    #[serde(default)]
    pub(super) chunked: bool,
    #[serde(default)]
    pub(super) trailers: SentHeaders,
    pub(super) source_addr: Option<String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upstream {
    pub(super) status: Option<Status>,
    pub(super) headers: Option<Spanned<SentHeaders>>,
    pub(super) body: Option<Bytes>,
    pub(super) chunked: Option<bool>,
    pub(super) trailers: Option<SentHeaders>,
    pub(super) fails: Option<Spanned<bool>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) upstream: Option<ExpectUpstream>,
    pub(super) response: Option<ExpectResponse>,
    pub(super) logs: Option<Vec<Log>>,
    #[serde(default)]
    pub(super) trap: bool,
}

pub(super) enum ExpectUpstream {
    Called(bool),
    With(ExpectRequest),
}

impl<'de> Deserialize<'de> for ExpectUpstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UpstreamVisitor;
        impl<'de> Visitor<'de> for UpstreamVisitor {
            type Value = ExpectUpstream;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a table with method, uri, headers, body, trailers")
            }

            fn visit_bool<E: de::Error>(self, called: bool) -> Result<ExpectUpstream, E> {
                Ok(ExpectUpstream::Called(called))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExpectUpstream, A::Error> {
                ExpectRequest::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(ExpectUpstream::With)
            }
        }
        deserializer.deserialize_any(UpstreamVisitor)
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectRequest {
    pub(super) method: Option<String>,
    pub(super) uri: Option<String>,
    #[serde(default)]
    pub(super) headers: ExpectedHeaders,
    pub(super) body: Option<Bytes>,
    #[serde(default)]
    pub(super) trailers: ExpectedHeaders,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectResponse {
    pub(super) status: Option<Status>,
    #[serde(default)]
    pub(super) headers: ExpectedHeaders,
    pub(super) body: Option<Bytes>,
    #[serde(default)]
    pub(super) body_lacks: Vec<String>,
    #[serde(default)]
    pub(super) trailers: ExpectedHeaders,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: LogLevelName,
    pub(super) message: String,
}

pub(super) struct LogLevelName(pub(super) LogLevel);

impl<'de> Deserialize<'de> for LogLevelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let levels = LogLevel::ALL.into_iter().filter(|level| *level != LogLevel::None);
        levels.clone().find(|level| level.name() == name).map(Self).ok_or_else(|| {
            let known: Vec<_> = levels.map(LogLevel::name).collect();
            de::Error::custom(format_args!(
                "found the level {name:?}, wanted one of {}",
                known.join(", ")
            ))
        })
    }
}

pub(super) struct Status(pub(super) u16);

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let status = i64::deserialize(deserializer)?;
        match u16::try_from(status) {
            Ok(status @ 100..=999) => Ok(Self(status)),
            _ => {
                Err(de::Error::custom(format_args!("found the status {status}, wanted 100 to 999")))
            }
        }
    }
}
