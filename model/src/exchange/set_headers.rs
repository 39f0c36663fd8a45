//! The few headers that a guest has set for a response that it does not look at.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::header_map::{Headers, MAX_MAP_VALUES};

/// A few headers, taken out of an exchange; most guests set one.
#[derive(Debug, Default)]
pub struct SetHeaders {
    one: Option<(HeaderName, HeaderValue)>,
    /// All of them, where they are not one.
    more: Vec<(HeaderName, HeaderValue)>,
}

impl SetHeaders {
    /// Takes all of them out, where they are a list; what was allocated for one stays.
    pub(super) fn take_from(headers: &mut Headers) -> Self {
        match headers.list_mut() {
            None => Self::default(),
            Some(list) if list.len() <= 1 => Self { one: list.pop(), more: Vec::new() },
            Some(list) => Self { one: None, more: std::mem::take(list) },
        }
    }

    /// Adds all of them to a map if it has none of these names, and room. Whether it has.
    pub(super) fn add_to(&mut self, map: &mut HeaderMap) -> bool {
        let fits = map.len() + self.more.len() + 1 < MAX_MAP_VALUES;
        let mut names = self.one.iter().chain(&self.more).map(|(name, _)| name);
        if !fits || names.any(|name| map.contains_key(name)) {
            return false;
        }
        for (name, value) in self.one.take().into_iter().chain(self.more.drain(..)) {
            map.append(name, value);
        }
        true
    }
}

impl From<SetHeaders> for Headers {
    fn from(SetHeaders { one, more }: SetHeaders) -> Self {
        let mut list = more;
        list.extend(one);
        Self::from_list(list)
    }
}
