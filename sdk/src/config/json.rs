//! Reads JSON: checks a document, and writes it in place in a form that needs no further checks.
//!
//! In that form whitespace is gone, strings are decoded and have no closing quote, and each byte of
//! structure is one that UTF-8 text never has. So a value is a range, and going through it is a search
//! for marks. Decoding never makes anything longer, so the form fits where the document was.

use super::number::{self, Number};

/// Begins a string; numbers, `true` and `false` stand by themselves.
pub(super) const TEXT: u8 = 0xf8;
/// Begins an object: keys and values follow by turns.
pub(super) const OBJECT: u8 = 0xf9;
/// Begins a list.
pub(super) const LIST: u8 = 0xfa;
/// Stands between two values, and between key and value.
pub(super) const SEPARATOR: u8 = 0xfb;
/// Ends an object or a list.
pub(super) const END: u8 = 0xfc;
/// Stands for `null`.
pub(super) const NULL: u8 = 0xfd;

/// How deep lists and objects may nest.
pub(super) const MAX_DEPTH: u32 = u32::BITS - 2;

/// Why a document is not JSON, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The byte of the document where it goes wrong. It and all after it are as they were.
    pub(super) at: usize,
    /// What was expected there.
    pub(super) expected: &'static str,
}

/// Checks a document and writes it in the form of this module to the front of `bytes`, which must be
/// UTF-8. Gives the length: 0 where there is nothing but whitespace.
pub(super) fn compact(bytes: &mut [u8]) -> Result<usize, Malformed> {
    let mut scanner = Scanner { bytes, token: 0, read: 0, write: 0, expected: "JSON" };
    if scanner.document() {
        Ok(scanner.write)
    } else {
        Err(Malformed { at: scanner.token, expected: scanner.expected })
    }
}

struct Scanner<'b> {
    bytes: &'b mut [u8],
    /// Where the last token begins: what is wrong with a document is wrong there.
    token: usize,
    /// What is left to be read begins here; never before `write`.
    read: usize,
    /// What is written ends here.
    write: usize,
    /// What is expected at the error.
    expected: &'static str,
}

