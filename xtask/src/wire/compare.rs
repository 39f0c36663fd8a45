//! What client, guest and upstream have seen of a case, part by part.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Received;
use super::message::Message;

/// What was seen: the name of each part, and its text.
pub(crate) type Parts = BTreeMap<String, String>;

/// A part that the two hosts treat differently.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Difference {
    /// The name of the case.
    pub(crate) case: String,
    /// The name of the part.
    pub(crate) part: String,
    /// What it is with the official Go host.
    pub(crate) theirs: String,
    /// What it is with ours.
    pub(crate) ours: String,
}

/// Names of headers that are not compared: the time of a response, which has its own clock.
const NOT_COMPARED: [&str; 1] = ["date"];
/// What the guest begins its reports with.
const REPORT: &str = "x-g-";
/// What the guest marks requests and responses with.
const MARK: &str = "x-guest";

/// Takes an exchange apart.
pub(crate) fn parts(received: &Received, seen: &[Message]) -> Parts {
    let mut parts = Parts::new();
    let statuses: Vec<_> = received.responses.iter().map(Message::status).collect();
    parts.insert(
        "client.status".to_owned(),
        if statuses.is_empty() { "none".to_owned() } else { statuses.join(" ") },
    );
    parts.insert("client.end".to_owned(), received.end.clone());
    for (number, response) in
        received.responses.iter().filter(|it| !it.status().starts_with('1')).enumerate()
    {
        let index = index(number);
        // A server's own words about what it refuses are its own.
        if response.header(MARK).is_none() {
            continue;
        }
        let version = response.line.split(' ').next().unwrap_or_default();
        parts.insert(format!("client{index}.version"), version.to_owned());
        let (reports, others): (Vec<_>, Vec<_>) =
            response.headers.iter().cloned().partition(|(name, _)| name.starts_with(REPORT));
        headers(&mut parts, &format!("client{index}.headers"), &others);
        headers(&mut parts, &format!("client{index}.trailers"), &response.trailers);
        parts.insert(format!("client{index}.body"), show(&response.body));
        parts.insert(format!("client{index}.framing"), response.framing.to_owned());
        let (fields, single): (Vec<_>, Vec<_>) =
            reports.into_iter().partition(|(name, _)| name == "x-g-h");
        for (name, value) in single {
            parts.insert(format!("guest{index}.{}", name.trim_start_matches(REPORT)), value);
        }
        let fields: Vec<_> = fields
            .iter()
            .map(|(_, field)| field.split_once('=').unwrap_or((field, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        headers(&mut parts, &format!("guest{index}.headers"), &fields);
    }
    parts.insert("upstream.requests".to_owned(), seen.len().to_string());
    for (number, request) in seen.iter().enumerate() {
        let index = index(number);
        parts.insert(format!("upstream{index}.line"), request.line.clone());
        headers(&mut parts, &format!("upstream{index}.headers"), &request.headers);
        headers(&mut parts, &format!("upstream{index}.trailers"), &request.trailers);
        parts.insert(format!("upstream{index}.body"), show(&request.body));
        parts.insert(format!("upstream{index}.framing"), request.framing.to_owned());
    }
    parts
}

/// What stands behind `client` and the like for a message that is not the first.
fn index(number: usize) -> String {
    if number == 0 { String::new() } else { format!("[{number}]") }
}

/// Adds a part for each name; the order of names does not matter, that of values does.
fn headers(parts: &mut Parts, place: &str, headers: &[(String, String)]) {
    for (name, value) in headers.iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str())) {
        let shown = show(value.as_bytes());
        let part = parts.entry(format!("{place}.{name}")).or_default();
        if !part.is_empty() {
            part.push_str(", ");
        }
        part.push_str(&shown);
    }
}

/// Bytes as they are shown: quoted, and cut where they are long.
fn show(bytes: &[u8]) -> String {
    const MAX_LEN: usize = 120;
    match bytes.get(..MAX_LEN) {
        Some(start) if bytes.len() > MAX_LEN => {
            format!("\"{}...\" ({} bytes)", start.escape_ascii(), bytes.len())
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

/// What shows that there is no message to compare on one side.
const OUTCOME: [&str; 3] = ["client.status", "client.end", "upstream.requests"];

/// The part that every message has, by what a part's name begins with.
fn first_part(name: &str) -> String {
    let message = name.split('.').next().unwrap_or_default();
    let part = match message.split('[').next() {
        Some("client") => "version",
        Some("guest") => "method",
        _ => "line",
    };
    format!("{message}.{part}")
}

/// How ours differs from theirs. Of a message that is there on one side only, that alone is said.
pub(crate) fn differences(case: &str, theirs: &Parts, ours: &Parts) -> Vec<Difference> {
    let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    let text = |parts: &Parts, name: &str| {
        parts.get(name).map_or("absent", |text| text.as_str()).to_owned()
    };
    let on_both =
        |name: &str| [theirs, ours].iter().all(|parts| parts.contains_key(&first_part(name)));
    names
        .into_iter()
        .filter(|name| OUTCOME.contains(&name.as_str()) || on_both(name))
        .filter(|name| theirs.get(*name) != ours.get(*name))
        .map(|name| Difference {
            case: case.to_owned(),
            part: name.clone(),
            theirs: text(theirs, name),
            ours: text(ours, name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::{Kind, Read, read};

    fn response(text: &str) -> Received {
        let Read::Whole(message, _) =
            read(text.as_bytes(), Kind::Response { head: false, closed: true })
        else {
            panic!("{text}")
        };
        Received { responses: vec![message], end: "open".to_owned() }
    }

    #[test]
    fn each_part_is_compared() {
        let text = "HTTP/1.1 200 OK\r\nX-Guest: 1\r\nDate: now\r\nX-G-Method: GET\r\nX-G-Uri: /a\r\nX-G-H: b=c\r\n\r\nok";
        let parts_of = |text: &str| parts(&response(text), &[]);
        let same = parts_of(text);
        assert_eq!(differences("x", &same, &parts_of(&text.replace("now", "then"))), []);
        for (from, to, part) in [
            ("200", "201", "client.status"),
            ("HTTP/1.1", "HTTP/1.0", "client.version"),
            ("/a", "/b", "guest.uri"),
            ("b=c", "b=d", "guest.headers.b"),
            ("ok", "no", "client.body"),
            ("Date", "Via", "client.headers.via"),
        ] {
            let found = differences("x", &same, &parts_of(&text.replacen(from, to, 1)));
            assert_eq!(found.iter().map(|it| it.part.as_str()).collect::<Vec<_>>(), [part]);
        }
    }

    #[test]
    fn the_words_of_a_server_that_refuses_are_its_own() {
        let refused = parts(&response("HTTP/1.1 400 Bad\r\nA: b\r\n\r\nbad"), &[]);
        assert_eq!(
            differences("x", &refused, &parts(&response("HTTP/1.1 400 No\r\n\r\n"), &[])),
            []
        );
    }
}
