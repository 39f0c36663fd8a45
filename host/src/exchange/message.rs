//! The request and the response of an exchange, and their headers.

use std::collections::BTreeMap;

/// Headers or trailers: names in lower case, in order, each with its values.
///
/// Values are bytes, because HTTP does not promise text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Vec<Vec<u8>>>);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
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
        self.0.insert(name, vec![value]);
    }

    pub(crate) fn append_exact(&mut self, name: String, value: Vec<u8>) {
        self.0.entry(name).or_default().push(value);
    }

    pub(crate) fn remove_exact(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// All values of `name`, in the order in which they were added.
    #[must_use]
    pub fn get(&self, name: &str) -> &[Vec<u8>] {
        self.0.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn get_exact(&self, name: &str) -> &[Vec<u8>] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first value of `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.get(name).first().map(Vec::as_slice)
    }

    /// Whether `name` has a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every name with each of its values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_slice()))
        })
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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

/// A request: as the client sent it, or as the next handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Path and query, percent-encoded.
    pub uri: String,
    /// Such as `HTTP/1.1`.
    pub version: String,
    /// With `host` among them, if it was sent.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// Sent without a length.
    pub chunked: bool,
    /// What followed the body.
    pub trailers: Headers,
    /// Address and port of the client.
    pub source_addr: String,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            uri: "/".to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            body: Vec::new(),
            chunked: false,
            trailers: Headers::new(),
            source_addr: "127.0.0.1:50000".to_owned(),
        }
    }
}

/// A response: as the next handler gave it, or as the client got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// Sent without a length; from a next handler only.
    pub chunked: bool,
    /// What followed the body.
    pub trailers: Headers,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Headers::new(),
            body: Vec::new(),
            chunked: false,
            trailers: Headers::new(),
        }
    }
}

impl Response {
    /// A response with this status and nothing else.
    #[must_use]
    pub fn with_status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// Adds the `content-length` that a peer sends by itself with a body of known length.
pub(crate) fn add_content_length(headers: &mut Headers, body: &[u8], chunked: bool) {
    if !chunked && !body.is_empty() && !headers.contains("content-length") {
        headers.insert("content-length", body.len().to_string());
    }
}
