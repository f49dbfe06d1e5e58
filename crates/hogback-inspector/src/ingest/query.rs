//! The query parameters that ingest routes read.

use jiff::Timestamp;

/// What a client may say in the URL instead of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The payload itself, for requests without a body.
    pub data: Option<String>,
    /// The compression the client names; only a hint, since clients forget it.
    pub compression: Option<String>,
    /// When the client sent this, by its own clock.
    pub sent_at: Option<Timestamp>,
    /// Whether the client wants an empty answer.
    pub beacon: bool,
}

impl Query {
    /// Reads the text after the `?`; unknown parameters and unreadable values are passed over.
    pub fn read(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.as_ref() {
                "data" => query.data = Some(value.into_owned()),
                "compression" => query.compression = Some(value.into_owned()),
                "_" | "sent_at" => query.sent_at = value.parse().ok().and_then(from_milliseconds),
                "beacon" => query.beacon = value == "1",
                _ => {}
            }
        }
        query
    }
}

fn from_milliseconds(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_old_browsers_put_there() {
        let query = Query::read("ip=1&_=1795418355464&ver=1.2&compression=gzip-js&beacon=1");
        assert_eq!(
            query.sent_at,
            Timestamp::from_millisecond(1_795_418_355_464).ok()
        );
        assert_eq!(query.compression.as_deref(), Some("gzip-js"));
        assert!(query.beacon);
        assert_eq!(query.data, None);
    }

    #[test]
    fn nonsense_is_passed_over() {
        assert_eq!(Query::read("_=soon&beacon=maybe&&=&%zz"), Query::default());
    }
}
