//! Handlers that use the traits and the facade of other crates: `embedded_io`, `core::fmt::Write`,
//! `log`.
#![cfg(not(target_family = "wasm"))]

use embedded_io::{Error as _, ErrorKind, Read, Write};
// The crate `log` has the same name; a module that is named beats one that came by `*`.
use http_wasm_sdk::log;
use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::{self, Scenario};
use http_wasm_sdk::{BodyError, RequestBody};

/// Reads by the trait to the end.
fn read_to_end(mut body: RequestBody<'_>) -> Result<Vec<u8>, BodyError> {
    let mut all = Vec::new();
    let mut buffer = [0; 5];
    assert_eq!(Read::read(&mut body, &mut []), Ok(0), "an empty buffer asks no host");
    loop {
        match Read::read(&mut body, &mut buffer)? {
            0 => break,
            len => all.extend(&buffer[..len]),
        }
    }
    assert_eq!(Read::read(&mut body, &mut buffer), Ok(0), "the end stays the end");
    Ok(all)
}

#[handler(buffer_request)]
fn echo(request: &mut Request<Buffered>, reply: Reply<'_>) -> Result<Responded, Error> {
    let upload = read_to_end(request.body_mut())?;
    let mut body = reply.status(StatusCode::CREATED);
    core::fmt::Write::write_fmt(&mut body, format_args!("{} bytes: ", upload.len()))
        .map_err(|_| "the writer failed")?;
    Write::write_all(&mut body, &upload).map_err(|_| "the writer failed")?;
    assert_eq!(Write::write(&mut body, &[]), Ok(0));
    assert_eq!(Write::flush(&mut body), Ok(()));
    Ok(body.end())
}

#[test]
fn bodies_are_read_and_written_by_embedded_io() {
    let upload = Scenario::post("/").body("0123456789").read_sizes([0, 3, 0, 0, 7]);
    let outcome = testing::run::<echo>(&upload);
    assert_eq!((outcome.status(), outcome.response_text()), (201, "10 bytes: 0123456789"));
}

#[test]
fn a_stalled_body_is_an_error_of_embedded_io() {
    let upload = Scenario::post("/").body("0123456789").read_sizes([0]);
    assert_eq!(testing::run::<echo>(&upload).status(), 500);
    assert_eq!(BodyError::Stalled.kind(), ErrorKind::TimedOut);
    assert_eq!(BodyError::BufferTooSmall.kind(), ErrorKind::OutOfMemory);
    assert_eq!(BodyError::AlreadyConsumed.kind(), ErrorKind::InvalidInput);
}

#[derive(Default)]
struct Shout;

#[handler(buffer_response)]
impl Shout {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
        let mut text = [0; 64];
        let mut len = 0;
        let mut body = response.body_mut();
        loop {
            match Read::read(&mut body, &mut text[len..])? {
                0 => break,
                read => len += read,
            }
        }
        let mut writer = body.writer()?;
        for piece in text[..len].chunks(4) {
            Write::write_all(&mut writer, &piece.to_ascii_uppercase()).map_err(|_| "no")?;
        }
        Ok(())
    }
}

#[test]
fn response_bodies_are_read_and_written_by_embedded_io() {
    let outcome = testing::run::<Shout>(&Scenario::get("/").upstream_body("nothing was shouted"));
    assert_eq!(outcome.response_text(), "NOTHING WAS SHOUTED");
}

#[handler]
fn chatty(request: &mut Request) {
    let mut buffer = Buffer::<16>::new();
    let uri = request.uri(&mut buffer);
    log::trace!("traced");
    log::debug!("for {uri:?}");
    log::info!("constant");
    log::warn("by the function");
    log::error!("{}", "x".repeat(1000));
    assert_eq!(::log::log_enabled!(::log::Level::Debug), log::enabled(log::Level::Debug));
}

#[test]
fn macros_of_the_facade_go_to_the_host() {
    use log::Level::{Debug, Error, Info, Warn};
    let outcome = testing::run::<chatty>(&Scenario::get("/"));
    let logs: Vec<_> =
        outcome.logs.iter().map(|entry| (entry.level, entry.message.as_str())).collect();
    assert_eq!(
        logs[..4],
        [
            (Debug, "traced"),
            (Debug, "for Ok(Uri(/))"),
            (Info, "constant"),
            (Warn, "by the function")
        ]
    );
    assert_eq!(logs[4].0, Error);
    assert!(logs[4].1.ends_with(log::CUT_MARK) && logs[4].1.len() <= log::LIMIT);
}

#[test]
fn nothing_is_formatted_below_the_level_of_the_host() {
    let outcome = testing::run::<chatty>(&Scenario::get("/").log_threshold(log::Level::Warn));
    let logs: Vec<_> = outcome.logs.iter().map(|entry| entry.level).collect();
    assert_eq!(logs, [log::Level::Warn, log::Level::Error]);
    let texts = outcome.calls.iter().filter(|call| call.arguments.contains("for Ok")).count();
    assert_eq!(texts, 0, "the host never sees the text");
}

#[test]
fn logging_outside_an_exchange_is_not_an_error() {
    let outcome = testing::run::<chatty>(&Scenario::get("/"));
    assert_eq!(outcome.logs.len(), 5);
    log::info!("nobody listens");
    assert!(!::log::log_enabled!(::log::Level::Error));
}
