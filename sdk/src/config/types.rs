//! What a field of the configuration can be.

use super::number::{self, Number};
use super::value::{Invalid, Value};

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, string::String};

/// A type that can be read from the configuration: the type of a field, and of the parameter of a handler's
/// `new`. For types of your own there is `#[derive(Config)]`, or an implementation by hand:
///
/// ```
/// use http_wasm_sdk::config::{self, FromConfig, Invalid, Value};
/// use core::net::IpAddr;
///
/// #[derive(Debug, PartialEq)]
/// struct Address(IpAddr);
///
/// impl FromConfig for Address {
///     fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
///         let address = value.text()?.parse();
///         address.map(Address).map_err(|_| value.expected("an IP address"))
///     }
/// }
///
/// let read = config::from_bytes::<Vec<Address>>;
/// assert_eq!(read(br#"["::1"]"#).unwrap(), [Address("::1".parse().unwrap())]);
/// let error = read(br#""127.0.0.1, x""#).unwrap_err();
/// assert_eq!(error.to_string(), r#"[1]: expected an IP address, found "x""#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the configuration",
    label = "not a type of configuration",
    note = "it can be `bool`, a number, `char`, `String`, `Option` or `Vec` of such a type, `Map` from one to another, `Duration`, `ByteSize`, or a type of yours with #[derive(Config)]"
)]
pub trait FromConfig: Sized {
    /// Reads the value; it may be absent, which is an error for most types.
    ///
    /// # Errors
    /// Where the value is not what the type expects: [`Value::expected`] makes the error.
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid>;
}

impl FromConfig for bool {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        Ok(value.one_of("true, false")? == 0)
    }
}

impl FromConfig for char {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut characters = value.text()?.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(value.expected("one character")),
        }
    }
}

/// A whole number of at most 64 bits without its sign, or an error that names the range: at most
/// `most`, or for a negative one at most `least`.
fn whole(
    value: &mut Value<'_>,
    least: u64,
    most: u64,
    range: &str,
) -> Result<(bool, u64), Invalid> {
    let word = value.word();
    let negative = word.starts_with(b"-");
    match number::read(word) {
        Number::Whole(magnitude) if magnitude <= if negative { least } else { most } => {
            Ok((negative, magnitude))
        }
        Number::Not => Err(value.expected("a number")),
        _ => Err(value.expected(range)),
    }
}

fn unsigned(value: &mut Value<'_>, most: u64, range: &str) -> Result<u64, Invalid> {
    whole(value, 0, most, range).map(|(_, magnitude)| magnitude)
}

fn signed(value: &mut Value<'_>, most: i64, range: &str) -> Result<i64, Invalid> {
    let most = most as u64;
    let (negative, magnitude) = whole(value, most + 1, most, range)?;
    let number = magnitude as i64;
    Ok(if negative { number.wrapping_neg() } else { number })
}

macro_rules! integers {
    ($read:ident as $wide:ident; $($ty:ident $least:literal $most:literal)+) => {
        $(
            impl FromConfig for $ty {
                fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
                    let range = concat!("a whole number from ", $least, " to ", $most);
                    $read(value, $most as $wide, range).map(|number| number as Self)
                }
            }

            const _: () = assert!($ty::MAX as u64 == $most);
        )+
    };
}

integers! { unsigned as u64;
    u8 0 255
    u16 0 65535
    u32 0 4294967295
    u64 0 18446744073709551615
}

integers! { signed as i64;
    i8 "-128" 127
    i16 "-32768" 32767
    i32 "-2147483648" 2147483647
    i64 "-9223372036854775808" 9223372036854775807
}

macro_rules! wide_integers {
    ($($ty:ident)+) => {
        $(
            impl FromConfig for $ty {
                fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
                    let number = value.word();
                    if number::read(number) == Number::Not {
                        return Err(value.expected("a number"));
                    }
                    let whole = number.split(|&byte| byte == b'.').next().unwrap_or_default();
                    let text = core::str::from_utf8(whole).unwrap_or_default();
                    let zeros = number.iter().skip(whole.len() + 1).all(|&byte| byte == b'0');
                    text.parse().ok().filter(|_| zeros).ok_or_else(|| {
                        value.expected(concat!("a whole number that fits into ", stringify!($ty)))
                    })
                }
            }
        )+
    };
}

// Widths that few need and that cost more.
wide_integers! { u128 i128 }

impl FromConfig for usize {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        unsigned(value, Self::MAX as u64, "a whole number that fits into usize")
            .map(|number| number as Self)
    }
}

impl FromConfig for isize {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        signed(value, Self::MAX as i64, "a whole number that fits into isize")
            .map(|number| number as Self)
    }
}

impl<T: FromConfig> FromConfig for Option<T> {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        if value.is_absent() { Ok(None) } else { T::from_config(value).map(Some) }
    }
}

#[cfg(feature = "alloc")]
impl FromConfig for String {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        value.text().map(Into::into)
    }
}

#[cfg(feature = "alloc")]
impl FromConfig for Box<str> {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        value.text().map(Into::into)
    }
}

/// A type whose default may be written as a text: for the code of `#[derive(Config)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the default of a `{Self}` is not a text",
    label = "this is a `{Self}`",
    note = "write the value itself, such as `default = 5` or `default = Duration::from_secs(5)`"
)]
pub trait DefaultText {
    /// The default.
    fn of(text: &'static str) -> Self;
}

#[cfg(feature = "alloc")]
impl DefaultText for String {
    fn of(text: &'static str) -> Self {
        text.into()
    }
}

#[cfg(feature = "alloc")]
impl DefaultText for Box<str> {
    fn of(text: &'static str) -> Self {
        text.into()
    }
}
