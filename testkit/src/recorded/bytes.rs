//! The values of the format that can be written in more than one way.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::ExpectHeader;
use http_wasm_model::exchange::Headers;

/// A body: `"text"`, `{ hex = "00ff" }` or `{ repeat = "abc", times = 1000 }`.
#[derive(Clone)]
pub(super) struct Bytes(pub(super) Vec<u8>);

/// The largest body that `repeat` makes: enough for every limit worth testing, and no accident.
const MAX_REPEATED_BYTES: usize = 256 << 20;

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, { hex = \"...\" } or { repeat = \"...\", times = N }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bytes, A::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Table {
                    hex: Option<String>,
                    repeat: Option<String>,
                    times: Option<usize>,
                }
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match table {
                    Table { hex: Some(hex), repeat: None, times: None } => {
                        from_hex(&hex).map(Bytes).map_err(de::Error::custom)
                    }
                    Table { hex: None, repeat: Some(text), times: Some(times) } => {
                        match text.len().checked_mul(times) {
                            Some(len) if len <= MAX_REPEATED_BYTES => {
                                Ok(Bytes(text.repeat(times).into_bytes()))
                            }
                            _ => Err(de::Error::custom(format_args!(
                                "found a body of {} bytes {times} times, wanted at most {MAX_REPEATED_BYTES} bytes together",
                                text.len()
                            ))),
                        }
                    }
                    _ => Err(de::Error::custom(
                        "wanted either { hex = \"...\" } or { repeat = \"...\", times = N }",
                    )),
                }
            }
        }
        deserializer.deserialize_any(BytesVisitor)
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return Err(format!("found {} hexadecimal digits, wanted two for each byte", digits.len()));
    }
    digits
        .chunks(2)
        .map(|pair| {
            let digit = |c: char| {
                c.to_digit(16).ok_or_else(|| format!("found {c:?}, wanted hexadecimal digits"))
            };
            Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8)
        })
        .collect()
}

/// The value of a header: a text or a list of texts; in an expectation also `false`.
enum Values {
    Absent,
    Some(Vec<String>),
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;
        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a list of texts, or in an expectation false")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Values, E> {
                Ok(Values::Some(vec![text.to_owned()]))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Values, E> {
                if value {
                    Err(E::custom(
                        "found true, wanted the value, or false where the header must be absent",
                    ))
                } else {
                    Ok(Values::Absent)
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                if values.is_empty() {
                    return Err(de::Error::custom(
                        "found an empty list, wanted at least one value",
                    ));
                }
                Ok(Values::Some(values))
            }
        }
        deserializer.deserialize_any(ValuesVisitor)
    }
}

/// The name of a header: a token, kept in lower case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match http::HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => Ok(Self(name.as_str().to_owned())),
            Err(_) => Err(de::Error::custom(format_args!(
                "found the header name {name:?}, wanted a token such as content-type"
            ))),
        }
    }
}

fn read_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Values>, D::Error> {
    struct MapVisitor;
    impl<'de> Visitor<'de> for MapVisitor {
        type Value = BTreeMap<String, Values>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table of headers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut headers = BTreeMap::new();
            while let Some((Name(name), values)) = map.next_entry::<Name, Values>()? {
                if headers.insert(name.clone(), values).is_some() {
                    return Err(de::Error::custom(format_args!(
                        "found the header {name:?} twice, differing in case only; wanted one list of values"
                    )));
                }
            }
            Ok(headers)
        }
    }
    deserializer.deserialize_map(MapVisitor)
}

/// The headers of a message that is sent.
#[derive(Default)]
pub(super) struct SentHeaders(pub(super) Headers);

impl<'de> Deserialize<'de> for SentHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut headers = Headers::new();
        for (name, values) in read_map(deserializer)? {
            let Values::Some(values) = values else {
                return Err(de::Error::custom(format_args!(
                    "found false for the header {name:?}, which only an expectation can have; leave the header out"
                )));
            };
            for value in values {
                if http::HeaderValue::from_bytes(value.as_bytes()).is_err() {
                    return Err(de::Error::custom(format_args!(
                        "found the value {value:?} for the header {name:?}, wanted one without control characters"
                    )));
                }
                headers.append(&name, value);
            }
        }
        Ok(Self(headers))
    }
}

/// Headers that are expected.
#[derive(Default)]
pub(super) struct ExpectedHeaders(pub(super) BTreeMap<String, ExpectHeader>);

impl<'de> Deserialize<'de> for ExpectedHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = read_map(deserializer)?;
        let expected = map.into_iter().map(|(name, values)| match values {
            Values::Absent => (name, ExpectHeader::Absent),
            Values::Some(values) => (name, ExpectHeader::Values(values)),
        });
        Ok(Self(expected.collect()))
    }
}