impl Scanner<'_> {
    /// Takes the next byte; at the end a NUL, which a document cannot have.
    #[inline(never)]
    fn take(&mut self) -> u8 {
        let byte = self.bytes.get(self.read).copied().unwrap_or(0);
        self.read += 1;
        byte
    }

    /// Takes the first byte that is no whitespace.
    fn take_token(&mut self) -> u8 {
        loop {
            self.token = self.read;
            match self.take() {
                b' ' | b'\n' | b'\r' | b'\t' => {}
                byte => return byte,
            }
        }
    }

    #[inline(never)]
    fn write(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.write) {
            *place = byte;
        }
        self.write += 1;
    }

    /// Whether it is one, or nothing.
    fn document(&mut self) -> bool {
        // Where this is: a bit per level, the innermost lowest, 1 in an object and 0 in a list; below
        // them, the lowest at the top, a guard.
        const TOP: u32 = 0b10;
        let mut nesting = TOP;
        let mut byte = self.take_token();
        if self.token >= self.bytes.len() {
            return true;
        }
        loop {
            // Here a value or a key with its value begins.
            if nesting & 1 == 1 {
                if byte != b'"' || !self.string() || self.take_token() != b':' {
                    return false;
                }
                self.write(SEPARATOR);
                byte = self.take_token();
            }
            // Both kinds of brackets differ in one bit, which tells them apart.
            const OBJECT_BIT: u8 = b'{' ^ b'[';
            if byte | OBJECT_BIT == b'{' {
                if nesting >> (MAX_DEPTH + 1) != 0 {
                    self.expected = "less nesting";
                    return false;
                }
                nesting = nesting << 1 | u32::from(byte == b'{');
                self.write(if byte == b'{' { OBJECT } else { LIST });
                byte = self.take_token();
                if byte != closing(nesting) {
                    continue;
                }
            } else {
                if !(if byte == b'"' { self.string() } else { self.literal() }) {
                    return false;
                }
                byte = self.take_token();
            }
            // Here a value has ended, or a list or an object ends.
            loop {
                if nesting == TOP {
                    return self.token >= self.bytes.len();
                }
                if byte == b',' {
                    self.write(SEPARATOR);
                    byte = self.take_token();
                    break;
                }
                if byte != closing(nesting) {
                    return false;
                }
                self.write(END);
                nesting >>= 1;
                byte = self.take_token();
            }
        }
    }

    /// A number or one of three words, whose first byte is taken.
    fn literal(&mut self) -> bool {
        while !matches!(self.take(), 0..=b' ' | b',' | b']' | b'}') {}
        self.read -= 1;
        let literal = self.bytes.get(self.token..self.read).unwrap_or_default();
        if literal == b"null" {
            self.write(NULL);
            return true;
        }
        if literal != b"true" && literal != b"false" && number::read(literal) == Number::Not {
            return false;
        }
        for index in self.token..self.read {
            let byte = self.bytes.get(index).copied().unwrap_or(0);
            self.write(byte);
        }
        true
    }

    /// A string whose opening quote is taken.
    fn string(&mut self) -> bool {
        self.write(TEXT);
        loop {
            self.token = self.read;
            match self.take() {
                b'"' => return true,
                // No line ends and the like, nor the end of the document.
                0..b' ' => return false,
                b'\\' => {
                    if !self.escape() {
                        self.expected = "an escape sequence of JSON";
                        return false;
                    }
                }
                byte => self.write(byte),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> bool {
        const NAMES: &[u8; 8] = b"bfnrt\"\\/";
        const MEANINGS: &[u8; 8] = b"\x08\x0c\n\r\t\"\\/";
        let byte = self.take();
        for (&name, &meaning) in NAMES.iter().zip(MEANINGS) {
            if byte == name {
                self.write(meaning);
                return true;
            }
        }
        byte == b'u' && self.unicode()
    }

    /// What follows `\u`.
    fn unicode(&mut self) -> bool {
        let mut code = self.unit();
        // Half of a character beyond 16 bits; the other half must follow.
        if code >> 10 == 0xd800 >> 10 {
            if self.take() != b'\\' || self.take() != b'u' {
                return false;
            }
            let low = self.unit();
            if low >> 10 != 0xdc00 >> 10 {
                return false;
            }
            code = 0x1_0000 + ((code & 0x3ff) << 10 | low & 0x3ff);
        }
        if char::from_u32(code).is_none() {
            return false;
        }
        // By hand: the function of the standard library brings a panic into the guest.
        let mut follows = match code {
            ..0x80 => {
                self.write(code as u8);
                return true;
            }
            0x80..0x800 => 1,
            0x800..0x1_0000 => 2,
            _ => 3,
        };
        // As many leading ones as there are bytes.
        self.write((0x7f80_u32 >> follows | code >> (6 * follows)) as u8);
        while follows > 0 {
            follows -= 1;
            self.write((code >> (6 * follows)) as u8 & 0x3f | 0x80);
        }
        true
    }

    /// Four hexadecimal digits; no code of a character where they are not.
    fn unit(&mut self) -> u32 {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()).to_digit(16).unwrap_or(u32::MAX);
            unit = unit << 4 | digit;
        }
        unit
    }
}

