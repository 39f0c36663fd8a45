//! A value of the configuration while it is read, with the path to it.

use super::json::{self, END, LIST, NULL, OBJECT, SEPARATOR, TEXT};
use super::message::Message;
use crate::backend;

/// A value could not be read. The [`Value`] that made this keeps what is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid(pub(super) ());

/// A value of the configuration: what [`FromConfig`](super::FromConfig) reads from.
#[derive(Debug)]
pub struct Value<'d> {
    /// The value in compact form and nothing after it; empty where there is none.
    pub(super) text: &'d [u8],
    /// The path to it, or the whole message after an error.
    pub(super) message: &'d mut Message,
}

/// The fields of an object that is being read: for the code of `#[derive(Config)]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Fields<S: ?Sized> {
    /// What they are called, with a comma between two.
    pub names: &'static str,
    /// Whether there may be more.
    pub ignore_unknown: bool,
    /// How long the path to the object is.
    pub path: usize,
    /// The value of each that has one.
    pub values: S,
}

/// An object whose keys are the user's, while it is read.
#[cfg(feature = "alloc")]
pub(super) struct Entries<'d> {
    rest: &'d [u8],
    /// How long the path to the object is.
    path: usize,
    /// There are no more entries than these.
    pub(super) most: usize,
}

impl<'d> Value<'d> {
    /// The whole of a document, which is overwritten.
    pub(super) fn document(bytes: &'d mut [u8], message: &'d mut Message) -> Result<Self, Invalid> {
        let mut at = crate::utf8::valid_len(bytes);
        let mut wanted = "UTF-8";
        // What cannot be shown.
        let mut found = &b"?"[..];
        if at == bytes.len() {
            match json::compact(bytes) {
                Ok(len) => {
                    let document = bytes.get(..len).unwrap_or_default();
                    return Ok(Value { text: document, message });
                }
                Err(malformed) => {
                    (at, wanted) = (malformed.at, malformed.expected);
                    found = bytes.get(at..).unwrap_or_default();
                }
            }
        }
        let mut value = Value { text: found, message };
        value.expected(wanted);
        value.message.push(" at byte ");
        value.message.push_number(at);
        Err(Invalid(()))
    }

    /// The first byte of the value; where there is none, the one for `null`.
    fn first(&self) -> u8 {
        self.text.first().copied().unwrap_or(NULL)
    }

