//! Reads a file of recorded exchanges; every error names file, line and column.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::bytes::SentHeaders;
use super::{
    Expect, ExpectRequest, ExpectResponse, ExpectUpstream, Recorded, RecordedFile, Surroundings,
    Upstream, raw,
};
use http_wasm_model::exchange::{LogEntry, Request, Response};

/// Why a file of recorded exchanges cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{}: cannot read the recorded exchanges: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what the format wants.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// What was found and what is wanted.
        message: String,
    },
}

/// Reads the file at `path`.
///
/// # Errors
///
/// When it cannot be read or is not in the format.
pub fn read(path: &Path) -> Result<RecordedFile, ReadError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Reads `text`; `path` is for messages.
///
/// # Errors
///
/// When it is not in the format.
pub fn parse(text: &str, path: &Path) -> Result<RecordedFile, ReadError> {
    let source = Source::new(text, path);
    let mut file: raw::File = toml::from_str(text).map_err(|error| {
        source.error(error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', "; "))
    })?;
    if file.exchange.is_empty() {
        return Err(source.error(0..0, "found no exchange, wanted at least one [[exchange]]"));
    }
    let mut names = BTreeMap::new();
    let mut exchanges = Vec::new();
    for exchange in std::mem::take(&mut file.exchange) {
        let line = source.position(exchange.span().start).0;
        let exchange = exchange.into_inner();
        let name = exchange.name.get_ref();
        if let Some(first) =
            names.insert(name.clone(), source.position(exchange.name.span().start).0)
        {
            let message = format!(
                "found the name {name:?} again, first in line {first}; wanted a name for each exchange that no other has"
            );
            return Err(source.error(exchange.name.span(), message));
        }
        exchanges.push(source.exchange(exchange, line, &file)?);
    }
    let surroundings = source.surroundings(file.env, file.dirs)?;
    Ok(RecordedFile { path: path.to_owned(), surroundings, exchanges })
}

struct Source<'a> {
    text: &'a str,
    path: &'a Path,
    /// Where each line begins, so that places are found without a look at all the text before them.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str, path: &'a Path) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, path, lines: std::iter::once(0).chain(after_newlines).collect() }
    }

    /// Line and column, from 1, of a byte.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|&start| start <= at);
        let start = self.lines[line - 1];
        let before = self.text.get(start..at).unwrap_or(&self.text[start..]);
        (line, before.chars().count() + 1)
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> ReadError {
        let (line, column) = self.position(span.start);
        ReadError::Format { path: self.path.to_owned(), line, column, message: message.into() }
    }

    fn surroundings(
        &self,
        env: BTreeMap<String, toml::Spanned<String>>,
        dirs: BTreeMap<String, PathBuf>,
    ) -> Result<Surroundings, ReadError> {
        for (name, value) in &env {
            if name.is_empty() || name.contains(['=', '\0']) || value.get_ref().contains('\0') {
                let message = format!(
                    "found the environment variable {name:?} with the value {:?}, wanted a name without = and both without NUL",
                    value.get_ref()
                );
                return Err(self.error(value.span(), message));
            }
        }
        let env = env.into_iter().map(|(name, value)| (name, value.into_inner())).collect();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let dirs = dirs.into_iter().map(|(name, path)| (name, folder.join(path))).collect();
        Ok(Surroundings { env, dirs })
    }

    fn exchange(
        &self,
        raw: raw::Exchange,
        line: usize,
        file: &raw::File,
    ) -> Result<Recorded, ReadError> {
        Ok(Recorded {
            name: raw.name.into_inner(),
            line,
            level: raw.level,
            config: raw
                .config
                .or_else(|| file.config.clone())
                .map(|bytes| bytes.0)
                .unwrap_or_default(),
            now: raw.now.or(file.now).map(|now| now.0),
            random_seed: raw.random_seed.or(file.random_seed),
            request: self.request(raw.request)?,
            upstream: self.upstream(raw.upstream)?,
            expect: expect(raw.expect),
            skip: raw.skip,
        })
    }

    fn request(&self, raw: raw::Request) -> Result<Request, ReadError> {
        if let Some(method) = &raw.method
            && http::Method::from_bytes(method.get_ref().as_bytes()).is_err()
        {
            let message =
                format!("found the method {:?}, wanted a token such as GET", method.get_ref());
            return Err(self.error(method.span(), message));
        }
        if let Some(uri) = &raw.uri
            && !is_target(uri.get_ref())
        {
            let message = format!(
                "found the uri {:?}, wanted a path that begins with a slash, and perhaps a query, without spaces and control characters",
                uri.get_ref()
            );
            return Err(self.error(uri.span(), message));
        }
        let default = Request::default();
        Ok(Request {
            method: raw.method.map_or(default.method, toml::Spanned::into_inner),
            uri: raw.uri.map_or(default.uri, toml::Spanned::into_inner),
            version: raw.version.unwrap_or(default.version),
            headers: self.headers(raw.headers, &["content-length", "transfer-encoding"])?,
            body: raw.body.map(|body| body.0).unwrap_or_default(),
            chunked: raw.chunked,
            trailers: raw.trailers.0,
            source_addr: raw.source_addr.unwrap_or(default.source_addr),
        })
    }

    fn upstream(&self, raw: raw::Upstream) -> Result<Upstream, ReadError> {
        let answers = raw.status.is_some()
            || raw.headers.is_some()
            || raw.body.is_some()
            || raw.chunked.is_some()
            || raw.trailers.is_some();
        match raw.fails {
            Some(fails) if *fails.get_ref() && answers => {
                return Err(self.error(
                    fails.span(),
                    "found fails = true beside an answer; wanted one of them",
                ));
            }
            Some(fails) if *fails.get_ref() => return Ok(Upstream::Fails),
            _ => {}
        }
        Ok(Upstream::Answers(Response {
            status: raw.status.map_or(200, |status| status.0),
            headers: self.headers(raw.headers, &["transfer-encoding"])?,
            body: raw.body.map(|body| body.0).unwrap_or_default(),
            chunked: raw.chunked.unwrap_or(false),
            trailers: raw.trailers.unwrap_or_default().0,
        }))
    }

    /// Headers, without those that whoever sends the message adds by itself.
    fn headers(
        &self,
        headers: Option<toml::Spanned<SentHeaders>>,
        not: &[&str],
    ) -> Result<http_wasm_model::exchange::Headers, ReadError> {
        let Some(headers) = headers else { return Ok(http_wasm_model::exchange::Headers::new()) };
        if let Some(name) = not.iter().find(|name| headers.get_ref().0.contains(name)) {
            let message = format!(
                "found the header {name:?}, which goes with the body by itself; leave it out, and say chunked = true for a body of unknown length"
            );
            return Err(self.error(headers.span(), message));
        }
        Ok(headers.into_inner().0)
    }
}

