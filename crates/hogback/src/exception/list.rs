//! The exceptions of one event, kept small enough to be sent.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::frame::Frame;
use super::mechanism::Mechanism;
use super::text::shorten;

/// Exceptions in one event; the protocol's own limit.
pub const MAX_EXCEPTIONS: usize = 50;

/// Members of groups that are looked at for one event; the protocol's own limit.
pub const MAX_MEMBERS: usize = 1000;

/// The server drops events over 900 KiB. Even at all these limits at once, an ordinary event stays below.
const MAX_FRAMES_OF_ONE: usize = 128;
const MAX_FRAMES: usize = 512;
/// What each exception may show even when the others have used up the rest.
const MIN_FRAMES_OF_ONE: usize = 4;
const MAX_SOURCE_BYTES: usize = 256 * 1024;
const MAX_VALUE_BYTES: usize = 16 * 1024;
const MAX_VALUES_BYTES: usize = 128 * 1024;
const MIN_VALUE_BYTES: usize = 512;
const MAX_NAME_BYTES: usize = 1024;

/// One error of a chain.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The class's qualified name.
    pub kind: String,
    /// The message.
    pub value: String,
    /// The module that defines the class; `None` for the language's own.
    pub module: Option<String>,
    /// How it came to be in the list.
    pub mechanism: Mechanism,
    /// Its stack, outermost call first.
    pub frames: Vec<Frame>,
}

/// The exceptions of one event: first the one that was caught, every parent before its children.
///
/// It never grows beyond what an event can carry: see [`push`](Self::push).
#[derive(Clone, Debug, Default)]
pub struct ExceptionList {
    exceptions: Vec<Exception>,
    frames: usize,
    source_bytes: usize,
    value_bytes: usize,
}

/// Which frames of a stack are shown: so many from its outermost end, so many from its innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Frames at the outermost end.
    pub outermost: usize,
    /// Frames at the innermost end, where it crashed.
    pub innermost: usize,
}

impl ExceptionList {
    /// No exceptions yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The exceptions in order.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Whether [`push`](Self::push) would refuse.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.exceptions.len() >= MAX_EXCEPTIONS
    }

    /// Adds an exception and returns its index; refuses when there are 50 already.
    ///
    /// A long message is cut and ends in dots, source lines are left away once the event has 256 KiB of them: those
    /// farthest from the crash first. The frames are the caller's to choose, with [`kept_frames`](Self::kept_frames).
    pub fn push(&mut self, mut exception: Exception) -> Option<usize> {
        if self.is_full() {
            return None;
        }
        let left = MAX_VALUES_BYTES.saturating_sub(self.value_bytes);
        shorten(
            &mut exception.value,
            left.clamp(MIN_VALUE_BYTES, MAX_VALUE_BYTES),
        );
        self.value_bytes += exception.value.len();
        shorten(&mut exception.kind, MAX_NAME_BYTES);
        exception
            .module
            .iter_mut()
            .for_each(|module| shorten(module, MAX_NAME_BYTES));
        self.frames += exception.frames.len();
        for frame in exception.frames.iter_mut().rev() {
            self.budget(frame);
        }
        self.exceptions.push(exception);
        Some(self.exceptions.len() - 1)
    }

    fn budget(&mut self, frame: &mut Frame) {
        shorten(&mut frame.filename, MAX_NAME_BYTES);
        shorten(&mut frame.function, MAX_NAME_BYTES);
        let optional = [&mut frame.module, &mut frame.abs_path];
        optional
            .into_iter()
            .flatten()
            .for_each(|name| shorten(name, MAX_NAME_BYTES));
        if let Some(source) = &frame.source {
            self.source_bytes += source.bytes();
            if self.source_bytes > MAX_SOURCE_BYTES {
                frame.source = None;
            }
        }
    }

    /// Which frames of the next exception's stack of `depth` calls to show: at most 128, both ends alike.
    ///
    /// When it leaves some out, put [`left_out`](Self::left_out) between the two ends.
    #[must_use]
    pub fn kept_frames(&self, depth: usize) -> Kept {
        let left = MAX_FRAMES.saturating_sub(self.frames);
        let most = left.clamp(MIN_FRAMES_OF_ONE, MAX_FRAMES_OF_ONE);
        if depth <= most {
            return Kept {
                outermost: depth,
                innermost: 0,
            };
        }
        Kept {
            outermost: most / 2,
            innermost: most - most / 2,
        }
    }

    /// A frame that stands for those of a stack of `depth` calls that `kept` leaves out.
    #[must_use]
    pub fn left_out(
        platform: impl Into<Cow<'static, str>>,
        depth: usize,
        kept: Kept,
    ) -> Option<Frame> {
        let count = depth.saturating_sub(kept.outermost + kept.innermost);
        (count > 0).then(|| Frame::left_out(platform.into(), count))
    }
}

impl Serialize for ExceptionList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.exceptions.len()))?;
        for (id, exception) in self.exceptions.iter().enumerate() {
            list.serialize_element(&Entry { id, exception })?;
        }
        list.end()
    }
}

/// An exception and its place in the list.
struct Entry<'a> {
    id: usize,
    exception: &'a Exception,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Exception {
            kind,
            value,
            module,
            frames,
            ..
        } = self.exception;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("value", value)?;
        map.serialize_entry("module", module)?;
        map.serialize_entry("mechanism", &Numbered(self))?;
        if !frames.is_empty() {
            map.serialize_entry(
                "stacktrace",
                &Stack {
                    kind: "raw",
                    frames,
                },
            )?;
        }
        map.end()
    }
}

