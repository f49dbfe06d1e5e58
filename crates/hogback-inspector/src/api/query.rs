//! The parameters of `GET /api/events`. A wrong one is an error, never passed over: a test with a misspelt filter would
//! otherwise pass on other events.

use std::time::Duration;

use crate::store::Filter;

const DEFAULT_LIMIT: usize = 100;
const HIGHEST_LIMIT: usize = 10_000;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What to read, and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventQuery {
    pub(super) filter: Filter,
    pub(super) wait: Option<Duration>,
}

impl EventQuery {
    /// Reads the text after the `?`; the error says what is allowed.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let filter = Filter {
            limit: DEFAULT_LIMIT,
            name: None,
            distinct_id: None,
            session_id: None,
        };
        let mut query = Self { filter, wait: None };
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            // `name=` is how a form leaves a filter out.
            let wanted = (!value.is_empty()).then(|| value.to_string());
            match name.as_ref() {
                "limit" => query.filter.limit = limit(&value)?,
                "wait" => query.wait = Some(wait(&value)?),
                "name" => query.filter.name = wanted,
                "distinct_id" => query.filter.distinct_id = wanted,
                "session_id" => query.filter.session_id = wanted,
                other => {
                    return Err(format!(
                        "there is no parameter {other:?}: use limit, name, distinct_id, session_id or wait"
                    ));
                }
            }
        }
        Ok(query)
    }
}

fn limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|limit| (1..=HIGHEST_LIMIT).contains(limit))
        .ok_or_else(|| format!("limit must be a number from 1 to {HIGHEST_LIMIT}, not {text:?}"))
}

fn wait(text: &str) -> Result<Duration, String> {
    let duration = match text.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse().ok().map(Duration::from_millis),
        None => text
            .strip_suffix('s')
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
    };
    duration
        .filter(|wait| *wait <= LONGEST_WAIT)
        .ok_or_else(|| {
            format!(
                "wait must be a time such as 500ms or 5s, at most {}s, not {text:?}",
                LONGEST_WAIT.as_secs()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parameters_it_is_the_last_hundred_events() {
        let query = EventQuery::read("").unwrap();
        assert_eq!(query.filter.limit, 100);
        assert_eq!(query.wait, None);
        assert_eq!(
            EventQuery::read("name=&distinct_id=&session_id=").unwrap(),
            query
        );
    }

    #[test]
    fn every_parameter_is_understood() {
        let query =
            EventQuery::read("limit=10000&name=a+b&distinct_id=u%26v&session_id=s&wait=500ms")
                .unwrap();
        let wanted = |text: &str| Some(text.to_owned());
        let filter = Filter {
            limit: 10_000,
            name: wanted("a b"),
            distinct_id: wanted("u&v"),
            session_id: wanted("s"),
        };
        assert_eq!(
            query,
            EventQuery {
                filter,
                wait: Some(Duration::from_millis(500))
            }
        );
        assert_eq!(
            EventQuery::read("wait=60s").unwrap().wait,
            Some(Duration::from_secs(60))
        );
    }

    #[test]
    fn a_wrong_parameter_is_an_error_that_says_what_is_allowed() {
        for (text, hint) in [
            ("limit=10001", "1 to 10000"),
            ("limit=0", "1 to 10000"),
            ("limit=-1", "1 to 10000"),
            ("limit=many", "1 to 10000"),
            ("wait=5", "5s"),
            ("wait=61s", "60s"),
            ("wait=-1s", "5s"),
            ("wait=s", "5s"),
            ("event=a", "distinct_id"),
        ] {
            let error = EventQuery::read(text).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
