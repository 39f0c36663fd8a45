//! Durations and sizes, with their units.

use core::time::Duration;

use super::types::FromConfig;
use super::value::{Invalid, Value};

/// A number of bytes, with a unit: `64KiB`, `1.5MB`, or a bare number of bytes.
///
/// `KB`, `MB`, `GB` and `TB` are powers of 1000; `KiB`, `MiB`, `GiB` and `TiB`, also without the `B`,
/// powers of 1024. Case does not matter, nor does a blank before the unit. `64K` is an error, since
/// some read it as 64,000 and some as 65,536.
///
/// ```
/// use http_wasm_sdk::config::{ByteSize, from_bytes};
/// assert_eq!(from_bytes::<ByteSize>(br#""64KiB""#).unwrap(), ByteSize(65_536));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

type Units = [(&'static str, u64)];

/// In nanoseconds.
const OF_TIME: &Units = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// In bytes.
const OF_SIZE: &Units = &[
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("ki", 1 << 10),
    ("mib", 1 << 20),
    ("mi", 1 << 20),
    ("gib", 1 << 30),
    ("gi", 1 << 30),
    ("tib", 1 << 40),
    ("ti", 1 << 40),
];

/// Takes a number with its unit from the front of `text`, in the smallest unit.
///
/// A fraction of the smallest part is cut off. `None` where there is no number with one of these
/// units, or the result has more than 64 bits.
fn take(text: &mut &[u8], units: &Units) -> Option<u64> {
    let mut amount = 0_u64;
    let mut digits = 0;
    // What a digit after the point is a part of, once the point was seen.
    let mut divisor = 0_u64;
    let mut rest = *text;
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' => {
                amount = amount.checked_mul(10)?.checked_add((byte & 15).into())?;
                divisor = divisor.checked_mul(10)?;
                digits += 1;
            }
            b'.' if divisor == 0 && digits > 0 => divisor = 1,
            _ => break,
        }
        rest = tail;
    }
    rest = rest.trim_ascii_start();
    let end =
        rest.iter().position(|byte| byte.is_ascii_digit() || *byte == b' ').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end)?;
    let factor = units.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(unit))?.1;
    if digits == 0 || divisor == 1 {
        return None;
    }
    *text = rest.trim_ascii_start();
    let all = u128::from(amount) * u128::from(factor) / u128::from(divisor.max(1));
    u64::try_from(all).ok()
}

/// With units: `250ms`, `5s`, `1m30s`, `1.5h`. Units are `ns`, `us`, `ms`, `s`, `m`, `h` and `d`; none
/// is needed for `0` only.
impl FromConfig for Duration {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut text = value.word();
        if text == b"0" {
            return Ok(Self::ZERO);
        }
        let mut all = Some(0_u64);
        loop {
            all = all.and_then(|all| all.checked_add(take(&mut text, OF_TIME)?));
            match all {
                None => return Err(value.expected("a duration with units, such as 5s or 1m30s")),
                Some(nanos) if text.is_empty() => return Ok(Self::from_nanos(nanos)),
                Some(_) => {}
            }
        }
    }
}

impl FromConfig for ByteSize {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut text = value.word();
        match take(&mut text, OF_SIZE) {
            Some(size) if text.is_empty() => Ok(Self(size)),
            _ => Err(value.expected("a size in bytes, such as 64KiB or 1MB")),
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::config::owned::from_bytes;
    extern crate std;
    use std::format;

    #[test]
    fn durations_are_read_in_words() {
        for (text, nanos) in [
            ("0", 0),
            ("0s", 0),
            ("7ns", 7),
            ("1us", 1_000),
            ("1µs", 1_000),
            ("250ms", 250_000_000),
            ("5s", 5_000_000_000),
            (" 5 s ", 5_000_000_000),
            ("5S", 5_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1m 30s", 90_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("0.000000001s", 1),
            ("1d", 86_400_000_000_000),
            ("18446744073709551615ns", u64::MAX),
        ] {
            let document = format!("\"{text}\"");
            let read = from_bytes::<Duration>(document.as_bytes());
            assert_eq!(read.unwrap(), Duration::from_nanos(nanos), "{text}");
        }
        assert_eq!(from_bytes::<Duration>(b"0").unwrap(), Duration::ZERO);
    }

    #[test]
    fn what_is_no_duration_is_an_error_that_asks_for_units() {
        let bad = [
            "5",
            "",
            "s",
            "-5s",
            "5x",
            "5s5",
            "1.s",
            ".5s",
            "1..5s",
            "1.5.5s",
            "18446744073709551616ns",
            "999999d999999d",
            "5,s",
        ];
        for text in bad {
            let error = from_bytes::<Duration>(format!("\"{text}\"").as_bytes()).unwrap_err();
            let found = if text == "5" { text.into() } else { format!("\"{text}\"") };
            let found = if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
                format!("\"{text}\"")
            } else {
                found
            };
            assert_eq!(
                format!("{error}"),
                format!("expected a duration with units, such as 5s or 1m30s, found {found}")
            );
        }
        let bare = from_bytes::<Duration>(b"5").unwrap_err();
        assert_eq!(
            format!("{bare}"),
            "expected a duration with units, such as 5s or 1m30s, found 5"
        );
    }

    #[test]
    fn sizes_are_read_in_words() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("64KiB", 65_536),
            ("64 kib", 65_536),
            ("64Ki", 65_536),
            ("1MB", 1_000_000),
            ("1.5MiB", 1_572_864),
            ("2GB", 2_000_000_000),
            ("1TiB", 1 << 40),
        ] {
            let read = from_bytes::<ByteSize>(format!("\"{text}\"").as_bytes());
            assert_eq!(read.unwrap(), ByteSize(bytes), "{text}");
        }
        assert_eq!(from_bytes::<ByteSize>(b"4096").unwrap(), ByteSize(4096));
        for bad in ["64K", "-1", "", "KiB", "1MB1", "1 2", "99999999TiB", "1e3"] {
            let error = from_bytes::<ByteSize>(format!("\"{bad}\"").as_bytes()).unwrap_err();
            assert!(format!("{error}").starts_with("expected a size in bytes"), "{bad}");
        }
    }
}
