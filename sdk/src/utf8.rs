//! Validates UTF-8. The standard library does the same, faster, in some 700 bytes more, which is a tenth
//! of a guest that reads its configuration.

/// How many bytes from the front are valid UTF-8.
pub(crate) fn valid_len(bytes: &[u8]) -> usize {
    let mut valid = 0;
    let mut read = 0;
    // Of the character that is being read: its bytes, how many are to come, and its number.
    let (mut len, mut missing, mut code) = (0, 0, 0);
    for &byte in bytes {
        read += 1;
        let ones = byte.leading_ones();
        if missing == 0 {
            len = ones;
            missing = ones;
            code = 0;
        }
        // One leading one is a byte that continues a character; it has no place at the front.
        if (missing == len) == (ones == 1) {
            return valid;
        }
        code = code << 6 | u32::from(byte) & 0x7f >> ones;
        missing = missing.saturating_sub(1);
        if missing == 0 {
            // No surrogates, and no more bytes than it takes.
            match char::from_u32(code) {
                Some(character) if character.len_utf8() as u32 == len.max(1) => valid = read,
                _ => return valid,
            }
        }
    }
    valid
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    fn check(bytes: &[u8]) {
        let library = match core::str::from_utf8(bytes) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        assert_eq!(valid_len(bytes), library, "{bytes:x?}");
    }

    #[test]
    fn every_character_is_text() {
        let step = if cfg!(miri) { 997 } else { 1 };
        for character in (0..=u32::from(char::MAX)).step_by(step).filter_map(char::from_u32) {
            check(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    #[test]
    fn one_two_and_three_bytes_are_text_where_the_library_says_so() {
        let step = if cfg!(miri) { 4999 } else { 1 };
        for number in (0..1_u32 << 24).step_by(step) {
            let bytes = number.to_le_bytes();
            if bytes[0] >= 0x80 {
                check(&bytes[..3]);
            }
        }
    }

    #[test]
    fn four_bytes_are_text_where_the_library_says_so() {
        let edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
        for first in (0xc0..=0xff).step_by(if cfg!(miri) { 16 } else { 1 }) {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        check(&[first, second, third, fourth]);
                        check(&[b'a', first, second, third, fourth, b'z']);
                    }
                }
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: if cfg!(miri) { 2 } else { 1000 },
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        fn any_bytes_are_text_where_the_library_says_so(bytes: Vec<u8>, text: std::string::String) {
            check(&bytes);
            check(text.as_bytes());
            check(&[text.as_bytes(), &bytes].concat());
        }
    }
}
