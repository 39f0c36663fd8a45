//! Numbers as JSON writes them.

/// What a text is as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// No number at all.
    Not,
    /// A whole one written without an exponent, of at most 64 bits; this is without its sign.
    Whole(u64),
    /// Any other one.
    Other,
}

/// What a byte is in a number, as a column of [`NEXT`] from the right; a digit of [`CLASSES`] for each
/// byte from `+` to `9`, the first one lowest.
const CLASSES: u64 = 0x111_1111_110f_42f3;
const LETTER_E: u32 = 5;
const NONE: u32 = 15;

/// What comes next, by what came before: the states of a machine. Each row has the next state, 0 where
/// there is no number, for a zero, another digit, a minus, a plus, a point and an `e`: a hexadecimal
/// digit each, the first one lowest.
const NEXT: [u32; 16] = [
    0,          // 0, no number
    0x00_02_43, // 1, at the start: sign, zero, digits
    0x00_00_43, // 2, after a minus
    0x75_00_00, // 3, after the only zero
    0x75_00_44, // 4, in digits
    0x00_00_66, // 5, after the point
    0x70_00_66, // 6, in the fraction
    0x00_88_99, // 7, after the `e`
    0x00_00_99, // 8, after the sign of the exponent
    0x00_00_99, // 9, in the exponent
    0,          // and none to which a row leads
    0, 0, 0, 0, 0,
];

/// The states in which a number may end, as bits.
const ENDS: u32 = 1 << 3 | 1 << 4 | 1 << 6 | 1 << 9;

/// Reads a number as JSON writes it.
pub(super) fn read(text: &[u8]) -> Number {
    let mut state = 1;
    let mut whole = true;
    let mut magnitude = 0_u64;
    for &byte in text {
        let class = match byte.wrapping_sub(b'+') {
            offset @ ..15 => (CLASSES >> (4 * offset)) as u32 & 15,
            _ if byte | 0x20 == b'e' => LETTER_E,
            _ => NONE,
        };
        let row = NEXT[state as usize];
        state = row.wrapping_shr(4 * class) & 15;
        if state == 4 {
            // Not `checked_mul`, which is a library function of its own.
            let tens = magnitude.wrapping_mul(10);
            whole &= magnitude <= u64::MAX / 10;
            magnitude = tens.wrapping_add((byte & 15).into());
            whole &= magnitude >= tens;
        }
        whole &= state < 6 || byte == b'0' && state == 6;
    }
    if ENDS >> state & 1 == 0 {
        Number::Not
    } else if whole {
        Number::Whole(magnitude)
    } else {
        Number::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_json_says() {
        let good = ["1.5", "-12.50e-3", "1E+99999999999999999999", "0e0", "10e00", "-0.1", "1e-0"];
        for good in good {
            assert_eq!(read(good.as_bytes()), Number::Other, "{good}");
        }
        let bad = [
            "", "-", "01", "-01", "00", "1.", ".1", "1.e1", "1e", "1e+", "+1", "1 ", " 1", "--1",
            "1e1.5", "x", "1x", "0x1", "1e1e1", "1.1.1", "1-", "e", "1e+-1", "-e1", "1_000",
        ];
        for bad in bad {
            assert_eq!(read(bad.as_bytes()), Number::Not, "{bad}");
        }
    }

    #[test]
    fn a_whole_number_may_end_in_a_fraction_of_zeros() {
        for (text, magnitude) in [
            ("0", 0),
            ("-0", 0),
            ("0.0", 0),
            ("5", 5),
            ("-10", 10),
            ("5.000000", 5),
            ("18446744073709551609", 18_446_744_073_709_551_609),
            ("18446744073709551610", 18_446_744_073_709_551_610),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551615.0", u64::MAX),
        ] {
            assert_eq!(read(text.as_bytes()), Number::Whole(magnitude), "{text}");
        }
        for text in [
            "18446744073709551616",
            "18446744073709551619",
            "18446744073709551620",
            "28446744073709551615",
            "184467440737095516150",
            "5.5",
            "5.05",
            "5.50",
            "5e2",
        ] {
            assert_eq!(read(text.as_bytes()), Number::Other, "{text}");
        }
    }
}
