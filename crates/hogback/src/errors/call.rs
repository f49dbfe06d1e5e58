//! The calls of a stack, as the machine knows them.

use std::fmt;
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

impl Call {
    /// The name from its path on: of `<shop::Cart as core::ops::drop::Drop>::drop` the type says whose it is.
    pub(super) fn bare_name(&self) -> &str {
        self.function.trim_start_matches(['<', '&', '*', '(', '['])
    }
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
const NOBODYS: [&str; 14] = [
    "hogback::",
    "hogback_tower::",
    "anyhow::",
    "backtrace::",
    "eyre::",
    "tracing::",
    "tracing_core::",
    "tracing_subscriber::",
    "std::",
    "core::",
    "alloc::",
    "rust_begin_unwind",
    "rust_panic",
    "__rust",
];

/// Those crates, by their folders in a registry: a call that was inlined has no path in its name.
const NOBODYS_CRATES: [&str; 8] = [
    "hogback-",
    "hogback-tower-",
    "anyhow-",
    "backtrace-",
    "eyre-",
    "tracing-",
    "tracing-core-",
    "tracing-subscriber-",
];

/// The runtime's sources, and our own where they come from no registry.
const NOBODYS_FOLDERS: [&str; 5] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/"),
    "/crates/hogback-tower/src/",
    "/rustc/",
    "/rust/deps/", // what the standard library is made of
    "/rustlib/src/",
];

/// The call of the runtime's that runs panic hooks.
const RUNS_HOOK: &str = "panic_with_hook";

/// The runtime starts a program's, or a thread's, own code inside of this call.
const BEGIN: &str = "__rust_begin_short_backtrace";

/// A stack whose calls have no names yet: taking one is cheap, and names can be found later, or on another thread.
#[derive(Clone)]
pub struct Stack(Backtrace);

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({} calls)", self.0.frames().len())
    }
}

impl Stack {
    /// This thread's.
    #[expect(
        unsafe_code,
        reason = "the safe function takes the lock under which other threads look up names, a tenth of a second at first"
    )]
    pub fn here() -> Self {
        let mut frames: Vec<BacktraceFrame> = Vec::new();
        let keep = |frame: &backtrace::Frame| {
            frames.push(frame.clone().into());
            frames.len() < MAX_CALLS
        };
        // SAFETY: on Unix the platform's unwinder walks the stack, which any number of threads may do at once. The lock is
        // for Windows, where stacks are walked by what looks up names.
        unsafe { backtrace::trace_unsynchronized(keep) };
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
    let name = call.bare_name();
    !name.is_empty()
        && !NOBODYS.iter().any(|start| name.starts_with(start))
        && !call.file.as_deref().is_some_and(is_nobodys)
}

/// Whether a file is one of ours, or the runtime's.
pub(super) fn is_nobodys(file: &str) -> bool {
    // `registry/src/<index>/<name>-<version>/..`
    let in_registry = file.split_once("/registry/src/").map(|(_, path)| path);
    let folder = in_registry.and_then(|path| path.split('/').nth(1));
    let is_version = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    let is_of = |name: &&str| {
        let rest = folder.and_then(|folder| folder.strip_prefix(*name));
        rest.is_some_and(is_version)
    };
    NOBODYS_CRATES.iter().any(is_of) || NOBODYS_FOLDERS.iter().any(|part| file.contains(part))
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
            "/home/ada/.cargo/registry/src/index/backtrace-0.3.77/src/lib.rs",
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
    fn a_program_may_be_called_like_one_of_these_crates() {
        for file in [
            "/srv/anyhow-shop/src/pay.rs",
            "/srv/tracing-demo/src/pay.rs",
            "/r/registry/src/index/tracing-shop-1.0.0/src/pay.rs",
        ] {
            assert!(!is_nobodys(file), "{file}");
        }
        assert!(is_nobodys(
            "/r/registry/src/index/tracing-0.1.41/src/lib.rs"
        ));
        assert!(is_nobodys(
            "/r/registry/src/index/tracing-core-0.1.33/src/lib.rs"
        ));
        assert_eq!(names(&["rust_shop::pay", "main"], At::Capture).len(), 2);
    }

    #[test]
    fn a_stack_without_names_keeps_what_has_a_file() {
        let mut stack = calls(&["", ""]);
        stack[1].file = Some("/srv/shop/src/main.rs".into());
        assert_eq!(trimmed(stack.clone(), At::Capture), stack[1..]);
        assert!(trimmed(Vec::new(), At::Panic).is_empty());
    }
}
