//! Maps: objects whose keys are the user's.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::types::FromConfig;
use super::value::{Entries, Invalid, Value};
use crate::backend;

/// A map whose keys the user chooses, in the order of the configuration. Keys are read as values of their type,
/// as they are written; one that is given twice is an error.
///
/// It is for maps that are gone through. To look keys up in a long one there is [`BTreeMap`], which makes a
/// guest some 2,700 bytes larger.
///
/// ```
/// use http_wasm_sdk::config::{HeaderNameBuf, HeaderValueBuf, Map};
/// use http_wasm_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Settings {
///     #[config(default)]
///     headers: Map<HeaderNameBuf, HeaderValueBuf>,
/// }
///
/// struct SetHeaders(Settings);
///
/// #[handler]
/// impl SetHeaders {
///     fn new(settings: Settings) -> Self {
///         Self(settings)
///     }
///
///     fn request(&mut self, request: &mut Request) {
///         for (name, value) in &self.0.headers {
///             request.headers_mut().insert(name.as_name(), value.as_value());
///         }
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let run = |config| testing::run::<SetHeaders>(&Scenario::get("/").config(config));
/// # let outcome = run(r#"{"headers": {"X-Foo": "bar", "X-Two": 2}}"#);
/// # assert_eq!((outcome.upstream_header("x-foo"), outcome.upstream_header("x-two")), (Some("bar"), Some("2")));
/// # assert_eq!(run("{}").status(), 200);
/// # assert_eq!(run(r#"{"headers": {"X Foo": ""}}"#).status(), 500);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Map<K, V> {
    /// Goes through keys and values, in the order of the configuration.
    #[must_use]
    pub fn iter(&self) -> MapIter<'_, K, V> {
        MapIter(self.0.iter())
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key, found by going through them.
    #[must_use]
    pub fn get<Q: PartialEq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: core::borrow::Borrow<Q>,
    {
        self.iter().find_map(|(known, value)| (known.borrow() == key).then_some(value))
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Keys and values of a [`Map`]; see [`Map::iter`].
#[derive(Clone, Debug)]
pub struct MapIter<'m, K, V>(core::slice::Iter<'m, (K, V)>);

impl<'m, K, V> Iterator for MapIter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }
}

impl<'m, K, V> IntoIterator for &'m Map<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = MapIter<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = alloc::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Reads the next key, checks that it is new, and goes to its value.
fn next_key<'d, K: FromConfig>(
    value: &mut Value<'d>,
    entries: &mut Entries<'d>,
    is_known: impl FnOnce(&K) -> bool,
) -> Result<Option<K>, Invalid> {
    let Some(text) = value.next_entry(entries) else { return Ok(None) };
    let key = K::from_config(value)?;
    if is_known(&key) {
        return Err(value.given_twice());
    }
    value.text = text;
    Ok(Some(key))
}

impl<K: FromConfig + PartialEq, V: FromConfig> FromConfig for Map<K, V> {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut entries = value.entries()?;
        let mut all = Vec::<(K, V)>::with_capacity(entries.most);
        while let Some(key) =
            next_key(value, &mut entries, |key| all.iter().any(|(known, _)| known == key))?
        {
            backend::push_within_capacity(&mut all, (key, V::from_config(value)?));
        }
        Ok(Self(all))
    }
}

impl<K: FromConfig + Ord, V: FromConfig> FromConfig for BTreeMap<K, V> {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut entries = value.entries()?;
        let mut all = Self::new();
        while let Some(key) = next_key(value, &mut entries, |key| all.contains_key(key))? {
            all.insert(key, V::from_config(value)?);
        }
        Ok(all)
    }
}
