//! The headers that a guest wrote in the exchange before. Most guests write the same in each, and
//! what is found here need not be read, checked and copied once more.

use http::{HeaderName, HeaderValue};

/// So many writes of an exchange are remembered.
const MOST: usize = 8;
/// Longer values are not kept between exchanges.
const LONG: usize = 256;
/// After so many exchanges with another header in its place, a place is left as it is.
const CHANGES: u8 = 4;

/// What was written last, by the number of the write in its exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    places: Vec<Place>,
    /// The number of the next write.
    next: usize,
}

#[derive(Clone, Debug)]
struct Place {
    header: (HeaderName, HeaderValue),
    changes: u8,
}

impl Recent {
    /// A new exchange begins.
    pub(super) const fn rewind(&mut self) {
        self.next = 0;
    }

    /// The next header, if it is the one of these bytes that was written there before.
    #[inline]
    pub(super) fn known(
        &mut self,
        name: &[u8],
        value: &[u8],
    ) -> Option<&(HeaderName, HeaderValue)> {
        let header = &self.places.get(self.next)?.header;
        if header.0.as_str().as_bytes() != name || header.1.as_bytes() != value {
            return None;
        }
        self.next += 1;
        Some(header)
    }

    /// The next header, which is not known, if a map can hold exactly these bytes: a name in lower
    /// case, a value that can be sent.
    pub(super) fn parse(&mut self, name: &[u8], value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
        let number = self.next;
        self.next += 1;
        let name = HeaderName::from_lowercase(name).ok()?;
        let value = HeaderValue::from_bytes(value).ok()?;
        let count = self.places.len();
        match self.places.get_mut(number) {
            _ if value.len() > LONG => {}
            Some(place) if place.changes < CHANGES => {
                place.header = (name.clone(), value.clone());
                place.changes += 1;
            }
            Some(_) => {}
            // A place before this one may be missing, and then this is none either.
            None if number == count && number < MOST => {
                self.places.push(Place { header: (name.clone(), value.clone()), changes: 0 });
            }
            None => {}
        }
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(recent: &mut Recent, headers: &[(&str, &str)]) {
        recent.next = 0;
        for (name, value) in headers {
            let known = recent.known(name.as_bytes(), value.as_bytes()).cloned();
            let header = known.or_else(|| recent.parse(name.as_bytes(), value.as_bytes()));
            let (found, written) = header.expect("good");
            assert_eq!((found.as_str(), written.to_str().expect("text")), (*name, *value));
        }
    }

    fn kept(recent: &Recent) -> Vec<&str> {
        recent.places.iter().map(|place| place.header.1.to_str().expect("text")).collect()
    }

    #[test]
    fn what_is_written_is_what_comes_out_whatever_was_before() {
        let mut recent = Recent::default();
        write(&mut recent, &[("a", "1"), ("x-b", "2")]);
        write(&mut recent, &[("a", "1"), ("x-b", "2")]);
        assert_eq!(kept(&recent), ["1", "2"]);
        write(&mut recent, &[("x-b", "2"), ("a", "1"), ("a", "3")]);
        assert_eq!(kept(&recent), ["2", "1", "3"]);
        write(&mut recent, &[("x-b", "1")]);
        assert_eq!(kept(&recent), ["1", "1", "3"]);
    }

    #[test]
    fn what_changes_all_the_time_is_not_kept_anew() {
        let mut recent = Recent::default();
        for number in 0..10 {
            write(&mut recent, &[("a", &number.to_string())]);
        }
        assert_eq!(kept(&recent), ["4"]);
    }

    #[test]
    fn long_values_and_many_headers_are_not_kept() {
        let mut recent = Recent::default();
        let long = "x".repeat(LONG + 1);
        write(&mut recent, &[("a", &long), ("b", "1")]);
        assert!(kept(&recent).is_empty());
        write(&mut recent, &[("a", "1"); MOST + 1]);
        assert_eq!(kept(&recent).len(), MOST);
    }

    #[test]
    fn what_a_map_cannot_hold_exactly_is_none() {
        let mut recent = Recent::default();
        assert!(recent.parse(b"A", b"1").is_none());
        assert!(recent.parse(b"a", b"1\n").is_none());
        assert!(recent.parse(b"", b"1").is_none());
    }
}
