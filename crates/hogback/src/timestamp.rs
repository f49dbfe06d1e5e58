//! When an event happened: an instant in UTC with microseconds.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::temporal::{DateTimeParser, Pieces};
use jiff::tz::{Offset, TimeZone};

/// An instant. Its text is RFC 3339 in UTC with the offset written out, microseconds only when there are some:
/// `2031-05-06T07:08:09.120000+00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl From<std::time::SystemTime> for Timestamp {
    /// A time before 1970 becomes its beginning.
    fn from(time: std::time::SystemTime) -> Self {
        let since_epoch = time.duration_since(std::time::UNIX_EPOCH);
        Self::from_unix_time(since_epoch.unwrap_or_default())
    }
}

/// A naive time this recent is taken as local: it is what `datetime.now()` gave a moment ago.
const RECENT: Duration = Duration::from_secs(5);

impl Timestamp {
    /// The instant `since_epoch` after 1970-01-01T00:00:00Z, cut to microseconds.
    pub fn from_unix_time(since_epoch: Duration) -> Self {
        let micros = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
        Self(jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Reads an ISO 8601 date and time, as `2031-05-06T07:08:09Z`, `2031-05-06 07:08+0530` or `2031-05-06T07:08:09.5`.
    ///
    /// A text without an offset is UTC, unless it lies within five seconds before `now` on this machine's local clock:
    /// then it is local time. `None` for anything else, a date without a time included.
    pub fn parse(text: &str, now: Self) -> Option<Self> {
        let here = || TimeZone::system().to_offset(now.0).seconds();
        Self::parse_here(text, now, here)
    }

    /// The same where `offset` tells how many seconds the local clock is before UTC at `now`: it may know better than this
    /// process's environment at its start.
    pub fn parse_here(text: &str, now: Self, offset: impl FnOnce() -> i32) -> Option<Self> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let text = text.trim();
        let pieces: Pieces<'_> = PARSER.parse_pieces(text).ok()?;
        let civil = pieces.date().to_datetime(pieces.time()?);
        match pieces.to_numeric_offset() {
            Some(offset) => Self::at_offset(civil, offset),
            None => Self::from_naive(civil, now, offset()),
        }
    }

    fn at_offset(civil: DateTime, offset: Offset) -> Option<Self> {
        let instant = offset.to_timestamp(civil).ok()?;
        // Not every reader of dates knows a year before the first.
        (Offset::UTC.to_datetime(instant).year() >= 1).then_some(Self(instant))
    }

    fn from_naive(civil: DateTime, now: Self, local: i32) -> Option<Self> {
        let local = Offset::from_seconds(local).unwrap_or(Offset::UTC);
        let as_local = local.to_timestamp(civil).ok();
        let age = as_local.and_then(|then| Duration::try_from(now.0.duration_since(then)).ok());
        match (as_local, age) {
            (Some(then), Some(age)) if age <= RECENT => Some(Self(then)),
            _ => Self::at_offset(civil, Offset::UTC),
        }
    }
}

impl Timestamp {
    /// Appends the text. By hand, since every event has one: the library's printer takes four times as long.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        const WITH_MICROS: usize = "2031-05-06T07:08:09.120000".len();
        const WITHOUT: usize = "2031-05-06T07:08:09".len();
        let civil = Offset::UTC.to_datetime(self.0);
        let mut text = *b"0000-00-00T00:00:00.000000";
        let mut two = |place: usize, number: u32| {
            text[place] += u8::try_from(number / 10 % 10).unwrap_or_default();
            text[place + 1] += u8::try_from(number % 10).unwrap_or_default();
        };
        let part = |number: i8| u32::from(number.unsigned_abs());
        let year = u32::try_from(civil.year()).unwrap_or_default(); // nobody's events are from before the year 0
        two(0, year / 100);
        two(2, year % 100);
        two(5, part(civil.month()));
        two(8, part(civil.day()));
        two(11, part(civil.hour()));
        two(14, part(civil.minute()));
        two(17, part(civil.second()));
        let micros = civil.subsec_nanosecond().unsigned_abs() / 1_000;
        two(20, micros / 10_000);
        two(22, micros / 100 % 100);
        two(24, micros % 100);
        let length = if micros == 0 { WITHOUT } else { WITH_MICROS };
        out.extend_from_slice(&text[..length]);
        out.extend_from_slice(b"+00:00");
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        Timestamp::parse(text, Timestamp::from_unix_time(Duration::ZERO))
            .map_or("-".into(), |t| t.to_string())
    }

    #[test]
    fn the_text_is_utc_with_its_offset_and_microseconds_only_when_there_are_some() {
        assert_eq!(
            at("2031-05-06T07:08:09.12Z"),
            "2031-05-06T07:08:09.120000+00:00"
        );
        assert_eq!(at("2031-05-06T07:08:09+00:00"), "2031-05-06T07:08:09+00:00");
    }

    #[test]
    fn every_part_of_the_text_is_the_librarys() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..10_000 {
            let micros = random.u64(0..253_402_300_799_000_000);
            let micros = micros - micros % [1, 1_000_000][random.usize(0..2)];
            let written = Timestamp::from_unix_time(Duration::from_micros(micros));
            let precision = if micros.is_multiple_of(1_000_000) {
                0
            } else {
                6
            };
            let librarys = format!("{:.precision$}", written.0).replace('Z', "+00:00");
            assert_eq!(written.to_string(), librarys);
        }
    }

    #[test]
    fn offsets_are_converted_to_utc_however_they_are_written() {
        for text in [
            "2031-05-06T12:38:09+05:30",
            "2031-05-06 12:38:09+0530",
            "2031-05-06T07:08:09Z",
        ] {
            assert_eq!(at(text), "2031-05-06T07:08:09+00:00", "{text}");
        }
        assert_eq!(at("2031-05-06T07:08Z"), "2031-05-06T07:08:00+00:00");
    }

    #[test]
    fn dates_without_a_time_and_other_texts_are_refused() {
        for text in ["2031-05-06", "20310506", "1935738489", "yesterday", ""] {
            assert_eq!(at(text), "-", "{text}");
        }
    }

    #[test]
    fn a_naive_time_is_utc_unless_it_is_a_moment_ago_on_the_local_clock() {
        let now = Timestamp("2031-05-06T10:00:00Z".parse().unwrap());
        let naive = |text: &str| {
            let read = Timestamp::parse_here(text, now, || 2 * 3600);
            read.unwrap().to_string()
        };
        assert_eq!(naive("2031-05-06T11:59:57"), "2031-05-06T09:59:57+00:00");
        assert_eq!(naive("2031-05-06T11:59:50"), "2031-05-06T11:59:50+00:00");
        assert_eq!(naive("2031-05-06T12:00:01"), "2031-05-06T12:00:01+00:00");
    }

    #[test]
    fn a_time_before_the_first_year_is_refused() {
        assert_eq!(at("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00+00:00");
        assert_eq!(at("0001-01-01T00:00:00+05:30"), "-");
    }
}
