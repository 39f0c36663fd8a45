//! Runs a tape as a program over what the SDK hands to a hook. Every public operation is one of its
//! instructions; what the operations return is used in later ones, as authors do.

use std::fmt::Write as _;

use http_wasm_sdk::log::{self, Level};
use http_wasm_sdk::prelude::*;
use http_wasm_sdk::{
    Buffering, Headers, HeadersMut, RequestBody, RequestTrailersMut, ResponseBody,
    ResponseTrailersMut, Trailers, Unbuffered, UriBuilder, config,
};

use crate::tape::Tape;

fn talk(t: &mut Tape) {
    let level = [Level::Debug, Level::Info, Level::Warn, Level::Error][usize::from(t.below(4))];
    let text = t.text();
    match t.below(6) {
        0 => log::log(level, &text),
        1 => log::format(level, format_args!("{text} and {text:?}")),
        2 => ::log::info!("{text}"),
        3 => log::error(&text),
        4 => drop(Error::display(&text)),
        _ => drop(log::enabled(level)),
    }
    if t.chance() {
        let _ = config::read(&mut t.buffer()[..]);
    }
}

fn read_headers(t: &mut Tape, headers: Headers<'_>) {
    let (mut bytes, mut buffer) = (Vec::new(), t.buffer());
    let name = t.name(&mut bytes);
    match t.below(6) {
        0 => drop(headers.get(name, &mut buffer[..])),
        1 => drop(headers.get_one(name, &mut buffer[..])),
        2 => drop(headers.get_all(name, &mut buffer[..]).map(Iterator::count)),
        3 => drop(headers.contains(name)),
        4 => drop(headers.names(&mut Buffer::<64>::new()).map(Iterator::count)),
        _ => drop(headers.for_each(&mut buffer[..], &mut Buffer::<100>::new(), |_, value| {
            let _ = (value.to_str(), value.to_u64(), format!("{value}"));
        })),
    }
}

fn change_headers(t: &mut Tape, mut headers: HeadersMut<'_>) {
    read_headers(t, *headers);
    let (mut name, mut value) = (Vec::new(), Vec::new());
    let mut digits = [0; 20];
    let name = t.name(&mut name);
    match t.below(6) {
        0 => headers.remove(name),
        1 => headers.append(name, t.value(&mut value)),
        2 => headers.insert(name, HeaderValue::from_u64(t.length() as u64, &mut digits)),
        3 => {
            // What was read is set again.
            let mut names = Buffer::<2000>::new();
            for name in headers.names(&mut names).into_iter().flatten() {
                let mut buffer = t.buffer();
                if let Ok(Some(value)) = headers.get(name, &mut buffer[..]) {
                    headers.insert(name, value);
                }
            }
        }
        _ => headers.insert(name, t.value(&mut value)),
    }
}

/// What both hooks can do with a request.
fn read_request(t: &mut Tape, request: &Request<impl Buffering>) {
    let mut buffer = t.buffer();
    match t.below(5) {
        0 => drop(request.method(&mut buffer[..]).map(|method| method.is_safe())),
        1 => drop(request.version(&mut buffer[..]).map(|version| version.major())),
        2 if !t.express => drop((request.source(), request.source_addr(&mut buffer[..]))),
        3 => {
            if let Ok(uri) = request.uri(&mut buffer[..]) {
                let (mut value, text) = (t.buffer(), t.piece());
                let _ = (uri.path_is(&text), uri.query_value(&text, &mut value[..]));
                uri.segments().for_each(|segment| drop(segment.to_vec()));
                uri.query_pairs().for_each(|pair| drop(pair.value.to_string_lossy()));
            }
        }
        _ => read_headers(t, request.headers()),
    }
}

