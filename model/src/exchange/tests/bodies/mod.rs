//! Reading and writing bodies, and what the next handler and the client get of them.

mod going_on;
mod lengths;
mod reading;
mod writing;

use super::*;

const REQUEST: BodyKind = BodyKind::Request;
const RESPONSE: BodyKind = BodyKind::Response;

fn buffering() -> Features {
    Features::BUFFER_REQUEST.union(Features::BUFFER_RESPONSE)
}

fn read_all(hand: &mut Hand, kind: BodyKind, limit: u32) -> String {
    let mut all = String::new();
    for _ in 0..100 {
        let (chunk, eof) = hand.read(kind, limit).expect("reading does not trap");
        all += &chunk;
        if eof {
            return all;
        }
    }
    panic!("the body has no end: {all:?}");
}
