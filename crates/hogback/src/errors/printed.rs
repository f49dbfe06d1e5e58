//! Stacks that somebody else has taken, as they are printed.
//!
//! [`std::backtrace::Backtrace`] does not tell its calls in any other way:
//!
//! ```text
//!    0: shop::pay
//!              at ./src/pay.rs:12:5
//!    1: shop::main
//!              at ./src/main.rs:3:5
//! ```

use super::call::{At, Call, trimmed};
use super::panics::Place;

/// The calls of a printed stack, the outermost first; none of a text that is no stack.
pub(super) fn calls(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some((last, place)) = calls.last_mut().zip(Place::parse(place)) {
                (last.file, last.line) = (Some(place.file), Some(place.line));
            }
        } else if let Some(function) = function(line, calls.is_empty()) {
            calls.push(Call {
                function: function.to_owned(),
                ..Call::default()
            });
        }
    }
    trimmed(calls, At::Capture)
}

/// The function that a line names: with a number before it, or without for one that was inlined into the one before.
fn function(line: &str, is_first: bool) -> Option<&str> {
    let numbered = line.split_once(": ");
    let number = numbered.filter(|(number, _)| number.parse::<u32>().is_ok());
    match number {
        Some((_, function)) => Some(function.trim()),
        None if is_first || line.is_empty() => None,
        None => Some(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_stack_is_read_with_its_inlined_calls() {
        let text = "   0: std::backtrace::Backtrace::create\n             at /rustc/5980/library/std/src/backtrace.rs:331:13\n   \
                    1: anyhow::error::<impl anyhow::Error>::msg\n             at /r/registry/src/i/anyhow-1.0.0/src/backtrace.rs:10:14\n      \
                    shop::charge\n             at ./src/pay.rs:12:5\n   2: shop::main\n             at ./src/main.rs:3:5\n   \
                    3: std::sys::backtrace::__rust_begin_short_backtrace\n   4: main\n";
        let call = |function: &str, file: &str, line| Call {
            function: function.into(),
            file: Some(file.into()),
            line: Some(line),
        };
        let expected = [
            call("shop::main", "./src/main.rs", 3),
            call("shop::charge", "./src/pay.rs", 12),
        ];
        assert_eq!(calls(text), expected);
    }

    #[test]
    fn what_is_no_stack_has_no_calls() {
        for text in [
            "",
            "disabled backtrace",
            "unsupported backtrace",
            "\n\n at x:1:2",
        ] {
            assert!(calls(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn a_stack_of_this_process_is_read() {
        let stack = std::backtrace::Backtrace::force_capture().to_string();
        let calls = calls(&stack);
        // This crate's own calls are cut off; what called the test is there.
        assert!(
            calls.iter().any(|call| call.function.contains("test")),
            "{stack}"
        );
    }
}