/// Whether a client can send this in a request line, and hosts hand it to guests. Real ones take much that
/// no URI may have, and leave it as it is.
fn is_target(text: &str) -> bool {
    text.starts_with('/') && !text.contains(|c: char| c == ' ' || c.is_ascii_control())
}

fn expect(raw: raw::Expect) -> Expect {
    Expect {
        upstream: match raw.upstream {
            None => ExpectUpstream::Any,
            Some(raw::ExpectUpstream::Called(false)) => ExpectUpstream::NotCalled,
            Some(raw::ExpectUpstream::Called(true)) => {
                ExpectUpstream::Called(ExpectRequest::default())
            }
            Some(raw::ExpectUpstream::With(request)) => ExpectUpstream::Called(ExpectRequest {
                method: request.method,
                uri: request.uri,
                headers: request.headers.0,
                body: request.body.map(|body| body.0),
                trailers: request.trailers.0,
            }),
        },
        response: raw.response.map(|response| ExpectResponse {
            status: response.status.map(|status| status.0),
            headers: response.headers.0,
            body: response.body.map(|body| body.0),
            body_lacks: response.body_lacks,
            trailers: response.trailers.0,
        }),
        logs: raw.logs.map(|logs| {
            let entry = |log: raw::Log| LogEntry { level: log.level.0, message: log.message };
            logs.into_iter().map(entry).collect()
        }),
        trap: raw.trap,
    }
}
