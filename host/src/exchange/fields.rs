//! Headers or trailers, as the model and its tests see them.
//!
//! Most of them come from an HTTP library and go back to it, often untouched, so they stay in its map
//! for as long as what is done to them can be said there. What cannot, such as a name in upper case
//! that some hosts keep, moves all of them to a table of plain bytes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};

type Table = BTreeMap<String, Vec<Vec<u8>>>;

/// Headers or trailers: names in lower case, in order, each with its values.
///
/// Values are bytes, because HTTP does not promise text.
#[derive(Clone, Default)]
pub struct Headers {
    /// All of them, unless `None`: then the table is.
    map: Option<HeaderMap>,
    /// All of them; made when it is asked for.
    table: OnceLock<Table>,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self { map: None, table: OnceLock::new() }
    }

    /// Replaces all values of `name` by one.
    pub fn insert(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.insert_exact(name.to_ascii_lowercase(), value.into());
    }

    /// Adds a value to those that `name` has.
    pub fn append(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.append_exact(name.to_ascii_lowercase(), value.into());
    }

    /// Removes all values of `name`; tells whether there were any.
    pub fn remove(&mut self, name: &str) -> bool {
        self.remove_exact(&name.to_ascii_lowercase())
    }

    pub(crate) fn insert_exact(&mut self, name: String, value: Vec<u8>) {
        if self.write(name.as_bytes(), &value, Write::Insert).is_none() {
            self.plain().insert(name, vec![value]);
        }
    }

    pub(crate) fn append_exact(&mut self, name: String, value: Vec<u8>) {
        if self.write(name.as_bytes(), &value, Write::Append).is_none() {
            self.plain().entry(name).or_default().push(value);
        }
    }

    pub(crate) fn remove_exact(&mut self, name: &str) -> bool {
        match &mut self.map {
            Some(map) => {
                self.table.take();
                // A map has no name in upper case.
                !has_upper(name) && map.remove(name).is_some()
            }
            None => self.table.get_mut().is_some_and(|table| table.remove(name).is_some()),
        }
    }

    /// Writes a header to the map, or gives `None` where that cannot hold it, or not exactly so.
    pub(crate) fn write(&mut self, name: &[u8], value: &[u8], how: Write) -> Option<()> {
        if self.map.is_none() && self.table.get().is_some() {
            return None;
        }
        let name = HeaderName::from_lowercase(name).ok()?;
        let value = HeaderValue::from_bytes(value).ok()?;
        let map = self.map.get_or_insert_default();
        // A map that is full is an error.
        match how {
            Write::Insert => map.try_insert(name, value).map(|_| ()),
            Write::Append => map.try_append(name, value).map(|_| ()),
        }
        .ok()?;
        self.table.take();
        Some(())
    }

    /// All values of `name`, in the order in which they were added.
    #[must_use]
    pub fn get(&self, name: &str) -> &[Vec<u8>] {
        self.get_exact(&name.to_ascii_lowercase())
    }

    pub(crate) fn get_exact(&self, name: &str) -> &[Vec<u8>] {
        self.table().get(name).map_or(&[], Vec::as_slice)
    }

    /// All values of a name in lower case; as [`Self::get`], without making the table.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        match &self.map {
            Some(map) => map.get_all(name).iter().map(HeaderValue::as_bytes).collect(),
            None => self.get_exact(name).iter().map(Vec::as_slice).collect(),
        }
    }

    /// The first value of `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        match &self.map {
            Some(map) => map.get(name).map(HeaderValue::as_bytes),
            None => self.get(name).first().map(Vec::as_slice),
        }
    }

    /// As [`Self::first`], of a name that need not be parsed.
    pub(crate) fn first_of(&self, name: &HeaderName) -> Option<&[u8]> {
        match &self.map {
            Some(map) => map.get(name).map(HeaderValue::as_bytes),
            None => self.table.get()?.get(name.as_str())?.first().map(Vec::as_slice),
        }
    }

    /// Whether `name` has a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.table().keys().map(String::as_str)
    }

    /// The names, sorted; as [`Self::names`], without making the table.
    pub(crate) fn sorted_names(&self) -> Vec<&str> {
        match &self.map {
            Some(map) => {
                let mut names: Vec<_> = map.keys().map(HeaderName::as_str).collect();
                names.sort_unstable();
                names
            }
            None => self.names().collect(),
        }
    }

    /// Every name with each of its values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.table().iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_slice()))
        })
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.map {
            Some(map) => map.keys_len(),
            None => self.table.get().map_or(0, BTreeMap::len),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values there are, of all names.
    pub(crate) fn count(&self) -> usize {
        match &self.map {
            Some(map) => map.len(),
            None => self.table.get().map_or(0, |table| table.values().map(Vec::len).sum()),
        }
    }

    /// Adds all of `others`, each after the values that its name has here.
    pub(crate) fn append_all(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        let fits = |mine: &HeaderMap, theirs: &HeaderMap| mine.len() + theirs.len() < MOST_IN_A_MAP;
        let others = match (&mut self.map, others.map) {
            (Some(mine), Some(theirs)) if fits(mine, &theirs) => {
                self.table.take();
                let mut last = None;
                for (name, value) in theirs {
                    // Without a name it is one more value of the last one.
                    last = name.or(last);
                    if let Some(name) = &last {
                        mine.append(name.clone(), value);
                    }
                }
                return;
            }
            (_, map) => Self { map, ..others },
        };
        self.extend(others.iter());
    }

    /// The names that both have, sorted.
    pub(crate) fn in_both(&self, other: &Self) -> Vec<String> {
        if let (Some(one), Some(other)) = (&self.map, &other.map)
            && !one.keys().any(|name| other.contains_key(name))
        {
            return Vec::new();
        }
        let names = self.sorted_names().into_iter();
        names.filter(|name| other.contains(name)).map(str::to_owned).collect()
    }

    /// Puts all of `firsts` before the values that their names have here.
    pub(crate) fn prepend_all(&mut self, mut firsts: Self) {
        if self.is_empty() || firsts.is_empty() {
            self.append_all(firsts);
            return;
        }
        let new = firsts.map.as_ref().is_some_and(|firsts| {
            let name_is_new = |name| self.map.as_ref().is_some_and(|map| !map.contains_key(name));
            firsts.keys().all(name_is_new)
        });
        if new {
            self.append_all(firsts);
        } else {
            std::mem::swap(self, &mut firsts);
            self.append_all(firsts);
        }
    }

    /// The map of an HTTP library.
    ///
    /// # Errors
    ///
    /// The first name and value that HTTP does not allow.
    pub fn into_map(self) -> Result<HeaderMap, (String, Vec<u8>)> {
        if let Some(map) = self.map {
            return Ok(map);
        }
        let mut map = HeaderMap::new();
        for (name, values) in self.table.into_inner().unwrap_or_default() {
            for value in values {
                let key = HeaderName::from_bytes(name.as_bytes()).ok();
                let found = HeaderValue::from_bytes(&value).ok();
                let (Some(key), Some(found)) = (key, found) else { return Err((name, value)) };
                if map.try_append(key, found).is_err() {
                    return Err((name, value));
                }
            }
        }
        Ok(map)
    }

    /// The map of an HTTP library, while it is one.
    pub(crate) const fn as_map(&self) -> Option<&HeaderMap> {
        self.map.as_ref()
    }

    /// Whether all of them are in a map, as far as there are any.
    #[cfg(feature = "tower")]
    pub(crate) fn is_map(&self) -> bool {
        self.map.is_some() || self.table.get().is_none_or(BTreeMap::is_empty)
    }

    /// Takes all of them out of the map. As with that of the map, a value without a name belongs to
    /// the name before.
    #[cfg(feature = "tower")]
    pub(crate) fn drain_map(&mut self) -> impl Iterator<Item = (Option<HeaderName>, HeaderValue)> {
        self.table.take();
        self.map.as_mut().map(HeaderMap::drain).into_iter().flatten()
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| {
            let mut table = Table::new();
            for (name, value) in self.map.iter().flatten() {
                let values = table.entry(name.as_str().to_owned()).or_default();
                values.push(value.as_bytes().to_vec());
            }
            table
        })
    }

    /// The table, to be changed; the map is gone then.
    fn plain(&mut self) -> &mut Table {
        self.table();
        self.map = None;
        match self.table.get_mut() {
            Some(table) => table,
            None => unreachable!("it was made above"),
        }
    }
}

/// How a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Insert,
    Append,
}

/// A map of an HTTP library takes no more values than this.
const MOST_IN_A_MAP: usize = 1 << 14;

fn has_upper(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_uppercase())
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self { map: Some(map), table: OnceLock::new() }
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.table() == other.table()
    }
}

impl Eq for Headers {}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Headers").field(self.table()).finish()
    }
}

impl<N: AsRef<str>, V: Into<Vec<u8>>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::new();
        headers.extend(pairs);
        headers
    }
}

impl<N: AsRef<str>, V: Into<Vec<u8>>> Extend<(N, V)> for Headers {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.append(name.as_ref(), value);
        }
    }
}
