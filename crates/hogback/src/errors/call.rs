//! The calls of a stack, as the machine knows them.

use std::path::Path;

use backtrace::{Backtrace, BacktraceFrame};

/// Calls looked at, at most: symbolising them takes time, and no reader wants more.
const MAX_CALLS: usize = 1_000;

/// One call, with the names that the binary has for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// With its path, without the compiler's hash; empty where the binary has no names.
    pub(crate) function: String,
    /// As the compiler was told.
    pub(crate) file: Option<String>,
    /// Counted from 1.
    pub(crate) line: Option<u32>,
}

/// Why a stack is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// Somebody has called this crate.
    Capture,
    /// The runtime has called this crate's panic hook.
    Panic,
}

/// What the calls of this crate, of those that take stacks with it, and of the runtime begin with.
const NOBODYS: [&str; 13] = [
    "tracing::",
    "tracing_core::",
    "tracing_subscriber::",
    "anyhow::",
    "eyre::",
    "hogback::",
    "hogback_tower::",
    "backtrace::",
    "std::",
    "core::",
    "alloc::",
    "rust_",
    "__rust",
];

/// The same in the paths of their files: a call that was inlined has no path in its name.
const NOBODYS_FILES: [&str; 8] = [
    "/tracing-",
    "/anyhow-",
    "/eyre-",
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/"),
    "/hogback-tower",
    "/backtrace-",
    "/rustc/",
    "/rustlib/src/",
];

/// The call of the runtime's that runs panic hooks.
const RUNS_HOOK: &str = "panic_with_hook";

/// The runtime starts a program's, or a thread's, own code inside of this call.
const BEGIN: &str = "__rust_begin_short_backtrace";

/// A stack whose calls have no names yet: taking one is cheap, and names can be found on another thread.
pub(crate) struct Stack(Backtrace);

impl Stack {
    /// This thread's.
    pub(crate) fn here() -> Self {
        let mut frames: Vec<BacktraceFrame> = Vec::new();
        backtrace::trace(|frame| {
            frames.push(frame.clone().into());
            frames.len() < MAX_CALLS
        });
        Self(frames.into())
    }

    /// The calls, the outermost first, without those of this crate and of the runtime around it.
    pub(crate) fn calls(mut self, at: At) -> Vec<Call> {
        self.0.resolve();
        let symbols = self.0.frames().iter().flat_map(BacktraceFrame::symbols);
        let call = |symbol: &backtrace::BacktraceSymbol| Call {
            function: symbol
                .name()
                .map_or_else(String::new, |name| format!("{name:#}")),
            file: symbol.filename().and_then(Path::to_str).map(str::to_owned),
            line: symbol.lineno(),
        };
        trimmed(symbols.map(call).collect(), at)
    }
}

/// The program's own part of a stack whose innermost call comes first, turned around.
pub(super) fn trimmed(mut calls: Vec<Call>, at: At) -> Vec<Call> {
    if let Some(start) = calls.iter().position(|call| call.function.contains(BEGIN)) {
        calls.truncate(start);
    }
    // A hook of the program's may have called ours: only what called the hooks has crashed.
    let hook = match at {
        At::Panic => calls
            .iter()
            .position(|call| call.function.contains(RUNS_HOOK)),
        At::Capture => None,
    };
    let inner = hook.map_or(0, |position| position + 1);
    let of_program = calls[inner..].iter().position(is_programs);
    calls.drain(..inner + of_program.unwrap_or(0));
    calls.retain(|call| !call.function.is_empty() || call.file.is_some());
    calls.reverse();
    calls
}

/// Whether a call is the program's or a library's, rather than ours or the runtime's.
fn is_programs(call: &Call) -> bool {
    // Of `<shop::Cart as core::ops::drop::Drop>::drop` the type says whose it is.
    let name = call.function.trim_start_matches(['<', '&', '*', '(', '[']);
    let file = call.file.as_deref().unwrap_or_default();
    !name.is_empty()
        && !NOBODYS.iter().any(|start| name.starts_with(start))
        && !NOBODYS_FILES.iter().any(|part| file.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(innermost_first: &[&str]) -> Vec<Call> {
        let call = |name: &&str| Call {
            function: (*name).to_owned(),
            ..Call::default()
        };
        innermost_first.iter().map(call).collect()
    }

    fn names(innermost_first: &[&str], at: At) -> Vec<String> {
        let trimmed = trimmed(calls(innermost_first), at);
        trimmed.into_iter().map(|call| call.function).collect()
    }

    #[test]
    fn the_crates_own_calls_and_the_runtimes_start_are_cut_off() {
        let stack = [
            "backtrace::backtrace::trace",
            "hogback::errors::call::here",
            "hogback::client::Client::capture_error",
            "core::ops::function::FnOnce::call_once",
            "core::result::Result<T,E>::inspect_err",
            "shop::pay",
            "<hogback::WithContext<F> as core::future::future::Future>::poll",
            "shop::main",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "std::rt::lang_start",
            "_start",
        ];
        assert_eq!(
            names(&stack, At::Capture),
            [
                "shop::main",
                "<hogback::WithContext<F> as core::future::future::Future>::poll",
                "shop::pay"
            ]
        );
    }

    #[test]
    fn a_panics_stack_ends_where_it_panicked_though_another_hook_called_ours() {
        let stack = [
            "hogback::panic_hook::hook",
            "<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call",
            "shop::install_hook::{{closure}}",
            "std::panicking::panic_with_hook",
            "std::panicking::panic_handler::{{closure}}",
            "std::sys::backtrace::__rust_end_short_backtrace",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "core::option::unwrap_failed",
            "<shop::Cart as core::ops::drop::Drop>::drop",
            "std::panicking::catch_unwind",
            "shop::main",
        ];
        assert_eq!(
            names(&stack, At::Panic),
            [
                "shop::main",
                "std::panicking::catch_unwind",
                "<shop::Cart as core::ops::drop::Drop>::drop"
            ]
        );
    }

    #[test]
    fn a_call_that_was_inlined_is_known_by_its_file() {
        let mut stack = calls(&["trace", "here", "unwrap", "pay"]);
        let files = [
            "/root/.cargo/registry/src/index/backtrace-0.3.77/src/lib.rs",
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/errors/call.rs"),
            "/rustc/59807616/library/core/src/option.rs",
            "/srv/shop/src/pay.rs",
        ];
        for (call, file) in stack.iter_mut().zip(files) {
            call.file = Some(file.to_owned());
        }
        assert_eq!(trimmed(stack.clone(), At::Capture), stack[3..]);
    }

    #[test]
    fn a_stack_without_names_keeps_what_has_a_file() {
        let mut stack = calls(&["", ""]);
        stack[1].file = Some("/srv/shop/src/main.rs".into());
        assert_eq!(trimmed(stack.clone(), At::Capture), stack[1..]);
        assert!(trimmed(Vec::new(), At::Panic).is_empty());
    }
}
