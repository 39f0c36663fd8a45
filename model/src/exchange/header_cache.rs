//! Caches the headers that a guest wrote in the exchange before. Most guests write the same headers
//! in each exchange; a cached one is not parsed and allocated again.

use http::{HeaderName, HeaderValue};

/// How many writes of an exchange are cached.
const MAX_ENTRIES: usize = 8;
/// The longest value that is cached, in bytes.
const MAX_VALUE_LEN: usize = 256;
/// How often an entry is replaced by another header before it stays as it is.
const MAX_CHANGES: u8 = 4;

/// The last headers written, by the number of the write in its exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderCache {
    entries: Vec<Entry>,
    /// The number of the next write.
    next: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    header: (HeaderName, HeaderValue),
    changes: u8,
}

impl HeaderCache {
    /// Begins a new exchange.
    pub(super) const fn rewind(&mut self) {
        self.next = 0;
    }

    /// The cached header, if it has these bytes.
    #[inline]
    pub(super) fn known(
        &mut self,
        name: &[u8],
        value: &[u8],
    ) -> Option<&(HeaderName, HeaderValue)> {
        let header = &self.entries.get(self.next)?.header;
        if header.0.as_str().as_bytes() != name || header.1.as_bytes() != value {
            return None;
        }
        self.next += 1;
        Some(header)
    }

    /// Parses and caches a header that is not [known](Self::known). `None` if a map cannot hold
    /// exactly these bytes: the name is not in lower case, or the value cannot be sent.
    pub(super) fn parse(&mut self, name: &[u8], value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
        let number = self.next;
        self.next += 1;
        let name = HeaderName::from_lowercase(name).ok()?;
        let value = HeaderValue::from_bytes(value).ok()?;
        let count = self.entries.len();
        match self.entries.get_mut(number) {
            _ if value.len() > MAX_VALUE_LEN => {}
            Some(entry) if entry.changes < MAX_CHANGES => {
                entry.header = (name.clone(), value.clone());
                entry.changes += 1;
            }
            Some(_) => {}
            // Without the entry before it, this one is not made either.
            None if number == count && number < MAX_ENTRIES => {
                self.entries.push(Entry { header: (name.clone(), value.clone()), changes: 0 });
            }
            None => {}
        }
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(cache: &mut HeaderCache, headers: &[(&str, &str)]) {
        cache.next = 0;
        for (name, value) in headers {
            let known = cache.known(name.as_bytes(), value.as_bytes()).cloned();
            let header = known.or_else(|| cache.parse(name.as_bytes(), value.as_bytes()));
            let (found, written) = header.expect("good");
            assert_eq!((found.as_str(), written.to_str().expect("text")), (*name, *value));
        }
    }

    fn kept(cache: &HeaderCache) -> Vec<&str> {
        cache.entries.iter().map(|entry| entry.header.1.to_str().expect("text")).collect()
    }

    #[test]
    fn what_is_written_is_what_comes_out_whatever_was_before() {
        let mut cache = HeaderCache::default();
        write(&mut cache, &[("a", "1"), ("x-b", "2")]);
        write(&mut cache, &[("a", "1"), ("x-b", "2")]);
        assert_eq!(kept(&cache), ["1", "2"]);
        write(&mut cache, &[("x-b", "2"), ("a", "1"), ("a", "3")]);
        assert_eq!(kept(&cache), ["2", "1", "3"]);
        write(&mut cache, &[("x-b", "1")]);
        assert_eq!(kept(&cache), ["1", "1", "3"]);
    }

    #[test]
    fn what_changes_all_the_time_is_not_kept_anew() {
        let mut cache = HeaderCache::default();
        for number in 0..10 {
            write(&mut cache, &[("a", &number.to_string())]);
        }
        assert_eq!(kept(&cache), ["4"]);
    }

    #[test]
    fn long_values_and_many_headers_are_not_kept() {
        let mut cache = HeaderCache::default();
        let long = "x".repeat(MAX_VALUE_LEN + 1);
        write(&mut cache, &[("a", &long), ("b", "1")]);
        assert!(kept(&cache).is_empty());
        write(&mut cache, &[("a", "1"); MAX_ENTRIES + 1]);
        assert_eq!(kept(&cache).len(), MAX_ENTRIES);
    }

    #[test]
    fn what_a_map_cannot_hold_exactly_is_none() {
        let mut cache = HeaderCache::default();
        assert!(cache.parse(b"A", b"1").is_none());
        assert!(cache.parse(b"a", b"1\n").is_none());
        assert!(cache.parse(b"", b"1").is_none());
    }
}
