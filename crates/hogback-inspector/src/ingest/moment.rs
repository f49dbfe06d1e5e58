//! The many ways in which clients write a time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Numbers above this are milliseconds: as seconds they would lie past the year 5000.
const LARGEST_SECONDS: f64 = 1e11;

/// Reads ISO 8601 (a time without a zone is UTC) or seconds or milliseconds since 1970.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    text.parse().ok().or_else(|| {
        TimeZone::UTC
            .to_timestamp(text.parse::<DateTime>().ok()?)
            .ok()
    })
}

fn from_number(number: f64) -> Option<Timestamp> {
    let seconds = if number.abs() > LARGEST_SECONDS {
        number / 1_000.0
    } else {
        number
    };
    jiff::SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| Timestamp::from_duration(since).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_writing_names_the_same_moment() {
        let moment: Timestamp = "2026-11-23T07:19:28Z".parse().unwrap();
        for text in [
            "2026-11-23T07:19:28Z",
            "2026-11-23T07:19:28.000000+00:00",
            "2026-11-23 07:19:28",
            "2026-11-23T12:49:28+05:30",
            " 2026-11-23T07:19:28 ",
            "1795418368",
            "1795418368000",
        ] {
            assert_eq!(read(text), Some(moment), "{text}");
        }
    }

    #[test]
    fn a_date_is_its_midnight() {
        assert_eq!(read("2026-11-23"), "2026-11-23T00:00:00Z".parse().ok());
    }

    #[test]
    fn nonsense_is_no_moment() {
        for text in ["", "soon", "NaN", "inf", "1e300", "2026-13-01"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
