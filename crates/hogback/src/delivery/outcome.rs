//! What an answer, or the lack of one, means for the events of a request.

use std::time::Duration;

use super::transport::{Response, Unreachable};
use crate::loss::Loss;
use crate::wire::{CaptureMode, v1};

/// Answers with more text than this are cut in log lines.
pub(super) const MAX_MESSAGE_CHARS: usize = 500;

/// Why a request did not deliver its events.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server refuses the request: sending it again as it is would not help.
    #[error("the server refused with status {status}: {message}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// The server cannot take it now.
    #[error("the server answered with status {status}: {message}")]
    Busy {
        /// HTTP status.
        status: u16,
        /// What the server said.
        message: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server took the request, and dropped this event of it (capture v1 alone says so).
    #[error("the server dropped the event: {reason}")]
    Dropped {
        /// What the server said.
        reason: String,
    },
    /// There was no answer.
    #[error("{0}")]
    Unreachable(Unreachable),
    /// The client is shut down, and sends nothing on the calling thread either.
    #[error("the client is shut down")]
    Closed,
}

/// What may still get events through when a request has failed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same request, later.
    Wait,
    /// Somebody who corrects the key or the host: it is tried now and then whether that has happened.
    Mend,
    /// Smaller requests.
    Halve,
    /// Requests without the events that the server cannot read.
    Bisect,
    /// Nothing.
    None,
}

impl Failure {
    /// The HTTP status, when there was an answer that had none but this to say.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Rejected { status, .. } | Self::Busy { status, .. } => Some(*status),
            Self::Dropped { .. } | Self::Unreachable(_) | Self::Closed => None,
        }
    }

    /// What the server said, or why there was no answer.
    pub fn message(&self) -> String {
        match self {
            Self::Rejected { message, .. } | Self::Busy { message, .. } => message.clone(),
            Self::Dropped { .. } | Self::Unreachable(_) | Self::Closed => self.to_string(),
        }
    }

    /// How long the server has asked to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn loss(&self) -> Loss {
        match self {
            Self::Rejected { .. } | Self::Dropped { .. } => Loss::Rejected,
            Self::Busy { .. } | Self::Unreachable(_) => Loss::Undelivered,
            Self::Closed => Loss::Closed,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Busy { .. } | Self::Unreachable(_) => Remedy::Wait,
            Self::Rejected { status, .. } => match status {
                400 | 422 => Remedy::Bisect,
                401..=404 => Remedy::Mend,
                413 => Remedy::Halve,
                _ => Remedy::None,
            },
            Self::Dropped { .. } | Self::Closed => Remedy::None,
        }
    }
}

/// What became of the events of a request that was answered well.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Delivered {
    /// All of them arrived.
    All,
    /// The answer speaks of each, in their order.
    Each {
        verdicts: Vec<v1::Verdict>,
        /// How long the server wants to be left alone with those that it wants again.
        retry_after: Option<Duration>,
    },
}

/// Reads an answer to a request with the events of these ids.
///
/// 2xx delivers; 408, 429 and everything that is not 4xx may be better next time, in capture v1 also 404: there an
/// instance that starts answers so. An answer of v1 that should speak of each event and cannot be read is as good as none:
/// the events are sent again, with the same ids.
pub(super) fn classify(
    mode: CaptureMode,
    answer: Result<Response, Unreachable>,
    uuids: &[&str],
) -> Result<Delivered, Failure> {
    let answer = answer.map_err(Failure::Unreachable)?;
    let Response {
        status,
        retry_after,
        ..
    } = answer;
    let busy = |message| Failure::Busy {
        status,
        message,
        retry_after,
    };
    let is_v1 = mode == CaptureMode::V1;
    match status {
        200..=299 if is_v1 => match v1::verdicts(&answer.body, uuids) {
            Some(verdicts) => Ok(Delivered::Each {
                verdicts,
                retry_after,
            }),
            None => Err(busy("the answer cannot be read".into())),
        },
        200..=299 => Ok(Delivered::All),
        408 | 429 => Err(busy(message(mode, &answer.body))),
        404 if is_v1 => Err(busy(message(mode, &answer.body))),
        400..=499 => Err(Failure::Rejected {
            status,
            message: message(mode, &answer.body),
        }),
        _ => Err(busy(message(mode, &answer.body))),
    }
}

