//! What comes in and goes out: the client's request, the next handler, the answer.

use http_wasm_abi::Phase;

use super::rules::{declared, has_body, interim, lower, or_slash, plain, token};
use super::{BUFFER_REQUEST, BUFFER_RESPONSE, From, List, Message, Oracle};

impl Oracle {
    pub fn receive(&mut self, mut request: Message, source_addr: &str) {
        self.phase = Phase::Request;
        self.on = self.start;
        add_length(&mut request);
        self.client = request.clone();
        self.request = request;
        self.source_addr = source_addr.to_owned();
        self.logs.clear();
    }

    /// What the next handler gets, or nothing where the host answers 502 by itself.
    pub fn forward(&mut self) -> Option<Message> {
        let client = &self.client.body;
        let body = match (&self.written, self.from) {
            (Some(own), _) if self.express() => own.clone(),
            (Some(own), _) => own[self.taken_back..].to_vec(),
            (None, Some(From::Client { .. })) if !client.is_empty() && self.go() => {
                if self.last_chunk.is_empty() {
                    return None;
                }
                self.last_chunk.clone()
            }
            (None, Some(_)) if self.strict() && !self.buffers(BUFFER_REQUEST) => {
                client[self.taken..].to_vec()
            }
            (None, _) => client.clone(),
        };
        let mut request = Message { body, ..self.request.clone() };
        request.uri = or_slash(&request.uri);
        if self.go() {
            if !request.chunked && request.body.len() != client.len() {
                if !client.is_empty() {
                    return None;
                }
                request.body.clear();
            }
            request.headers.retain(|pair| pair.0 != "content-length");
            add_length(&mut request);
            let full = ["POST", "PUT", "PATCH"].contains(&request.method.as_str());
            if full && !request.chunked && request.body.is_empty() {
                request.headers.push(("content-length".to_owned(), b"0".to_vec()));
            }
        }
        let sendable = token(request.method.as_bytes())
            && request.headers.iter().all(|(name, value)| token(name.as_bytes()) && plain(value));
        (sendable || self.strict()).then_some(request)
    }

    /// The next handler's answer, or its failure.
    pub fn answer(&mut self, answer: Option<Message>) {
        self.phase = Phase::Response;
        match answer {
            Some(mut answer) => {
                add_length(&mut answer);
                self.response.body.extend(&answer.body);
                if !self.go() {
                    self.response.trailers.extend(answer.trailers.clone());
                }
                self.theirs = answer.trailers;
                if self.sent.is_none() {
                    self.status = Some(answer.status);
                    if self.express() {
                        let theirs = |name: &str| answer.headers.iter().any(|pair| pair.0 == name);
                        self.response.headers.retain(|pair| !theirs(&pair.0));
                    }
                    self.response.headers.extend(answer.headers);
                }
            }
            None => {
                let status = if self.strict() { 502 } else { 200 };
                self.status.get_or_insert(status);
            }
        }
        if !self.buffers(BUFFER_RESPONSE) {
            self.send();
        }
    }

    /// The Go host cannot take back a head that it has sent.
    pub fn go_has_sent(&self) -> bool {
        self.go() && self.sent.is_some()
    }

    /// What the client gets, or nothing where the connection breaks.
    pub fn finish(&mut self) -> Option<Message> {
        let go = self.go();
        self.status = self.status.filter(|&status| !(go && (status == 0 || interim(status))));
        let (status, headers) = self.send();
        let mut response = Message { status, headers, ..self.response.clone() };
        let head = self.client.method == "HEAD";
        let length = declared(&response.headers);
        let bodiless = !has_body(status);
        if head || bodiless {
            response.body.clear();
        }
        if length == Some(0) && !self.strict() {
            response.body.clear();
        }
        let differs = length.is_some_and(|length| length != response.body.len() as u64);
        let broken = differs && !head && !bodiless && !self.strict();
        if !(100..1000).contains(&status) || broken {
            return None;
        }
        // Sent in the order of their names, in which capitals come first.
        response.trailers.sort_by(|one, other| one.0.cmp(&other.0));
        if go {
            let guests = std::mem::replace(&mut response.trailers, self.theirs.clone());
            response.trailers.extend(guests);
        }
        if length.is_some() {
            response.trailers.clear();
        }
        if !self.strict() {
            as_sent(&mut response.headers);
            as_sent(&mut response.trailers);
        }
        Some(response)
    }
}

/// Clients and servers send the length of a body that they know.
fn add_length(message: &mut Message) {
    let unknown = message.chunked || message.body.is_empty();
    if !unknown && !message.headers.iter().any(|pair| pair.0 == "content-length") {
        let length = message.body.len().to_string().into_bytes();
        message.headers.push(("content-length".to_owned(), length));
    }
}

fn as_sent(headers: &mut List) {
    headers.retain(|pair| token(pair.0.as_bytes()));
    for (name, value) in headers {
        *name = lower(name);
        value.iter_mut().filter(|byte| b"\r\n".contains(byte)).for_each(|byte| *byte = b' ');
        *value = value.trim_ascii().to_vec();
    }
}
