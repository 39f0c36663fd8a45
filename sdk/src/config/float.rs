//! Floating-point numbers from decimal digits: the nearest there is, ties to even.
//!
//! The library's function does the same faster, by tables that are longer than most guests. Here a
//! long integer is multiplied or divided by ten as often as the exponent says.

use super::number;
use super::types::FromConfig;
use super::value::{Invalid, Value};

/// A number in its parts, without the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal<'t> {
    /// The digits before the point.
    whole: &'t [u8],
    /// The digits after the point.
    fraction: &'t [u8],
    /// The power of ten; as good as infinite where it is out of range.
    exponent: i32,
}

impl<'t> Decimal<'t> {
    /// Takes apart what is a number.
    fn of(text: &'t [u8]) -> Self {
        let text = text.strip_prefix(b"-").unwrap_or(text);
        let mut parts = text.splitn(2, |byte| byte | 0x20 == b'e');
        let mut digits = parts.next().unwrap_or_default().splitn(2, |&byte| byte == b'.');
        let power = parts.next().unwrap_or_default();
        let mut exponent = 0;
        for digit in power.iter().filter(|byte| byte.is_ascii_digit()) {
            exponent = (exponent * 10 + i32::from(digit & 15)).min(MAX_POWER);
        }
        if let [b'-', ..] = power {
            exponent = -exponent;
        }
        let whole = digits.next().unwrap_or_default();
        Self { whole, fraction: digits.next().unwrap_or_default(), exponent }
    }
}

/// Powers beyond it are all the same: no configuration has as many digits.
const MAX_POWER: i32 = 100_000_000;

/// What a format of IEEE 754 is made of.
struct Format {
    /// The bits of the significand, with the one that is not stored.
    significand: u32,
    /// The power of two that the lowest bit of the smallest number is worth.
    least: i32,
    /// The exponent field of infinity.
    infinite: u64,
}

const F32: Format = Format { significand: 24, least: -149, infinite: 0xff };
const F64: Format = Format { significand: 53, least: -1074, infinite: 0x7ff };

/// Digits beyond these only matter by whether one is not zero: no tie between two numbers of 64 bits
/// has more than 767.
const MAX_DIGITS: u32 = 770;

/// Decimal exponents beyond it give infinity or zero, whatever the digits.
const MAX_EXPONENT: i32 = 400 + MAX_DIGITS as i32;

/// A whole number of up to 7,680 bits, the lowest first: enough for the most digits together with the
/// zeros that the division by the largest power of ten takes away.
struct Long([u32; 240]);

impl Long {
    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
    }

    /// Divides by ten: whether there was no remainder.
    fn divide(&mut self) -> bool {
        let mut remainder = 0;
        for limb in self.0.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*limb);
            *limb = (dividend / 10) as u32;
            remainder = dividend % 10;
        }
        remainder == 0
    }

    fn shift_limbs(&mut self, count: usize) {
        for index in (0..self.0.len()).rev() {
            let from = index.checked_sub(count).and_then(|from| self.0.get(from)).copied();
            if let Some(limb) = self.0.get_mut(index) {
                *limb = from.unwrap_or(0);
            }
        }
    }

    fn bits(&self) -> i32 {
        let zeros = self.0.iter().rev().take_while(|limb| **limb == 0).count();
        let highest = self.0.iter().rev().nth(zeros).copied().unwrap_or(0);
        (32 * (self.0.len() - zeros)) as i32 - highest.leading_zeros() as i32
    }

    fn bit(&self, index: i32) -> bool {
        let limb = self.0.get((index >> 5) as usize).copied().unwrap_or(0);
        limb >> (index & 31) & 1 == 1
    }
}

/// The bits of the nearest number of this format, without the sign; `None` beyond the largest one.
fn nearest(number: Decimal<'_>, format: &Format) -> Option<u64> {
    let mut long = Long([0; 240]);
    let mut exponent = number.exponent - number.fraction.len() as i32;
    let mut significant = 0;
    let mut exact = true;
    for &digit in number.whole.iter().chain(number.fraction) {
        if significant == MAX_DIGITS {
            exact &= digit == b'0';
            exponent += 1;
        } else if significant > 0 || digit != b'0' {
            long.multiply_add(10, (digit & 15).into());
            significant += 1;
        }
    }
    if significant == 0 || exponent < -MAX_EXPONENT {
        return Some(0);
    }
    if exponent > MAX_EXPONENT {
        return None;
    }
    // Bits below the point: more than the powers of ten can take away and than the significand has.
    let shift = 3 + exponent.min(0).unsigned_abs() as usize / 9;
    for _ in 0..exponent {
        if long.bits() > 1100 {
            return None;
        }
        long.multiply_add(10, 0);
    }
    long.shift_limbs(shift);
    for _ in exponent..0 {
        exact &= long.divide();
    }
    let point = 32 * shift as i32;
    let precision = format.significand as i32;
    // The lowest bit that fits.
    let lowest = (long.bits() - precision).max(format.least + point);
    let mut significand = 0_u64;
    for index in (lowest..lowest + precision).rev() {
        significand = significand << 1 | u64::from(long.bit(index));
    }
    let exact = exact && !(0..lowest - 1).any(|index| long.bit(index));
    if long.bit(lowest - 1) && (!exact || significand & 1 == 1) {
        significand += 1;
    }
    // A significand whose highest bit is one counts the exponent up by one, which is what the format
    // wants; so does one that rounding has made longer.
    let field = (lowest - point - format.least) as u64;
    let bits = significand + (field << (format.significand - 1));
    (bits >> (format.significand - 1) < format.infinite).then_some(bits)
}