fn set_uri(t: &mut Tape, request: &mut Request<impl Buffering>) {
    let (mut bytes, mut built, mut read) = (Vec::new(), t.buffer(), t.buffer());
    let given = t.uri(&mut bytes);
    let (text, prefix) = (t.piece(), t.text());
    let Ok(mut uri) = request.uri(&mut read[..]) else { return request.set_uri(given) };
    match t.below(6) {
        4 => {
            uri.retain_query(|pair| !pair.key.is(&text));
            request.set_uri(&uri);
        }
        5 => {
            let builder = UriBuilder::new(&mut built[..]).path(&uri).pairs(uri.query_pairs());
            if let Ok(uri) = builder.pairs(given.query_pairs()).pair(&text, &prefix).finish() {
                request.set_uri(uri);
            }
        }
        0 => {
            uri.strip_prefix(&prefix);
            request.set_uri(&uri);
        }
        1 => {
            let at = usize::from(t.below(16)).min(uri.as_bytes().len());
            let prefix = String::from_utf8_lossy(&uri.as_bytes()[..at]).into_owned();
            uri.strip_prefix(&prefix);
            request.set_uri(&uri);
        }
        2 => {
            let builder = UriBuilder::new(&mut built[..]).path(&uri).segment(&text).path(given);
            if let Ok(uri) = builder.query(&uri).pair(&text, &prefix).query(given).finish() {
                request.set_uri(uri);
            }
        }
        _ => {
            request.set_uri(given);
            request.set_uri(&uri);
        }
    }
}

/// What may be done to a chunk of a body.
fn scribble(chunk: &mut [u8]) {
    log::debug("in a closure");
    chunk.reverse();
}

fn request_body(t: &mut Tape, mut body: RequestBody<'_>) {
    let mut buffer = t.buffer();
    let (text, repeat) = (t.piece(), t.below(3));
    match t.below(9) {
        0 => drop(body.replace(&text)),
        1 => drop(body.read_all(&mut buffer[..])),
        2 => drop(body.map_all(&mut buffer[..], scribble)),
        3 => drop(body.map(&mut buffer[..], scribble)),
        4 => drop(body.map_overlapping(&mut buffer[..], t.length(), scribble)),
        5 => drop(body.transform(&mut buffer[..], |chunk, writer| {
            for _ in 0..repeat {
                writer.write(&*chunk);
                let _ = write!(writer, "{}", chunk.len());
            }
        })),
        6 => drop(body.drain(&mut buffer[..])),
        7 => drop(body.for_each(&mut buffer[..], |chunk| {
            log::debug(if chunk.is_empty() { "nothing" } else { "a chunk" })
        })),
        _ => {
            let _ = body.read(&mut buffer[..]).map(|chunk| chunk.len());
            let _ = embedded_io::Read::read(&mut body, &mut buffer);
            let _ = body.is_end();
        }
    }
}

fn response_body(t: &mut Tape, mut body: ResponseBody<'_>) {
    let mut buffer = t.buffer();
    let (text, repeat) = (t.piece(), t.below(3));
    match t.below(7) {
        0 => drop(body.replace(&text)),
        1 => drop(body.read_all(&mut buffer[..])),
        2 => drop(body.map_all(&mut buffer[..], scribble)),
        3 => drop(body.map_overlapping(&mut buffer[..], t.length(), scribble)),
        4 => drop(body.transform(&mut buffer[..], |chunk, writer| {
            for _ in 0..repeat {
                writer.write(&*chunk);
            }
        })),
        5 => {
            if let Ok(mut writer) = body.writer() {
                for _ in 0..repeat {
                    writer.write(&text);
                    let _ = write!(writer, "{repeat}");
                }
            }
        }
        _ => {
            let _ = body.read(&mut buffer[..]).map(|chunk| chunk.len());
            let _ = embedded_io::Read::read(&mut body, &mut buffer);
            let _ = body.is_end();
        }
    }
}

