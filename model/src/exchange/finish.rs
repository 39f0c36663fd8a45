//! The response for the client, as the guest has left it.
//!
//! The faults of real hosts that show only here (lost bodies, lengths that do not fit) are found here.
//! Where a profile reproduces them, they also change what comes out.

use super::response_state::BodyState;
use super::{Exchange, Framing, Headers, Response, validate};

/// What follows on a body that the model gave, of what has not arrived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing: that was all of it.
    Nothing,
    /// None of the bytes, which the guest has replaced; the trailers after them, if there are any.
    Trailers,
    /// All that has not arrived, and so the message has the body that its sender gave it.
    AsSent,
    /// All that has not arrived, and so the message has another body than its sender gave it: of this
    /// length, where that is known.
    Changed(Option<u64>),
}

/// A response for the client, as the guest has left it.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The status code.
    pub status: u16,
    /// The headers, to be taken out.
    pub headers: &'a mut Headers,
    /// What follows the body, to be taken out.
    pub trailers: &'a mut Headers,
    /// The body, as far as the model has it.
    pub body: Vec<u8>,
    /// What follows on the body.
    pub rest: Rest,
    /// Where the response ends as its sender said it, if the guest has said otherwise.
    pub framing: Option<Framing>,
}

impl Exchange {
    /// What the client gets. `None`: nothing usable, the connection breaks; then
    /// [`Exchange::problems`] says why.
    pub fn finish(&mut self) -> Option<Response> {
        let Finished { status, headers, trailers, body, rest: _, framing: _ } =
            self.finish_head()?;
        let (headers, trailers) = (std::mem::take(headers), std::mem::take(trailers));
        Some(Response { status, headers, body, chunked: false, trailers })
    }

    /// What the client gets, where the body may not all have arrived: like [`Exchange::finish`].
    pub fn finish_head(&mut self) -> Option<Finished<'_>> {
        let rules = self.rules();
        let response = &mut self.response;
        let declared = response.declared_length();
        let status = match response.head.take() {
            Some(head) => {
                if let Some(headers) = head.headers {
                    response.headers = headers;
                }
                head.status
            }
            None => response.status.filter(|&status| !rules.skips(status)).unwrap_or(200),
        };
        let Some(status) = validate::status(status) else {
            let message =
                format!("the status code is {status}, wanted 100 to 999: the connection breaks");
            self.problem(None, message);
            return None;
        };
        let is_head = self.head_request;
        let replaced = response.body_state == BodyState::Replaced;
        let mut body = std::mem::take(&mut response.body);
        let mut rest = match (response.incoming.is_arriving(), replaced) {
            (false, _) => Rest::Nothing,
            // Without a body that ends in chunks there is no place for trailers.
            (true, true) if declared.is_some() || is_head => Rest::Nothing,
            (true, true) => Rest::Trailers,
            (true, false) if body.is_empty() => Rest::AsSent,
            (true, false) => Rest::Changed(None),
        };
        if !replaced {
            if body.is_empty() {
                body = response.incoming.take_held();
            } else {
                body.extend_from_slice(response.incoming.held());
            }
        }
        let bodiless = !validate::allows_body(status);
        if bodiless {
            rest = Rest::Nothing;
        }
        if bodiless && !body.is_empty() && !is_head {
            let message = format!(
                "a response with status {status} has no body, {} bytes were written: hosts leave them out",
                body.len()
            );
            self.harmless_problem(message);
            body.clear();
        }
        if let Some(declared) = declared
            && declared != body.len() as u64
            && !is_head
            && !bodiless
            && rest == Rest::Nothing
        {
            // A server refuses bytes beyond the length, so that one of nothing is kept.
            let what = if declared == 0 { "loses the body" } else { "sees a broken response" };
            let message = format!(
                "the response's content-length is {declared}, its body has {} bytes: the client {what}; remove or rewrite content-length when the body changes",
                body.len()
            );
            self.problem(None, message);
            match (rules.reports, declared) {
                (true, _) => {}
                (false, 0) => body.clear(),
                (false, _) => return None,
            }
        }
        if is_head {
            body.clear();
        }
        let response = &mut self.response;
        if rules.one_trailer_map {
            // Under other keys of the map than the guest's, and sent in the order of the keys: those
            // of the next handler begin with a capital letter.
            let upstream = std::mem::take(&mut response.upstream_trailers);
            let guests = std::mem::replace(&mut response.trailers, upstream);
            response.trailers.append_all(guests);
        }
        if declared.is_some() && !response.trailers.is_empty() {
            response.trailers = Headers::new();
            self.problem(None, "the response has trailers and a content-length: the trailers are not sent; remove content-length");
        }
        let response = &mut self.response;
        if !rules.validates {
            for map in [&mut response.headers, &mut response.trailers] {
                *map = validate::as_sent(std::mem::take(map));
            }
        }
        let framing = response.sent_framing.take().map(|framing| *framing);
        let (headers, trailers) = (&mut response.headers, &mut response.trailers);
        Some(Finished { status, headers, trailers, body, rest, framing })
    }
}
