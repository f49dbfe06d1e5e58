//! From the calls of a stack to the frames that are sent.
//!
//! A frame says `native`, as the official Rust client's do: the server then takes function, file, line and in-app as they
//! are, since there is no address beside them to look up. It shows source lines only of symbols that were uploaded to it
//! and leaves those of the frame aside; the inspector shows them.

use std::sync::LazyLock;
use std::time::Duration;

use super::call::Call;
use super::own_code::{self, OwnCode};
use crate::exception::{ExceptionList, Frame, NATIVE, SourceCache, SourceContext};

/// One for the process: clients report from the same files.
static SOURCES: LazyLock<SourceCache> = LazyLock::new(SourceCache::default);

/// The frames of the next exception of `list`, from its calls, outermost first. `now` is the time of any clock.
pub(super) fn frames(
    calls: &[Call],
    list: &ExceptionList,
    own: &OwnCode,
    now: Duration,
) -> Vec<Frame> {
    let kept = list.kept_frames(calls.len());
    let is_own = own.of(calls);
    let shown = |call: &Call| frame(call, own, is_own(call), now);
    let innermost = &calls[calls.len() - kept.innermost..];
    calls[..kept.outermost]
        .iter()
        .map(shown)
        .chain(ExceptionList::left_out(NATIVE, calls.len(), kept))
        .chain(innermost.iter().map(shown))
        .collect()
}

fn frame(call: &Call, own: &OwnCode, in_app: bool, now: Duration) -> Frame {
    let file = call.file.as_deref();
    Frame {
        platform: NATIVE.into(),
        filename: file.map_or_else(String::new, |file| own_code::shown(file).to_owned()),
        abs_path: file.map(str::to_owned),
        function: if call.function.is_empty() {
            "<unknown>".to_owned()
        } else {
            call.function.clone()
        },
        lineno: call.line,
        in_app: Some(in_app),
        source: source(call, own, now),
        ..Frame::default()
    }
}

fn source(call: &Call, own: &OwnCode, now: Duration) -> Option<SourceContext> {
    let (file, line) = (call.file.as_deref()?, call.line?);
    let lies_at = |path: &std::path::PathBuf| SOURCES.file(path.to_str()?, now, || None);
    let file = own.candidates(file).iter().find_map(lies_at)?;
    SourceContext::new(file, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_becomes_a_frame_with_the_lines_around_it() {
        let call = Call {
            function: "shop::pay".into(),
            file: Some(file!().into()),
            line: Some(3),
        };
        let frames = frames(
            &[call],
            &ExceptionList::new(),
            &OwnCode::default(),
            Duration::ZERO,
        );
        let frame = serde_json::to_value(&frames[0]).unwrap();
        assert_eq!(frame["filename"], "hogback/src/errors/frames.rs");
        assert_eq!(
            (&frame["function"], &frame["lineno"]),
            (&"shop::pay".into(), &3.into())
        );
        assert_eq!(frame["in_app"], true);
        assert!(frame["context_line"].as_str().unwrap().contains("native"));
        assert_eq!(frame["pre_context"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_very_deep_stack_keeps_both_ends() {
        let call = |depth: usize| Call {
            function: depth.to_string(),
            ..Call::default()
        };
        let calls: Vec<Call> = (0..1000).map(call).collect();
        let frames = frames(
            &calls,
            &ExceptionList::new(),
            &OwnCode::default(),
            Duration::ZERO,
        );
        assert_eq!(frames.len(), 129);
        assert_eq!(frames[64].function, "(872 frames left out)");
        assert_eq!(frames[128].function, "999");
    }

    #[test]
    fn a_call_without_names_or_lines_is_shown_as_far_as_it_is_known() {
        let nothing = Call {
            file: Some("/nowhere/src/gone.rs".into()),
            ..Call::default()
        };
        let frame = frame(&nothing, &OwnCode::default(), false, Duration::ZERO);
        assert_eq!(frame.function, "<unknown>");
        assert!(frame.source.is_none() && frame.lineno.is_none());
    }
}