/// Whether it is negative, and the bits without the sign.
fn read(value: &mut Value<'_>, format: &Format) -> Result<(bool, u64), Invalid> {
    let text = value.word();
    if number::read(text) == number::Number::Not {
        return Err(value.expected("a number"));
    }
    match nearest(Decimal::of(text), format) {
        Some(bits) => Ok((text.starts_with(b"-"), bits)),
        None => Err(value.expected("a smaller number")),
    }
}

impl FromConfig for f64 {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let (negative, bits) = read(value, &F64)?;
        Ok(Self::from_bits(u64::from(negative) << 63 | bits))
    }
}

impl FromConfig for f32 {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let (negative, bits) = read(value, &F32)?;
        Ok(Self::from_bits(u32::from(negative) << 31 | bits as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::format;

    fn check(text: &str) {
        assert!(number::read(text.as_bytes()) != number::Number::Not, "{text}");
        let number = Decimal::of(text.as_bytes());
        let sign = u64::from(text.starts_with('-'));
        let wide: f64 = text.parse().unwrap();
        let bits = nearest(number, &F64).map(|bits| f64::from_bits(sign << 63 | bits).to_bits());
        assert_eq!(bits, wide.is_finite().then(|| wide.to_bits()), "{text} as f64");
        let narrow: f32 = text.parse().unwrap();
        let bits = nearest(number, &F32).map(|bits| (bits as u32) | (sign as u32) << 31);
        assert_eq!(bits, narrow.is_finite().then(|| narrow.to_bits()), "{text} as f32");
    }

    #[test]
    #[cfg_attr(miri, ignore = "minutes there, and safe code only")]
    fn the_nearest_number_is_found() {
        for text in [
            "0",
            "-0",
            "0.0",
            "1",
            "-1",
            "0.5",
            "0.500000",
            "0.1",
            "3.14159",
            "1e22",
            "1e23",
            "123456789",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.0000000000000000000001",
            "16777217",
            "16777217.0000000001",
            "1.00000005960464477539062500001",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "1e309",
            "1e400",
            "1e99999999999",
            "3.4028235e38",
            "3.4028236e38",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "4.9e-324",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-400",
            "1e-99999999999",
            "1.1754943508222875e-38",
            "7.006492321624085e-46",
            "7.1e-46",
            "0.000000000000000000000000000000000000000000001",
            "0e999999999",
            "1e-1170",
            "1e1170",
        ] {
            check(text);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "minutes there, and safe code only")]
    fn many_digits_are_all_seen() {
        // Exactly between the two smallest numbers above zero, then a bit more, with 767 digits.
        let tie = format!("{:.1100}", f64::from_bits(1));
        let tie = tie.trim_end_matches('0');
        check(tie);
        check(&format!("{tie}0000000000000000000000000000001"));
        let half = "24703282292062327208299439346848";
        for digits in [1_usize, 100, 769, 770, 771, 2000] {
            let zeros = "0".repeat(digits);
            check(&format!("0.{zeros}{half}"));
            check(&format!("9007199254740993.{zeros}1"));
            check(&format!("9007199254740993{zeros}.5"));
            check(&format!("9007199254740993{zeros}e-{digits}"));
            check(&format!("{half}{zeros}1e-{}", digits + 300));
            check(&"9".repeat(digits));
            check(&format!("0.{}", "9".repeat(digits)));
            check(&format!("{}e-{}", "7".repeat(digits), digits + 310));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: 1000,
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        #[cfg_attr(miri, ignore = "minutes there, and safe code only")]
        fn every_number_is_read_as_the_library_does(bits: u64, digits in 1_usize..25) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                check(&format!("{number:e}"));
                check(&format!("{number:.digits$e}"));
                check(&format!("{:e}", f32::from_bits(bits as u32)).replace("NaN", "0").replace("inf", "0"));
            }
        }
    }
}
