//! The message of an error while it is written: first the path to where the reader is, then what is
//! wrong there. Made without the formatting machinery, which weighs more than the reader.

use crate::{backend, utf8};

/// What every message begins with in the log; the path follows.
pub(super) const PREFIX: &str = "config: ";

/// The bytes that a message can have; a longer one is cut and ends in a mark.
pub(super) const LIMIT: usize = 512;

const CUT_MARK: &str = "…";

/// Where the bytes end that a message which is not cut can have.
const MAX_LEN: usize = LIMIT - CUT_MARK.len();

/// A text that is UTF-8 once it is finished.
#[derive(Debug)]
pub(super) struct Message {
    bytes: [u8; LIMIT],
    /// How many bytes it would have if it was not cut.
    len: usize,
}

impl Message {
    /// One that is to be begun.
    pub(super) const fn new() -> Self {
        Self { bytes: [0; LIMIT], len: 0 }
    }

    /// Begins with the path to the whole document, which is empty.
    pub(super) fn begin(&mut self) {
        self.len = 0;
        self.push(PREFIX);
    }

    pub(super) fn push(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.push_byte(byte);
        }
    }

    #[inline(never)]
    pub(super) fn push_byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len += 1;
    }

    pub(super) fn push_number(&mut self, number: usize) {
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.push_byte(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
    }

    /// Writes the beginning of what was found: nothing that breaks the line of a log, and a mark
    /// where it continues.
    pub(super) fn push_excerpt(&mut self, text: &[u8]) {
        const LONGEST: usize = 40;
        for (index, &byte) in text.iter().enumerate() {
            // Cut before a character, never within one.
            if index >= LONGEST && byte & 0xc0 != 0x80 {
                self.push(CUT_MARK);
                break;
            }
            self.push_byte(if byte < b' ' || byte == 0x7f { b'?' } else { byte });
        }
    }

    /// Writes what stands between a path and what follows it; nothing where there is no path.
    pub(super) fn push_after_path(&mut self, text: &str) {
        if self.len > PREFIX.len() {
            self.push(text);
        }
    }

    /// How much of the path is written, for [`truncate`](Self::truncate).
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Goes back to where the path was.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    /// The finished message.
    pub(super) fn finish(&mut self) -> &str {
        // Half a character may stand where a message is cut.
        let text = self.bytes.get(..self.len.min(MAX_LEN)).unwrap_or_default();
        let whole = utf8::valid_len(text);
        if self.len > MAX_LEN {
            self.len = whole;
            self.push(CUT_MARK);
        }
        self.bytes.get(..self.len).and_then(backend::text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    fn begun() -> Message {
        let mut message = Message::new();
        message.begin();
        message
    }

    #[test]
    fn a_message_is_cut_with_a_mark_and_stays_text() {
        for text in ["x", "ä", "€", "😀"] {
            let mut message = begun();
            message.push(&text.repeat(LIMIT));
            let cut = message.finish();
            assert!(cut.starts_with(PREFIX) && cut.ends_with(CUT_MARK) && cut.len() <= LIMIT);
        }
        let mut message = begun();
        message.push(&"x".repeat(MAX_LEN - PREFIX.len()));
        assert!(!message.finish().ends_with(CUT_MARK));
    }

    #[test]
    fn an_excerpt_is_cut_before_a_character_and_has_no_line_ends() {
        let excerpt = |text: &str| {
            let mut message = begun();
            message.push_excerpt(text.as_bytes());
            std::string::String::from(message.finish().trim_start_matches(PREFIX))
        };
        assert_eq!(excerpt("a\nb\u{7f}"), "a?b?");
        assert_eq!(excerpt(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(excerpt(&"x".repeat(41)), "x".repeat(40) + "…");
        assert_eq!(excerpt(&"€".repeat(20)), "€".repeat(14) + "…");
    }

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 9, 10, 65_536, usize::MAX] {
            let mut message = begun();
            message.push_number(number);
            assert_eq!(message.finish(), std::format!("{PREFIX}{number}"));
        }
    }
}
