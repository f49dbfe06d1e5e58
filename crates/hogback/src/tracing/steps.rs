//! What was logged before an error.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// Bytes of the steps of one exception, at most; the protocol's own limit.
const MAX_BYTES: usize = 32 * 1024;

/// Bytes of one message, at most: one line must not cost all others.
const MAX_MESSAGE_BYTES: usize = 1024;

/// The last steps of a request or job, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: VecDeque<Value>,
    bytes: usize,
}

impl Steps {
    /// Adds a step; the oldest go when there are too many.
    pub(super) fn push(&mut self, message: &str, level: &str, timestamp: &str) {
        let message = crate::exception::cut(message, MAX_MESSAGE_BYTES);
        let members = [
            ("$message", message),
            ("$timestamp", timestamp),
            ("level", level),
        ];
        let step: Map<String, Value> = members
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.into()))
            .collect();
        let step = Value::Object(step);
        self.bytes += bytes(&step);
        self.steps.push_back(step);
        while self.bytes > MAX_BYTES {
            let Some(oldest) = self.steps.pop_front() else {
                break;
            };
            self.bytes -= bytes(&oldest);
        }
    }

    /// The steps, unless there are none.
    pub(super) fn list(&self) -> Option<Vec<Value>> {
        (!self.steps.is_empty()).then(|| self.steps.iter().cloned().collect())
    }
}

fn bytes(step: &Value) -> usize {
    serde_json::to_string(step).map_or(MAX_BYTES, |json| json.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_steps_go_when_there_are_too_many() {
        let mut steps = Steps::default();
        assert_eq!(steps.list(), None);
        for number in 0..10_000 {
            steps.push(&number.to_string(), "info", "now");
        }
        steps.push(&"x".repeat(100_000), "warning", "now");
        let list = steps.list().unwrap();
        assert!(serde_json::to_vec(&list).unwrap().len() <= MAX_BYTES + 2);
        assert!(list.len() > 100);
        assert_eq!(list[list.len() - 2]["$message"], "9999");
        assert_eq!(
            list[list.len() - 1]["$message"].as_str().unwrap().len(),
            1024
        );
    }
}
