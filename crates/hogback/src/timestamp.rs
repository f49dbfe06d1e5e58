//! When an event happened: an instant in UTC with microseconds.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter, Pieces};
use jiff::tz::{Offset, TimeZone};

/// An instant. Its text is RFC 3339 in UTC with the offset written out, microseconds only when there are some:
/// `2031-05-06T07:08:09.120000+00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

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
        static PARSER: DateTimeParser = DateTimeParser::new();
        let text = text.trim();
        let pieces: Pieces<'_> = PARSER.parse_pieces(text).ok()?;
        let civil = pieces.date().to_datetime(pieces.time()?);
        match pieces.to_numeric_offset() {
            Some(offset) => Self::at_offset(civil, offset),
            None => Self::from_naive(civil, now, &TimeZone::system()),
        }
    }

    fn at_offset(civil: DateTime, offset: Offset) -> Option<Self> {
        offset.to_timestamp(civil).ok().map(Self)
    }

    fn from_naive(civil: DateTime, now: Self, local: &TimeZone) -> Option<Self> {
        let as_local = local.to_timestamp(civil).ok();
        let age = as_local.and_then(|then| Duration::try_from(now.0.duration_since(then)).ok());
        match (as_local, age) {
            (Some(then), Some(age)) if age <= RECENT => Some(Self(then)),
            _ => Self::at_offset(civil, Offset::UTC),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
        static MICROSECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        let printer = if self.0.subsec_microsecond() == 0 {
            &SECONDS
        } else {
            &MICROSECONDS
        };
        // Zero-offset printing: the printer's own texts of a `Timestamp` end in `Z`, which the protocol does not use.
        let written = printer.print_timestamp_with_offset(&self.0, Offset::UTC, StdFmtWrite(f));
        written.map_err(|_| fmt::Error)
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
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = Timestamp("2031-05-06T10:00:00Z".parse().unwrap());
        let naive = |text: &str| {
            Timestamp::from_naive(text.parse().unwrap(), now, &zone)
                .unwrap()
                .to_string()
        };
        assert_eq!(naive("2031-05-06T11:59:57"), "2031-05-06T09:59:57+00:00");
        assert_eq!(naive("2031-05-06T11:59:50"), "2031-05-06T11:59:50+00:00");
        assert_eq!(naive("2031-05-06T12:00:01"), "2031-05-06T12:00:01+00:00");
    }
}