/// The mechanism, which has the exception's index in it.
struct Numbered<'a>(&'a Entry<'a>);

impl Serialize for Numbered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.exception.mechanism.serialize(self.0.id, serializer)
    }
}

#[derive(Serialize)]
struct Stack<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    frames: &'a [Frame],
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::mechanism::Relation;
    use super::super::source::{SourceContext, SourceFile};
    use super::*;

    fn exception(value: &str, frames: Vec<Frame>) -> Exception {
        Exception {
            kind: "CheckoutError".to_owned(),
            value: value.to_owned(),
            module: Some("shop.errors".to_owned()),
            mechanism: Mechanism::root(serde_json::Map::new()),
            frames,
        }
    }

    fn frames(count: usize) -> Vec<Frame> {
        let frame = |n: usize| Frame {
            platform: "python".into(),
            function: n.to_string(),
            ..Frame::default()
        };
        (0..count).map(frame).collect()
    }

    #[test]
    fn a_chain_has_the_wire_shape() {
        let mut list = ExceptionList::new();
        let root = list.push(exception("cannot charge", frames(1))).unwrap();
        list.push(Exception {
            kind: "TimeoutError".to_owned(),
            module: None,
            mechanism: Mechanism::chained(root, Relation::Cause),
            ..exception("gateway slow", vec![])
        });
        assert_eq!(
            serde_json::to_value(&list).unwrap(),
            json!([
                {
                    "type": "CheckoutError", "value": "cannot charge", "module": "shop.errors",
                    "mechanism": {"exception_id": 0, "type": "generic", "handled": true, "synthetic": false},
                    "stacktrace": {"type": "raw", "frames": [
                        {"platform": "python", "filename": "", "function": "0", "module": null},
                    ]},
                },
                {
                    "type": "TimeoutError", "value": "gateway slow", "module": null,
                    "mechanism": {
                        "exception_id": 1, "parent_id": 0, "source": "cause", "type": "chained", "synthetic": false,
                    },
                },
            ])
        );
    }

    #[test]
    fn there_are_at_most_fifty() {
        let mut list = ExceptionList::new();
        for id in 0..50 {
            assert_eq!(list.push(exception("", vec![])), Some(id));
        }
        assert!(list.is_full());
        assert_eq!(list.push(exception("", vec![])), None);
        assert_eq!(list.exceptions().len(), 50);
    }

    #[test]
    fn a_deep_stack_keeps_both_ends_and_says_how_much_is_missing() {
        let list = ExceptionList::new();
        assert_eq!(
            list.kept_frames(128),
            Kept {
                outermost: 128,
                innermost: 0
            }
        );
        let kept = list.kept_frames(1000);
        assert_eq!(
            kept,
            Kept {
                outermost: 64,
                innermost: 64
            }
        );
        let gap = ExceptionList::left_out("python", 1000, kept).unwrap();
        assert_eq!(
            serde_json::to_value(&gap).unwrap(),
            json!({
                "platform": "python", "filename": "...", "function": "(872 frames left out)", "module": null,
                "in_app": false,
            })
        );
        assert!(ExceptionList::left_out("python", 128, list.kept_frames(128)).is_none());
    }

    #[test]
    fn many_deep_stacks_share_the_frames_of_one_event() {
        let mut list = ExceptionList::new();
        for _ in 0..MAX_EXCEPTIONS {
            let kept = list.kept_frames(1000);
            assert!(kept.innermost >= 2);
            list.push(exception("", frames(kept.outermost + kept.innermost)));
        }
        let shown = list
            .exceptions()
            .iter()
            .map(|exception| exception.frames.len())
            .sum::<usize>();
        assert!(
            shown <= MAX_FRAMES + MAX_EXCEPTIONS * MIN_FRAMES_OF_ONE,
            "{shown}"
        );
    }

    #[test]
    fn a_huge_message_is_cut() {
        let mut list = ExceptionList::new();
        list.push(exception(&"x".repeat(1_000_000), vec![]));
        let value = &list.exceptions()[0].value;
        assert_eq!(value.len(), 16 * 1024);
        assert!(value.ends_with("xxx..."));
    }

    #[test]
    fn an_event_at_all_limits_at_once_stays_below_the_servers() {
        let text = format!("{}\n", "x".repeat(2000)).repeat(20);
        let file = Arc::new(SourceFile::new(text));
        let mut list = ExceptionList::new();
        for _ in 0..MAX_EXCEPTIONS {
            let kept = list.kept_frames(1000);
            let mut frames = frames(kept.outermost + kept.innermost);
            for frame in &mut frames {
                frame.source = SourceContext::new(file.clone(), 10);
                frame.abs_path = Some("/srv/some/folder/of/the/project/shop/views.py".to_owned());
                frame.module = Some("shop.views".to_owned());
            }
            list.push(exception(&"x".repeat(100_000), frames));
        }
        let bytes = serde_json::to_vec(&list).unwrap().len();
        assert!(bytes < 800 * 1024, "{bytes}");
        let crash = list.exceptions()[0].frames.last().unwrap();
        assert!(crash.source.is_some(), "the crash keeps its lines");
    }
}