/// How a request hook ends that has its state ready.
fn end<S>(t: &mut Tape, reply: Reply<'_>, state: S) -> Result<Flow<S>, Error> {
    let (text, mut name, mut value) = (t.piece(), Vec::new(), Vec::new());
    let mut sent = Vec::new();
    match t.below(9) {
        0 => return Err(Error::new("gave up")),
        1 => return Err(Error::display(t.text())),
        2 => sent.push(reply.end()),
        3 => sent.push(reply.body(&text)),
        4 => sent.push(reply.status(t.status()).body(&text)),
        5 => {
            let reply = reply.header(t.name(&mut name), t.value(&mut value));
            let mut body = reply.status(t.status());
            for _ in 0..t.below(4) {
                body.write(&text);
                let _ = write!(body, "{text:?}");
            }
            sent.push(body.end());
        }
        6 => drop(reply.status(t.status())),
        _ => {}
    }
    // Some forget that they have responded.
    match sent.pop() {
        Some(responded) if t.below(4) != 0 => Ok(Flow::Stop(responded)),
        _ => Ok(Flow::Continue(state)),
    }
}

/// What a hook can do with the body of a request, which depends on what its handler declares.
pub(crate) trait AnyRequest: Buffering + Sized {
    fn body(t: &mut Tape, request: &mut Request<Self>);
}

impl AnyRequest for Unbuffered {
    fn body(t: &mut Tape, request: &mut Request) {
        let _ = request.body_mut().replace(t.piece());
    }
}

impl AnyRequest for Buffered {
    fn body(t: &mut Tape, request: &mut Request<Self>) {
        request_body(t, request.body_mut());
    }
}

pub(crate) fn request_hook<B: AnyRequest, S>(
    t: &mut Tape,
    request: &mut Request<B>,
    mut reply: Reply<'_>,
    mut trailers: Option<Trailers<'_>>,
    state: impl FnOnce() -> S,
) -> Result<Flow<S>, Error> {
    let state = state();
    for _ in 0..t.below(12) {
        match t.below(9) {
            0 => talk(t),
            1 | 2 => read_request(t, request),
            3 => change_headers(t, request.headers_mut()),
            4 => set_uri(t, request),
            5 => request.set_method(t.method(&mut Vec::new())),
            6 => B::body(t, request),
            7 => change_headers(t, reply.headers_mut()),
            _ => match &mut trailers {
                Some(trailers) => change_trailers(t, trailers),
                None => read_headers(t, reply.headers()),
            },
        }
        if t.below(8) == 7 {
            reply.buffer_response(request);
        }
    }
    end(t, reply, state)
}

fn change_trailers<P: RequestTrailersMut + ResponseTrailersMut>(
    t: &mut Tape,
    trailers: &mut Trailers<'_, P>,
) {
    match t.below(4) {
        0 => read_headers(t, trailers.request()),
        1 => read_headers(t, trailers.response()),
        2 => change_headers(t, trailers.request_mut()),
        _ => change_headers(t, trailers.response_mut()),
    }
}

/// What every response hook can do.
pub(crate) fn look<B: Buffering>(t: &mut Tape, request: &Request, response: &Response<B>) {
    for _ in 0..t.below(6) {
        match t.below(4) {
            0 => talk(t),
            1 => read_request(t, request),
            2 => drop(response.is_error()),
            _ => read_headers(t, response.headers()),
        }
    }
}

/// What a response hook can do with a response that is buffered.
pub(crate) fn change(t: &mut Tape, response: &mut Response<Buffered>) -> Result<(), Error> {
    for _ in 0..t.below(8) {
        match t.below(6) {
            0 => response.set_status(t.status()),
            1 => {
                let status = response.status();
                response.set_status(status);
            }
            2 => change_headers(t, response.headers_mut()),
            3 => return Err(Error::new("gave up")),
            _ => response_body(t, response.body_mut()),
        }
    }
    Ok(())
}

/// What a response hook can do with trailers.
pub(crate) fn trailers<P: ResponseTrailersMut>(t: &mut Tape, trailers: Option<Trailers<'_, P>>) {
    let Some(mut trailers) = trailers else { return };
    for _ in 0..t.below(4) {
        match t.below(3) {
            0 => read_headers(t, trailers.request()),
            1 => read_headers(t, trailers.response()),
            _ => change_headers(t, trailers.response_mut()),
        }
    }
}

/// Reads trailers.
pub(crate) fn read_trailers<P>(t: &mut Tape, trailers: Option<Trailers<'_, P>>) {
    if let Some(trailers) = trailers {
        read_headers(t, trailers.request());
        read_headers(t, trailers.response());
    }
}
