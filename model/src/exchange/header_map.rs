//! Holds headers or trailers.
//!
//! Most come from an HTTP library and go back to it, often unchanged, so they stay in its map while it
//! can represent them. Up to [`SMALL_LEN`] headers that a guest sets are a list. What neither can
//! represent, such as a name in upper case that some hosts keep, moves all of them to a table of
//! bytes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};

pub(super) type Table = BTreeMap<String, Vec<Vec<u8>>>;

/// Headers or trailers: names in lower case, in order, each with its values.
///
/// Values are bytes, because HTTP does not promise text.
#[derive(Clone, Default)]
pub struct Headers {
    pub(super) form: Form,
    /// All of them; made on demand.
    pub(super) table: OnceLock<Table>,
}

/// Where headers are.
#[derive(Clone)]
pub(super) enum Form {
    /// In the order in which they were added; at most [`SMALL_LEN`].
    Few(Vec<(HeaderName, HeaderValue)>),
    Map(HeaderMap),
    /// In the table only.
    Table,
}

impl Default for Form {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// The longest list; a search in it is as fast as in a map.
const SMALL_LEN: usize = 8;

/// How many values a map of an HTTP library can surely hold.
pub(super) const MAX_MAP_VALUES: usize = 1 << 14;

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self { form: Form::Few(Vec::new()), table: OnceLock::new() }
    }

    /// Replaces all values of `name` by one.
    pub fn insert(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.write_raw(&name.to_ascii_lowercase(), &value.into(), Write::Insert);
    }

    /// Adds a value to those that `name` has.
    pub fn append(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.write_raw(&name.to_ascii_lowercase(), &value.into(), Write::Append);
    }

    /// Removes all values of `name`; returns whether there were any.
    pub fn remove(&mut self, name: &str) -> bool {
        self.remove_exact(&name.to_ascii_lowercase())
    }

    pub(crate) fn remove_exact(&mut self, name: &str) -> bool {
        match &mut self.form {
            Form::Few(few) => {
                let before = few.len();
                few.retain(|(own, _)| own.as_str() != name);
                let found = few.len() < before;
                if found {
                    self.table.take();
                }
                found
            }
            Form::Map(map) => {
                self.table.take();
                // A map has no name in upper case.
                !has_upper(name) && map.remove(name).is_some()
            }
            Form::Table => self.table.get_mut().is_some_and(|table| table.remove(name).is_some()),
        }
    }

    /// Writes a header.
    pub(crate) fn write(&mut self, name: HeaderName, value: HeaderValue, how: Write) {
        if let Some(few) = self.few_mut(&name, how) {
            few.push((name, value));
            return;
        }
        match self.map_mut() {
            Some(map) if map.len() < MAX_MAP_VALUES => match how {
                Write::Insert => _ = map.insert(name, value),
                Write::Append => _ = map.append(name, value),
            },
            _ => self.write_to_table(name.as_str(), value.as_bytes(), how),
        }
    }

    /// Writes a copy of a header.
    #[inline]
    pub(crate) fn write_copy(&mut self, header: &(HeaderName, HeaderValue), how: Write) {
        match self.few_mut(&header.0, how) {
            Some(few) => few.push(header.clone()),
            None => self.write(header.0.clone(), header.1.clone(), how),
        }
    }

    /// The list, if one more value of `name` fits into it. Values to be replaced are removed.
    #[inline]
    fn few_mut(
        &mut self,
        name: &HeaderName,
        how: Write,
    ) -> Option<&mut Vec<(HeaderName, HeaderValue)>> {
        let Form::Few(few) = &mut self.form else { return None };
        if few.len() >= SMALL_LEN {
            return None;
        }
        self.table.take();
        if how == Write::Insert {
            few.retain(|(own, _)| own != name);
        }
        Some(few)
    }

    /// Writes a header of any bytes, under exactly this name.
    pub(crate) fn write_raw(&mut self, name: &str, value: &[u8], how: Write) {
        match (HeaderName::from_lowercase(name.as_bytes()), HeaderValue::from_bytes(value)) {
            (Ok(name), Ok(value)) => self.write(name, value, how),
            _ => self.write_to_table(name, value, how),
        }
    }

    fn write_to_table(&mut self, name: &str, value: &[u8], how: Write) {
        let values = self.table_mut().entry(name.to_owned()).or_default();
        if how == Write::Insert {
            values.clear();
        }
        values.push(value.to_vec());
    }

    /// All values of `name`, in the order in which they were added.
    #[must_use]
    pub fn get(&self, name: &str) -> &[Vec<u8>] {
        self.get_exact(&name.to_ascii_lowercase())
    }

    pub(crate) fn get_exact(&self, name: &str) -> &[Vec<u8>] {
        self.table().get(name).map_or(&[], Vec::as_slice)
    }

    /// All values of a name in lower case. Like [`Self::get`], but without making the table.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        match &self.form {
            Form::Few(few) => {
                let of_name = few.iter().filter(|(own, _)| own.as_str() == name);
                of_name.map(|(_, value)| value.as_bytes()).collect()
            }
            Form::Map(map) => map.get_all(name).iter().map(HeaderValue::as_bytes).collect(),
            Form::Table => self.get_exact(name).iter().map(Vec::as_slice).collect(),
        }
    }

    /// The first value of `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        match &self.form {
            Form::Few(few) => {
                let found = few.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.as_bytes())
            }
            Form::Map(map) => map.get(name).map(HeaderValue::as_bytes),
            Form::Table => self.get(name).first().map(Vec::as_slice),
        }
    }

    /// The first value of a name that is already parsed.
    pub(crate) fn first_of(&self, name: &HeaderName) -> Option<&[u8]> {
        match &self.form {
            Form::Few(few) => {
                few.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_bytes())
            }
            Form::Map(map) => map.get(name).map(HeaderValue::as_bytes),
            Form::Table => self.table.get()?.get(name.as_str())?.first().map(Vec::as_slice),
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

    /// The names, sorted. Like [`Self::names`], but without making the table.
    pub(crate) fn sorted_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = match &self.form {
            Form::Few(few) => few.iter().map(|(name, _)| name.as_str()).collect(),
            Form::Map(map) => map.keys().map(HeaderName::as_str).collect(),
            Form::Table => return self.names().collect(),
        };
        names.sort_unstable();
        names.dedup();
        names
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
        match &self.form {
            Form::Few(_) => self.sorted_names().len(),
            Form::Map(map) => map.keys_len(),
            Form::Table => self.table.get().map_or(0, BTreeMap::len),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.form {
            Form::Few(few) => few.is_empty(),
            Form::Map(map) => map.is_empty(),
            Form::Table => self.table.get().is_none_or(BTreeMap::is_empty),
        }
    }

    /// How many values there are, of all names.
    pub(crate) fn count(&self) -> usize {
        match &self.form {
            Form::Few(few) => few.len(),
            Form::Map(map) => map.len(),
            Form::Table => self.table.get().map_or(0, |table| table.values().map(Vec::len).sum()),
        }
    }

    /// Adds all of `others`, each after the values that its name has here.
    pub(crate) fn append_all(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        let fits = self.count() + others.count() < MAX_MAP_VALUES;
        if fits && !matches!(others.form, Form::Table) {
            let Some(map) = self.map_mut() else { return self.extend(others.iter()) };
            match others.form {
                Form::Few(few) => map.extend(few),
                Form::Map(theirs) => append_map(map, theirs),
                Form::Table => {}
            }
        } else {
            self.extend(others.iter());
        }
    }

    /// The names that both have, sorted.
    pub(crate) fn in_both(&self, other: &Self) -> Vec<String> {
        if !matches!(self.form, Form::Table)
            && !self.pairs().any(|(name, _)| other.first_of(name).is_some())
        {
            return Vec::new();
        }
        let names = self.sorted_names().into_iter();
        names.filter(|name| other.contains(name)).map(str::to_owned).collect()
    }

    /// Removes all of them.
    pub(crate) fn clear(&mut self) {
        self.table.take();
        match &mut self.form {
            Form::Few(few) => few.clear(),
            form => *form = Form::default(),
        }
    }

    /// Takes in those of a map, which is left empty, in place of those that were here.
    #[inline]
    pub fn take_from(&mut self, map: &mut HeaderMap) {
        self.table.take();
        match &mut self.form {
            Form::Map(own) if own.is_empty() => std::mem::swap(own, map),
            form => *form = Form::Map(std::mem::take(map)),
        }
    }

    /// Moves all of them to a map, in place of those that were there.
    ///
    /// # Errors
    ///
    /// The first name and value that HTTP does not allow.
    #[inline]
    pub fn move_to(&mut self, map: &mut HeaderMap) -> Result<(), (String, Vec<u8>)> {
        match &mut self.form {
            Form::Map(own) => {
                self.table.take();
                std::mem::swap(own, map);
                own.clear();
            }
            _ => *map = std::mem::take(self).into_map()?,
        }
        Ok(())
    }

    /// Whether they are a list.
    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.form, Form::Few(_))
    }

    /// The list, to be changed, where they are one.
    pub(super) fn list_mut(&mut self) -> Option<&mut Vec<(HeaderName, HeaderValue)>> {
        let Form::Few(few) = &mut self.form else { return None };
        self.table.take();
        Some(few)
    }

    /// The map of an HTTP library.
    ///
    /// # Errors
    ///
    /// The first name and value that HTTP does not allow.
    pub fn into_map(self) -> Result<HeaderMap, (String, Vec<u8>)> {
        match self.form {
            Form::Few(few) if few.is_empty() => Ok(HeaderMap::new()),
            Form::Few(few) => Ok(few.into_iter().collect()),
            Form::Map(map) => Ok(map),
            Form::Table => to_map(self.table.into_inner().unwrap_or_default()),
        }
    }

    /// Names and values of a map or a list, in no order; none of a table.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let (few, map) = match &self.form {
            Form::Few(few) => (few.as_slice(), None),
            Form::Map(map) => (&[][..], Some(map)),
            Form::Table => (&[][..], None),
        };
        few.iter().map(|(name, value)| (name, value)).chain(map.into_iter().flatten())
    }

    /// Whether all of them can be in a map as they are.
    pub(crate) fn is_sendable(&self) -> bool {
        !matches!(self.form, Form::Table) || self.is_empty()
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| {
            let mut table = Table::new();
            for (name, value) in self.pairs() {
                let values = table.entry(name.as_str().to_owned()).or_default();
                values.push(value.as_bytes().to_vec());
            }
            table
        })
    }

    /// The map, to be changed; `None` if all are in the table.
    fn map_mut(&mut self) -> Option<&mut HeaderMap> {
        if let Form::Few(few) = &mut self.form {
            self.form = Form::Map(few.drain(..).collect());
        }
        match &mut self.form {
            Form::Map(map) => {
                self.table.take();
                Some(map)
            }
            Form::Few(_) | Form::Table => None,
        }
    }

    /// Moves all headers to the table and gives it, to be changed.
    fn table_mut(&mut self) -> &mut Table {
        self.table();
        self.form = Form::Table;
        match self.table.get_mut() {
            Some(table) => table,
            None => unreachable!("it was made above"),
        }
    }
}

fn append_map(map: &mut HeaderMap, others: HeaderMap) {
    let mut last = None;
    for (name, value) in others {
        // Without a name it is one more value of the last one.
        last = name.or(last);
        if let Some(name) = &last {
            map.append(name.clone(), value);
        }
    }
}

fn to_map(table: Table) -> Result<HeaderMap, (String, Vec<u8>)> {
    let mut map = HeaderMap::new();
    for (name, values) in table {
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

/// How a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Insert,
    Append,
}

fn has_upper(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_uppercase())
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self { form: Form::Map(map), table: OnceLock::new() }
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
