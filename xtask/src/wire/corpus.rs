//! The corpus: what is sent, as data in `xtask/wire/*.toml`.
//!
//! A text stands for its bytes. `\\xff` (in TOML's basic strings with one backslash more) is that byte, and `%{a*9000}`
//! is the text `a` as often as that.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

/// The file of the differences, beside those of the corpus.
pub(super) const DIFFERENCES: &str = "differences.toml";

/// A case: bytes for a server over HTTP/1, or a request for one over HTTP/2.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it is about; no two are the same.
    pub(crate) name: String,
    /// What is sent over HTTP/1: in several pieces where it is a list, with a pause between two.
    #[serde(default)]
    send: Option<Pieces>,
    /// What is sent over HTTP/2.
    #[serde(default)]
    pub(crate) http2: Option<Http2>,
    /// What the upstream responds, instead of 200 and a short body.
    #[serde(default)]
    upstream: Option<String>,
    /// Whether the guest reads the body and writes it back.
    #[serde(default)]
    pub(crate) reads_body: bool,
    /// Whether responses have no body, as those to HEAD.
    #[serde(default)]
    pub(crate) head: bool,
    /// How many final responses to wait for.
    #[serde(default = "one")]
    pub(crate) responses: usize,
}

/// A request over HTTP/2.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http2 {
    /// The method.
    #[serde(default = "get")]
    pub(crate) method: String,
    /// Scheme, authority and path, as in `http://a.test/path`; for CONNECT the authority alone.
    pub(crate) uri: String,
    /// Names and values, in this order.
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    /// The body, in one piece; without it the headers end the request.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// What follows the body.
    #[serde(default)]
    pub(crate) trailers: Vec<(String, String)>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Pieces {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

const fn one() -> usize {
    1
}

fn get() -> String {
    "GET".to_owned()
}

/// What the upstream responds where a case does not say. It has a type, which Go would guess.
const RESPONSE: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

impl Case {
    /// What is sent over HTTP/1, piece by piece.
    pub(crate) fn pieces(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        match &self.send {
            None => Ok(Vec::new()),
            Some(Pieces::One(text)) => Ok(vec![bytes(text)?]),
            Some(Pieces::Several(texts)) => texts.iter().map(|text| bytes(text)).collect(),
        }
    }

    /// What the upstream responds.
    pub(crate) fn response(&self) -> anyhow::Result<Vec<u8>> {
        bytes(self.upstream.as_deref().unwrap_or(RESPONSE))
    }
}

/// Reads all files of a folder but the one of the differences.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| {
        file.extension().is_some_and(|it| it == "toml") && !file.ends_with(DIFFERENCES)
    });
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let read: File = toml::from_str(&text).with_context(|| format!("{}", file.display()))?;
        for case in read.case {
            let place = || format!("{}: case {:?}", file.display(), case.name);
            ensure!(
                case.send.is_some() != case.http2.is_some(),
                "{}: expected one of send and http2",
                place()
            );
            ensure!(
                cases.iter().all(|other| other.name != case.name),
                "{}: there are two of this name",
                place()
            );
            case.pieces().and_then(|_| case.response()).with_context(place)?;
            cases.push(case);
        }
    }
    Ok(cases)
}

/// The bytes that a text stands for.
fn bytes(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("\\x") {
            let digits = tail.get(..2).context("expected two digits after \\x")?;
            bytes.push(u8::from_str_radix(digits, 16).with_context(|| format!("\\x{digits}"))?);
            rest = &tail[2..];
        } else if let Some(tail) = rest.strip_prefix("%{") {
            let Some((repeated, tail)) = tail.split_once('}') else { bail!("a %{{ has no }}") };
            let (what, count) = repeated.rsplit_once('*').context("expected %{text*number}")?;
            bytes.extend(
                what.repeat(count.parse().with_context(|| format!("%{{{repeated}}}"))?).bytes(),
            );
            rest = tail;
        } else {
            bytes.extend(first.to_string().bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_its_bytes() {
        assert_eq!(bytes("a\r\n\\xff%{ab*3}").unwrap(), b"a\r\n\xffababab");
        for wrong in ["\\x", "\\xg0", "%{a", "%{a}", "%{a*b}"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_corpus_is_read_and_is_large() {
        let cases = read(&super::super::folder()).unwrap();
        assert!(cases.len() >= 150, "{}", cases.len());
        assert!(cases.iter().any(|case| case.http2.is_some()));
    }
}