/// The server's words: what a JSON error says of itself, else the text as it is.
fn message(mode: CaptureMode, body: &str) -> String {
    let names: &[&str] = match mode {
        CaptureMode::V0 => &["detail"],
        CaptureMode::V1 => &["error_description", "error", "detail"],
    };
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let said = parsed
        .as_ref()
        .and_then(|json| names.iter().find_map(|name| json.get(name)?.as_str()))
        .unwrap_or(body);
    said.chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use CaptureMode::{V0, V1};

    fn of(mode: CaptureMode, status: u16) -> Result<Delivered, Failure> {
        let answer = Response {
            status,
            ..Response::default()
        };
        classify(mode, Ok(answer), &["u"])
    }

    fn remedy(mode: CaptureMode, status: u16) -> Option<Remedy> {
        of(mode, status).err().map(|failure| failure.remedy())
    }

    #[test]
    fn every_2xx_delivers() {
        assert_eq!(of(V0, 200), Ok(Delivered::All));
        assert_eq!(of(V0, 204), Ok(Delivered::All));
    }

    #[test]
    fn each_status_has_its_remedy() {
        for (remedied, statuses) in [
            (
                Remedy::Wait,
                &[302, 304, 408, 429, 500, 502, 503, 504, 599][..],
            ),
            (Remedy::Mend, &[401, 402, 403, 404]),
            (Remedy::Halve, &[413]),
            (Remedy::Bisect, &[400, 422]),
            (Remedy::None, &[405, 410, 415, 421, 431, 451, 499]),
        ] {
            for status in statuses {
                assert_eq!(remedy(V0, *status), Some(remedied), "{status}");
            }
        }
    }

    #[test]
    fn a_failure_says_its_status_and_the_servers_words() {
        for status in [401, 503] {
            let answer = Response {
                status,
                body: r#"{"detail":"bad key"}"#.into(),
                retry_after: Some(Duration::from_secs(7)),
            };
            let failure = classify(V0, Ok(answer), &[]).unwrap_err();
            assert_eq!(failure.status(), Some(status));
            let asked = (status == 503).then_some(Duration::from_secs(7));
            assert_eq!(
                failure.retry_after(),
                asked,
                "who refuses does not ask for patience"
            );
            assert_eq!(failure.message(), "bad key");
        }
        let reason = "bad".into();
        let dropped = Failure::Dropped { reason };
        assert_eq!(dropped.status(), None);
        assert_eq!(dropped.message(), "the server dropped the event: bad");
    }

    #[test]
    fn in_v1_a_404_may_be_better_next_time() {
        assert_eq!(remedy(V1, 404), Some(Remedy::Wait));
        assert_eq!(remedy(V1, 401), Some(Remedy::Mend));
    }

    #[test]
    fn a_v1_answer_that_cannot_be_read_is_no_delivery() {
        assert_eq!(remedy(V1, 200), Some(Remedy::Wait));
        let answer = |body: &str| Response {
            status: 200,
            body: body.into(),
            ..Response::default()
        };
        let read = classify(V1, Ok(answer(r#"{"results":{}}"#)), &["u"]);
        let verdicts = vec![v1::Verdict::Delivered];
        let retry_after = None;
        assert_eq!(
            read,
            Ok(Delivered::Each {
                verdicts,
                retry_after
            })
        );
    }

    #[test]
    fn no_answer_may_be_an_answer_next_time() {
        let failure = classify(V0, Err(Unreachable("refused".into())), &[]).unwrap_err();
        assert_eq!(failure.remedy(), Remedy::Wait);
        assert_eq!(failure.loss(), Loss::Undelivered);
        assert_eq!(failure.status(), None);
    }

    #[test]
    fn the_servers_words_come_from_its_json_or_are_the_text() {
        assert_eq!(message(V0, r#"{"detail": "bad key"}"#), "bad key");
        assert_eq!(message(V0, "down for repair"), "down for repair");
        let both = r#"{"error": "tag", "error_description": "the words"}"#;
        assert_eq!(message(V1, both), "the words");
        assert_eq!(message(V1, r#"{"error": "tag"}"#), "tag");
        assert_eq!(message(V0, &"x".repeat(600)).len(), 500);
    }
}