/// The bracket that ends the innermost object or list.
fn closing(nesting: u32) -> u8 {
    if nesting & 1 == 1 { b'}' } else { b']' }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    /// The compact form with marks that can be read.
    fn compacted(document: &str) -> Result<String, Malformed> {
        let mut bytes = Vec::from(document);
        let len = compact(&mut bytes)?;
        Ok(bytes[..len]
            .utf8_chunks()
            .flat_map(|chunk| {
                let marks = chunk.invalid().iter().map(|mark| match *mark {
                    TEXT => '\'',
                    OBJECT => '{',
                    LIST => '[',
                    SEPARATOR => '|',
                    END => '>',
                    NULL => '0',
                    other => panic!("{other:x}"),
                });
                chunk.valid().chars().chain(marks).collect::<Vec<_>>()
            })
            .collect())
    }

    fn error(document: &str) -> (usize, &'static str) {
        let Malformed { at, expected } = compacted(document).unwrap_err();
        (at, expected)
    }

    #[test]
    fn a_document_keeps_what_it_says_and_loses_the_rest() {
        for (document, form) in [
            ("", ""),
            (" \r\n\t", ""),
            ("null", "0"),
            (" -1.5e+3 ", "-1.5e+3"),
            ("{ }", "{>"),
            ("[ ]", "[>"),
            (r#"{"a" : [1, true, "x"], "b":{"c":null}}"#, "{'a|[1|true|'x>|'b|{'c|0>>"),
            (r#"["", "", [[]]]"#, "['|'|[[>>>"),
            (r#""\"\\\/\b\f\n\r\t""#, "'\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u0041\u00e4\u20AC\ud83d\ude00\u0000ä€😀""#, "'Aä€😀\0ä€😀"),
        ] {
            assert_eq!(compacted(document).as_deref(), Ok(form), "{document}");
        }
    }

    #[test]
    fn every_character_survives_its_escape() {
        for character in
            ['\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', char::MAX]
        {
            let mut units = [0; 2];
            let mut document = String::from("\"");
            for unit in character.encode_utf16(&mut units) {
                document += &std::format!("\\u{unit:04x}");
            }
            document.push('"');
            assert_eq!(compacted(&document).unwrap(), std::format!("'{character}"));
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_goes_wrong() {
        for (document, at) in [
            ("hello", 0),
            ("{", 1),
            ("[1", 2),
            ("[1,]", 3),
            ("[,1]", 1),
            ("[1 2]", 3),
            ("{\"a\"}", 4),
            ("{\"a\":}", 5),
            ("{\"a\":1,}", 7),
            ("{1:2}", 1),
            ("{a:2}", 1),
            ("[1}", 2),
            ("{]", 1),
            ("]", 0),
            ("1 2", 2),
            ("[] []", 3),
            ("{\"a\":1:2}", 5),
            ("nul", 0),
            ("nulls", 0),
            ("True", 0),
            ("01", 0),
            ("-", 0),
            ("1.", 0),
            (".5", 0),
            ("+1", 0),
            ("1e", 0),
            ("0x1", 0),
            ("NaN", 0),
            ("'a'", 0),
            ("// a", 0),
            ("\0", 0),
            ("\u{feff}{}", 0),
            ("[\"abc", 5),
            ("\"a\nb\"", 2),
            ("\"a\0\"", 2),
        ] {
            assert_eq!(error(document), (at, "JSON"), "{document}");
        }
    }

    #[test]
    fn bad_escapes_are_refused() {
        let bad = [
            "\\x",
            "\\u",
            "\\u12",
            "\\u12g4",
            "\\ud800",
            "\\ud800x",
            "\\ud800\\n",
            "\\udc00",
            "\\ud800\\ud800",
            "\\ud800\\u",
            "\\u+123",
            "\\U0041",
            "\\u00e",
        ];
        for bad in bad {
            for document in [std::format!("\"é{bad}\""), std::format!("\"é{bad}")] {
                assert_eq!(error(&document), (3, "an escape sequence of JSON"), "{document}");
            }
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let most = MAX_DEPTH as usize;
        assert!(compacted(&nested(most)).is_ok());
        assert_eq!(error(&nested(most + 1)), (most, "less nesting"));
        assert!(compacted(&"{\"a\":".repeat(100_000)).is_err());
    }
}
