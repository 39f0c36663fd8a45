//! Closed for maintenance until a point in time, which is the configuration: seconds since 1970. Until
//! then each request is answered with 503, and with the seconds that are left in `retry-after`.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;
use http_wasm_sdk::{config, time};

#[handler]
fn maintenance(_: &mut Request, mut reply: Reply<'_>) -> Result<Option<Responded>, Error> {
    let mut buffer = Buffer::<20>::new();
    let opening =
        number(config::read(&mut buffer)?).ok_or(Error::new("the configuration is no time"))?;
    let left = opening.saturating_sub(time::now()?.as_secs());
    if left == 0 {
        return Ok(None);
    }
    let mut digits = [0; 20];
    reply.headers_mut().insert(known::RETRY_AFTER, HeaderValue::new(decimal(left, &mut digits))?);
    Ok(Some(reply.status(StatusCode::SERVICE_UNAVAILABLE).body("closed for maintenance\n")))
}

fn number(digits: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for digit in digits.trim_ascii() {
        number = number.checked_mul(10)?.checked_add(char::from(*digit).to_digit(10)?.into())?;
    }
    (!digits.is_empty()).then_some(number)
}

/// The digits of a number, which formatting machinery would give at ten times the size.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start = index;
        if number == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::maintenance>("exchanges.toml");
    }
}
