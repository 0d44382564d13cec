//! Days: those on which suppressions end, and the one on which the program runs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// A day; `None` for one that no calendar has.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The day, in UTC, of a time in seconds since 1970; `None` for times beyond the year 9999.
    #[must_use]
    pub fn of_unix_seconds(seconds: i64) -> Option<Self> {
        let time = Timestamp::from_second(seconds).ok()?;
        Some(Self(time.to_zoned(TimeZone::UTC).date()))
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_shaped = text.len() == "2026-12-31".len()
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let date: Option<civil::Date> = text.parse().ok().filter(|_| is_shaped);
        date.map(Self)
            .ok_or_else(|| "a day is due here, such as `2026-12-31`".to_owned())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for text in ["2026-12-31", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "20261231",
            "2026-12-31T00",
            "31.12.2026",
            "",
            "2026/12/31",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_on_its_day_in_utc() {
        assert_eq!(Date::of_unix_seconds(0), Date::new(1970, 1, 1));
        assert_eq!(Date::of_unix_seconds(951_868_799), Date::new(2000, 2, 29));
        assert_eq!(Date::of_unix_seconds(951_868_800), Date::new(2000, 3, 1));
        assert_eq!(Date::of_unix_seconds(i64::MAX), None);
    }
}
