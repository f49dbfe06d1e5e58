//! What an answer, or the lack of one, means for a batch.

use std::time::Duration;

use super::transport::{Response, Unreachable};
use crate::loss::Loss;

/// Why a request did not deliver its events.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server refuses the request: sending it again would not help.
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
    /// There was no answer.
    #[error("{0}")]
    Unreachable(Unreachable),
    /// The client is shut down, and sends nothing on the calling thread either.
    #[error("the client is shut down")]
    Closed,
}

impl Failure {
    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Rejected { status, .. } | Self::Busy { status, .. } => Some(*status),
            Self::Unreachable(_) | Self::Closed => None,
        }
    }

    /// What the server said, or why there was no answer.
    pub fn message(&self) -> String {
        match self {
            Self::Rejected { message, .. } | Self::Busy { message, .. } => message.clone(),
            Self::Unreachable(_) | Self::Closed => self.to_string(),
        }
    }

    pub(super) fn loss(&self) -> Loss {
        match self {
            Self::Rejected { .. } => Loss::Rejected,
            Self::Busy { .. } | Self::Unreachable(_) => Loss::Undelivered,
            Self::Closed => Loss::Closed,
        }
    }
}

/// Reads an answer: 2xx delivers; 408, 429 and everything that is not 4xx may be better next time.
pub(super) fn classify(answer: Result<Response, Unreachable>) -> Result<(), Failure> {
    let Response {
        status,
        message,
        retry_after,
    } = answer.map_err(Failure::Unreachable)?;
    match status {
        200..=299 => Ok(()),
        408 | 429 => Err(Failure::Busy {
            status,
            message,
            retry_after,
        }),
        400..=499 => Err(Failure::Rejected { status, message }),
        _ => Err(Failure::Busy {
            status,
            message,
            retry_after,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16) -> Result<(), Failure> {
        classify(Ok(Response {
            status,
            message: String::new(),
            retry_after: None,
        }))
    }

    #[test]
    fn every_2xx_delivers() {
        assert_eq!(of(200), Ok(()));
        assert_eq!(of(204), Ok(()));
    }

    #[test]
    fn client_errors_are_final_but_for_timeouts_and_rate_limits() {
        for status in [400, 401, 403, 404, 413, 422] {
            assert!(
                matches!(of(status), Err(Failure::Rejected { .. })),
                "{status}"
            );
        }
        for status in [302, 408, 429, 500, 502, 503, 504] {
            assert!(matches!(of(status), Err(Failure::Busy { .. })), "{status}");
        }
    }
}