    /// Whether there is no value here, or `null`.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.first() == NULL
    }

    /// The value as text: a string, or a number, `true` or `false` as it is written.
    ///
    /// # Errors
    /// Where there is no value, a list or an object.
    pub fn text(&mut self) -> Result<&'d str, Invalid> {
        let text = match self.text {
            [] | [OBJECT | LIST | NULL, ..] => None,
            [TEXT, text @ ..] | text => backend::text(text),
        };
        text.ok_or_else(|| self.expected("a text"))
    }

    /// The bytes of a scalar without the blanks around them: for what is not free text. What is not a
    /// scalar gives bytes that no word has, or none.
    pub(super) fn word(&self) -> &'d [u8] {
        let mut word = self.text;
        while let [TEXT | b' ', rest @ ..] = word {
            word = rest;
        }
        while let [rest @ .., b' '] = word {
            word = rest;
        }
        word
    }

    /// Makes the error that the value is not what was `expected`, such as `"an address"`: the message has
    /// the path, what was expected and what was found.
    pub fn expected(&mut self, expected: &str) -> Invalid {
        self.expected_one("expected ", expected)
    }

    #[inline(never)]
    fn expected_one(&mut self, expected: &str, wanted: &str) -> Invalid {
        self.complain(expected);
        self.message.push(wanted);
        self.message.push(", found ");
        let mut text = self.text;
        let mut quote = "\"";
        match text {
            [] | [NULL, ..] => quote = "nothing",
            [OBJECT, ..] => quote = "an object",
            [LIST, ..] => quote = "a list",
            [TEXT, rest @ ..] => text = rest,
            [b'-' | b'0'..=b'9' | b't' | b'f', ..] => quote = "",
            _ => {}
        }
        self.message.push(quote);
        if quote.len() < 2 {
            self.message.push_excerpt(text);
            self.message.push(quote);
        }
        Invalid(())
    }

    /// Begins to say what is wrong here.
    #[inline(always)]
    fn complain(&mut self, complaint: &str) {
        self.message.push_after_path(": ");
        self.message.push(complaint);
    }

    /// Reads an object whose keys are the user's. An empty text, which Traefik makes of one without keys, is
    /// one.
    #[cfg(feature = "alloc")]
    pub(super) fn entries(&mut self) -> Result<Entries<'d>, Invalid> {
        let rest = match self.text {
            [OBJECT, rest @ ..] => rest,
            [TEXT] => &[],
            _ => return Err(self.expected("an object")),
        };
        let most = rest.iter().filter(|&&byte| byte == SEPARATOR).count();
        Ok(Entries { rest, path: self.message.len(), most })
    }

    /// Goes to the next key of an object, and gives the value of that key.
    #[cfg(feature = "alloc")]
    pub(super) fn next_entry(&mut self, entries: &mut Entries<'d>) -> Option<&'d [u8]> {
        if let [] | [END, ..] = entries.rest {
            return None;
        }
        self.message.truncate(entries.path);
        self.message.push_after_path(".");
        self.text = take_item(&mut entries.rest, SEPARATOR);
        self.message.push_excerpt(self.text.get(1..).unwrap_or_default());
        Some(take_item(&mut entries.rest, SEPARATOR))
    }

    /// Makes the error that the key has come before.
    #[cfg(feature = "alloc")]
    pub(super) fn given_twice(&mut self) -> Invalid {
        self.complain(GIVEN_TWICE);
        Invalid(())
    }

    /// Reads an object: finds the values of its fields. Nothing, and an empty text, are an object
    /// without keys.
    #[doc(hidden)]
    pub fn object(&mut self, fields: &mut Fields<[Option<&'d [u8]>]>) -> Result<(), Invalid> {
        fields.path = self.message.len();
        let mut rest = match self.text {
            [OBJECT, rest @ ..] => rest,
            [] | [TEXT | NULL] => &[],
            _ => return Err(self.expected("an object")),
        };
        while !matches!(rest, [] | [END, ..]) {
            let key = take_item(&mut rest, SEPARATOR);
            let key = key.get(1..).unwrap_or_default();
            let value = take_item(&mut rest, SEPARATOR);
            let (complaint, known) = match fields.values.get_mut(index_of(fields.names, key)) {
                Some(place @ None) => {
                    *place = Some(value);
                    continue;
                }
                Some(_) => (GIVEN_TWICE, ""),
                None if fields.ignore_unknown => continue,
                None => ("unknown key, expected one of ", fields.names),
            };
            self.message.push_after_path(".");
            self.message.push_excerpt(key);
            self.complain(complaint);
            self.message.push(known);
            return Err(Invalid(()));
        }
        Ok(())
    }

    /// Goes to a field of an object: whether it has a value.
    #[doc(hidden)]
    pub fn field(&mut self, fields: &Fields<[Option<&'d [u8]>]>, index: usize) -> bool {
        self.message.truncate(fields.path);
        self.message.push_after_path(".");
        let mut before = index;
        for &byte in fields.names.as_bytes() {
            if byte == b',' {
                before = before.wrapping_sub(1);
            } else if before == 0 && byte != b' ' {
                self.message.push_byte(byte);
            }
        }
        self.text = fields.values.get(index).copied().flatten().unwrap_or_default();
        !self.is_absent()
    }

    /// Reads one of these words, which have a comma between two: its index.
    #[doc(hidden)]
    pub fn one_of(&mut self, names: &'static str) -> Result<usize, Invalid> {
        let index = index_of(names, self.word());
        if index == usize::MAX {
            return Err(self.expected_one("expected one of ", names));
        }
        Ok(index)
    }
}

const GIVEN_TWICE: &str = "given twice";

/// Takes the next item off the inside of a list or an object, and the separator after it.
pub(super) fn take_item<'d>(rest: &mut &'d [u8], separator: u8) -> &'d [u8] {
    let text = *rest;
    let mut depth = 0_u32;
    let mut len = 0;
    while let [byte, tail @ ..] = *rest {
        *rest = tail;
        match *byte {
            OBJECT | LIST => depth += 1,
            END if depth > 0 => depth -= 1,
            END => break,
            byte if depth == 0 && (byte == SEPARATOR || byte == separator) => break,
            _ => {}
        }
        len += 1;
    }
    text.get(..len).unwrap_or_default()
}

/// Which of these names this is, without regard to case, `_`, `-` and blanks; `usize::MAX` for none.
fn index_of(names: &str, name: &[u8]) -> usize {
    let mut index = 0;
    let mut names = names.as_bytes();
    let mut rest = name;
    let mut same = true;
    loop {
        let wanted = take_letter(&mut names);
        let found = take_letter(&mut rest);
        if wanted != b',' && wanted != END {
            same &= found == wanted;
        } else if same && found == END {
            return index;
        } else if wanted == END {
            return usize::MAX;
        } else {
            index += 1;
            rest = name;
            same = true;
        }
    }
}

/// Takes the next byte that matters in a name, in lower case; one that no name has at the end.
fn take_letter(rest: &mut &[u8]) -> u8 {
    while let [first, tail @ ..] = *rest {
        *rest = tail;
        if !matches!(first, b'_' | b'-' | b' ') {
            return first.to_ascii_lowercase();
        }
    }
    END
}
