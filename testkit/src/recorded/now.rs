//! Points in time: what the wall clock shows during an exchange.

use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer};
use toml::value::{Datetime, Offset};

/// Since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy)]
pub(super) struct Now(pub(super) Duration);

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Form {
    Date(Datetime),
    Text(String),
}

impl<'de> Deserialize<'de> for Now {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "wanted date, time and offset since 1970, such as 2026-01-01T00:00:00Z";
        let form =
            Form::deserialize(deserializer).map_err(|_| de::Error::custom(wanted.to_owned()))?;
        let (shown, date) = match form {
            Form::Date(date) => (date.to_string(), Some(date)),
            Form::Text(text) => (text.clone(), text.parse().ok()),
        };
        date.and_then(since_epoch)
            .map(Self)
            .ok_or_else(|| de::Error::custom(format_args!("found the time {shown:?}, {wanted}")))
    }
}

fn since_epoch(datetime: Datetime) -> Option<Duration> {
    let (date, time) = (datetime.date?, datetime.time?);
    let minutes = match datetime.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days(date.year.into(), date.month.into(), date.day.into());
    let seconds = i64::from(time.hour) * 3_600
        + i64::from(time.minute) * 60
        + i64::from(time.second.unwrap_or(0));
    let seconds = u64::try_from(days * 86_400 + seconds - minutes * 60).ok()?;
    Some(Duration::new(seconds, time.nanosecond.unwrap_or(0)))
}

/// The days from 1970-01-01 to a day of the Gregorian calendar. Years begin in March here, so that the
/// day that some years have more is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct File {
        now: Now,
    }

    fn read(value: &str) -> Result<Duration, String> {
        let file: Result<File, _> = toml::from_str(&format!("now = {value}"));
        file.map(|file| file.now.0).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn points_in_time_are_read_as_dates_and_as_texts() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("2026-01-01T01:30:00+01:30", 1_767_225_600),
            ("2025-12-31T19:00:00-05:00", 1_767_225_600),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(read(text), Ok(Duration::from_secs(seconds)), "{text}");
            assert_eq!(read(&format!("{text:?}")), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(read("1970-01-01T00:00:00.25Z"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn what_is_no_point_in_time_says_what_is_wanted() {
        for text in [
            "\"noon\"",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "12:00:00",
            "1969-12-31T23:59:59Z",
            "7",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains("such as 2026-01-01T00:00:00Z"), "{text}: {error}");
        }
    }
}
