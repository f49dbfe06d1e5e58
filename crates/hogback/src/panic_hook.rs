//! Captures panics, by a hook of the process.
//!
//! A panic inside of a panic hook ends the process at once, and code of the program's may panic: `before_send`, say. So
//! the hook takes what only its thread knows (message, place, stack, context), and a thread made for it does the rest; the
//! one that panics waits for it, for two seconds at most.
//!
//! An event in the journal needs no more than to be there. One in memory would die with the process, so it is sent within
//! the same two seconds.
//!
//! The first look for the names of a stack reads the whole binary, which takes seconds where it is large and the processor
//! is busy. So names have one second; a panic that would need more for them is captured where it happened, and that is all
//! that is known of its stack. They are found out all the same, and the next panic has them at once.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::sync::mpsc;
use std::thread::{self, LocalKey};
use std::time::Duration;

use crate::captured_panics::{self, Likeness};
use crate::client::Client;
use crate::context::{Context, Surroundings};
use crate::delivery::{self, Note};
use crate::draft::{Draft, Kind};
use crate::errors::{At, Call, Place, Stack, panics};
use crate::exception::{Boundary, Level as Severity};
use crate::loss::Level;
use crate::{global, wire};

/// How long a thread that panics waits for its event.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How much of that the names of its stack may take.
const LONGEST_NAMING: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether the hook runs here already, or does not want to know of a panic.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Installs the hook, once in a process, before the one that is there; `false` where it cannot be, since this thread panics.
pub(crate) fn install() -> bool {
    static INSTALLED: Once = Once::new();
    if thread::panicking() && !INSTALLED.is_completed() {
        return false;
    }
    INSTALLED.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if look_at(info) {
                // The next one may log it.
                quietly(|| next(info));
            } else {
                next(info);
            }
        }));
    });
    true
}

/// Gives a mark of this thread's its value back, however what it was set for ends.
pub(crate) struct Restore(pub(crate) &'static LocalKey<Cell<bool>>, pub(crate) bool);

impl Drop for Restore {
    fn drop(&mut self) {
        // A thread that is ending has no marks any more.
        let _ = self.0.try_with(|mark| mark.set(self.1));
    }
}

/// Runs code whose panics are expected: they are no news.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let before = IS_BUSY.try_with(|busy| busy.replace(true));
    let _restore = Restore(&IS_BUSY, before.unwrap_or(true));
    run()
}

/// Whether this thread's panics are expected, or captured already.
pub(crate) fn is_quiet() -> bool {
    IS_BUSY.try_with(Cell::get).unwrap_or(true)
}

/// Does work that may run the program's code on a thread made for it, waits for that, and has the client send what would
/// die with the process; `false` when there is no thread to be had.
pub(crate) fn elsewhere(client: Client, work: impl FnOnce() + Send + 'static) -> bool {
    let (done, is_done) = mpsc::sync_channel(1);
    let whole = move || {
        work();
        if client.stats().level == Level::Memory {
            client.flush(Some(LONGEST_WAIT));
        }
        let _ = done.send(());
    };
    // One that panics itself lets its end of the channel go, so that nobody waits in vain.
    start(whole) && {
        let _ = is_done.recv_timeout(LONGEST_WAIT);
        true
    }
}

/// Starts a thread that captures nothing of its own; `false` when there is none to be had.
fn start(work: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new().name(delivery::THREADS[2].to_owned());
    thread.spawn(work).is_ok()
}

/// The calls of a stack; none when finding out their names takes too long, or fails.
fn calls_in_time(stack: Stack) -> Option<Vec<Call>> {
    let (named, is_named) = mpsc::sync_channel(1);
    // Without a thread, or when it panics, the channel has no other end any more, so that nobody waits in vain.
    start(move || {
        let _ = named.send(stack.calls(At::Panic));
    });
    is_named.recv_timeout(LONGEST_NAMING).ok()
}

/// Captures a panic; returns whether that was done.
fn look_at(info: &PanicHookInfo<'_>) -> bool {
    if is_quiet() || delivery::is_own_thread() {
        return false;
    }
    let Some(client) = global::client().filter(Client::captures_panics) else {
        return false;
    };
    quietly(|| {
        let panicked = Panicked::here(info, client);
        let (client, message) = (panicked.client.clone(), panicked.message.clone());
        let (uuid, likeness) = (panicked.draft.uuid.clone(), panicked.likeness);
        let is_captured = elsewhere(client.clone(), || panicked.capture());
        if is_captured {
            captured_panics::remember(&client, likeness, uuid);
        } else {
            client.note(Note::Error(format!(
                "a panic is not captured, since there is no thread to be had for it: {message}"
            )));
        }
        is_captured
    })
}

/// What only the thread that panics knows.
struct Panicked {
    client: Client,
    message: String,
    likeness: Likeness,
    place: Option<Place>,
    stack: Stack,
    context: Option<Context>,
    /// With the time and id of now.
    draft: Draft,
}

impl Panicked {
    fn here(info: &PanicHookInfo<'_>, client: Client) -> Self {
        let place = info.location().map(|location| Place {
            file: location.file().to_owned(),
            line: location.line(),
            column: location.column(),
        });
        Self {
            message: panics::message(info.payload()).to_owned(),
            likeness: Likeness::of(info.payload()),
            place,
            stack: Stack::here(),
            context: Context::current(),
            draft: client.draft(Kind::Event(wire::EXCEPTION.to_owned())),
            client,
        }
    }

    fn capture(self) {
        let Self {
            client,
            message,
            likeness: _,
            place,
            stack,
            context,
            mut draft,
        } = self;
        let boundary = Boundary::default()
            .level(Severity::Fatal)
            .mechanism("panic")
            .handled(false);
        let calls = calls_in_time(stack).unwrap_or_else(|| {
            client.note(Note::Warning(format!(
                "a panic is captured without its stack, whose names were not found within {LONGEST_NAMING:?}: \
                 {message}"
            )));
            place.iter().map(Place::call).collect()
        });
        draft.properties =
            client.panic_properties(&message, place.as_ref(), &calls, &boundary, false);
        // It waits for nobody to be named: its request may never end.
        let around =
            context.map_or_else(Surroundings::default, |context| context.surroundings_here());
        // A refusal is counted.
        let _ = client.finish(&draft, &around);
    }
}
