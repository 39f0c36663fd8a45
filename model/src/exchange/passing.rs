//! Exchanges in which a guest lets both messages pass and changes at most their heads: most of them.
//! A host can begin and end these in place, without making a request and a response for the model.

use std::sync::{Arc, OnceLock};

use http::header::{Entry, OccupiedEntry};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_wasm_abi::{Features, Phase};

use super::header_map::Form;
use super::incoming_body::Incoming;
use super::message::{content_length, expects_body};
use super::response_state::{ResponseState, merge_headers, set_twice};
use super::{Exchange, Framing, Headers, Problem, Request, Settings, body};
use crate::profile::Profile;

impl Exchange {
    /// Begins anew, as [`Exchange::for_request_head`] does, in the room of an exchange that is over.
    /// `fill` sets every field of the request but the body and the trailers; without `arrives` there
    /// is no body.
    #[inline]
    pub fn begin(
        &mut self,
        new_settings: &Arc<Settings>,
        arrives: bool,
        fill: impl FnOnce(&mut Request),
    ) {
        // All fields by name, so that none is forgotten.
        let Self {
            settings,
            phase,
            features,
            request,
            sent_uri,
            sent_length,
            sent_framing,
            gives_request_away,
            header_bytes,
            header_cache,
            head_request,
            request_body,
            response,
            reads,
            config_reads,
            logs,
            calls,
            problems,
        } = self;
        if !Arc::ptr_eq(settings, new_settings) {
            *settings = Arc::clone(new_settings);
        }
        request.body.clear();
        if !request.trailers.is_empty() {
            request.trailers = Headers::new();
        }
        fill(request);
        *phase = Phase::Request;
        *features = settings.features;
        *sent_uri = None;
        *sent_framing = None;
        *gives_request_away = false;
        *header_bytes = 0;
        header_cache.rewind();
        *head_request = request.method == "HEAD";
        *reads = 0;
        *config_reads = 0;
        let incoming = if arrives {
            let length = content_length(&request.headers);
            *sent_length = length;
            Incoming::awaited(length)
        } else {
            *sent_length = Some(0);
            Incoming::default()
        };
        *request_body = body::RequestBody::new(incoming);
        if !response.is_untouched() {
            *response = ResponseState::default();
        }
        if !logs.is_empty() {
            drop(logs.take());
        }
        calls.clear();
        problems.clear();
    }

    /// Sets method and URI of the request, where that was not done at the beginning.
    pub fn set_line(&mut self, fill: impl FnOnce(&mut Request)) {
        fill(&mut self.request);
        self.head_request = self.request.method == "HEAD";
    }

    /// Whether the guest, after its request hook, has done nothing but look, and change heads. Then
    /// both bodies pass as they are.
    #[inline]
    pub fn passes(&self) -> bool {
        self.features == Features::NONE
            && self.sent_framing.is_none()
            && self.request_body.is_untouched()
            && self.response.has_headers_only()
            // What cannot be in a map is looked at by who sends it.
            && self.response.headers.is_few()
            && self.request.headers.is_sendable()
            && !self.rewrites_length()
    }

    /// Whether a host counts the bytes of a request that has none, and does not say what its client
    /// has said.
    #[inline]
    fn rewrites_length(&self) -> bool {
        self.rules().request_length_is_fixed
            && self.sent_length == Some(0)
            && (expects_body(&self.request) || self.request.headers.contains("content-length"))
    }

    /// The request, to take its headers out, where the exchange [passes](Self::passes).
    pub const fn request_mut(&mut self) -> &mut Request {
        &mut self.request
    }

    /// Takes out where the client said that the request's body ends, if the guest has said otherwise.
    pub fn take_sent_framing(&mut self) -> Option<Framing> {
        self.sent_framing.take().map(|framing| *framing)
    }

    /// Takes out the headers that the guest has set for the response, where the exchange
    /// [passes](Self::passes), and so is over.
    #[inline]
    pub fn take_response_headers(&mut self) -> Few {
        self.response.headers.take_few()
    }
}

impl Headers {
    /// Takes in those of a map, which is left empty, in the place of those that were here.
    #[inline]
    pub fn borrow_from(&mut self, map: &mut HeaderMap) {
        self.table.take();
        match &mut self.form {
            Form::Map(own) if own.is_empty() => std::mem::swap(own, map),
            form => *form = Form::Map(std::mem::take(map)),
        }
    }

    /// Gives back to a map what was taken in from it, as it is now.
    ///
    /// # Errors
    ///
    /// The first name and value that HTTP does not allow.
    #[inline]
    pub fn give_back_to(&mut self, map: &mut HeaderMap) -> Result<(), (String, Vec<u8>)> {
        match &mut self.form {
            Form::Map(own) => {
                self.table.take();
                std::mem::swap(own, map);
            }
            _ => *map = std::mem::take(self).into_map()?,
        }
        Ok(())
    }

    /// Whether they are a list.
    pub const fn is_few(&self) -> bool {
        matches!(self.form, Form::Few(_))
    }

    /// Takes all of them out, where they are a list.
    #[inline]
    pub fn take_few(&mut self) -> Few {
        let Form::Few(few) = &mut self.form else { return Few::None };
        self.table.take();
        match few.len() {
            // The room of the list stays.
            0 | 1 => few.pop().map_or(Few::None, |(name, value)| Few::One(name, value)),
            _ => Few::More(std::mem::take(few)),
        }
    }
}

/// Headers that were taken out of a list.
#[derive(Debug)]
pub enum Few {
    /// No header.
    None,
    /// What most guests set.
    One(HeaderName, HeaderValue),
    /// Several, in the order in which they were set.
    More(Vec<(HeaderName, HeaderValue)>),
}

impl Few {
    /// Whether one of them has a name that is `wanted`.
    pub fn any(&self, wanted: impl Fn(&HeaderName) -> bool) -> bool {
        match self {
            Self::None => false,
            Self::One(name, _) => wanted(name),
            Self::More(more) => more.iter().any(|(name, _)| wanted(name)),
        }
    }
}

impl From<Few> for Headers {
    fn from(few: Few) -> Self {
        let list = match few {
            Few::None => Vec::new(),
            Few::One(name, value) => vec![(name, value)],
            Few::More(more) => more,
        };
        Self { form: Form::Few(list), table: OnceLock::new() }
    }
}

/// A response has as many headers as a map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the next handler's response has no room for the headers that the guest has set; send fewer"
)]
pub struct NoRoom;

/// Adds the headers that a guest has set to those of the next handler's response, where the exchange
/// has ended before. What is not portable about it is given to `report`, where there is one.
///
/// # Errors
///
/// When there is no room; some of them may have been added.
#[inline]
pub fn merge_passing(
    profile: Profile,
    mine: Few,
    theirs: &mut HeaderMap,
    report: Option<impl FnMut(&Problem)>,
) -> Result<(), NoRoom> {
    let rules = profile.rules();
    let mut report = report.filter(|_| rules.reports);
    let mut tell = |name: &HeaderName| {
        if let Some(report) = &mut report {
            let message = set_twice(name.as_str());
            report(&Problem { phase: Phase::Response, function: None, message });
        }
    };
    let more = match mine {
        Few::None => return Ok(()),
        Few::One(name, value) => {
            match theirs.try_entry(name).map_err(|_| NoRoom)? {
                Entry::Vacant(entry) => _ = entry.try_insert(value).map_err(|_| NoRoom)?,
                Entry::Occupied(entry) => {
                    tell(entry.key());
                    if !rules.exact_case {
                        prepend(entry, value);
                    }
                }
            }
            return Ok(());
        }
        Few::More(more) => more,
    };
    let is_theirs = |(name, _): &&(HeaderName, HeaderValue)| theirs.contains_key(name);
    let mut twice: Vec<HeaderName> = Vec::new();
    for (name, _) in more.iter().filter(is_theirs) {
        if !twice.contains(name) {
            tell(name);
            twice.push(name.clone());
        }
    }
    let (both, new): (Vec<_>, Vec<_>) =
        more.into_iter().partition(|(name, _)| twice.contains(name));
    for (name, value) in new {
        theirs.try_append(name, value).map_err(|_| NoRoom)?;
    }
    // From the last to the first, each before what is there.
    for (name, value) in both.into_iter().rev().filter(|_| !rules.exact_case) {
        if let Entry::Occupied(entry) = theirs.try_entry(name).map_err(|_| NoRoom)? {
            prepend(entry, value);
        }
    }
    Ok(())
}

/// Puts a value before those that a name has.
fn prepend(mut entry: OccupiedEntry<'_, HeaderValue>, value: HeaderValue) {
    let mut moved = value;
    for place in entry.iter_mut() {
        std::mem::swap(place, &mut moved);
    }
    entry.append(moved);
}

/// The same as [`merge_passing`] for headers that say where the message ends, which have to be whole.
pub fn merge_framing(
    profile: Profile,
    mine: Few,
    theirs: Headers,
    mut report: impl FnMut(&Problem),
) -> Headers {
    merge_headers(profile.rules(), mine.into(), theirs, |message| {
        report(&Problem { phase: Phase::Response, function: None, message });
    })
}

/// The status that a client gets where the next handler failed and the guest has set none.
pub fn failed_next_status(profile: Profile) -> StatusCode {
    let status = profile.rules().failed_next_status;
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}
