//! Walks Python exceptions and tracebacks into the core's plain data.
//!
//! Whatever an exception does when it is looked at, the walk goes on: what raises, lies or has no end is left out. It
//! runs with the interpreter's lock held throughout, so that the cache of source files is never locked while another
//! thread forks.

mod captured;
mod frames;
mod given;
mod helpers;
mod reserved;
mod stack;
mod variables;
mod words;

use std::time::Duration;

use hogback::exception::{Exception, ExceptionList, InAppRules, MAX_MEMBERS, Mechanism, Relation};
use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTraceback, PyTuple, PyType};

use crate::context;
use crate::once::{Once, interned};
use serde_json::{Map, Value};

pub(crate) use captured::{already_captured, mark_captured};
pub(crate) use given::exc_info;
pub(crate) use helpers::{
    described_exception, is_captured, is_in_app, looks_like_secret, mark_as_captured, shown_calls,
};
pub(crate) use reserved::own_properties;
use stack::Stack;
pub(crate) use variables::{Variables, rules};

/// What the capturing side decides about a list.
pub(crate) struct Options<'a> {
    /// What it says about the boundary that caught the exception: `type`, `handled` and whatever else.
    pub(crate) mechanism: Map<String, Value>,
    pub(crate) in_app: &'a InAppRules,
    /// The time of the client's clock, which ages the cache of source files.
    pub(crate) now: Duration,
    /// Whether variables are shown, and which.
    pub(crate) variables: Option<Variables>,
}

/// The in-app rules of a client: its folder, its modules, and this interpreter's standard library.
pub(crate) fn in_app_rules(
    py: Python<'_>,
    project_root: Option<&str>,
    modules: Vec<String>,
) -> InAppRules {
    let rules = InAppRules::new()
        .project_root(project_root.unwrap_or_default())
        .modules(modules);
    let os_file = py
        .import(interned!(py, "os"))
        .ok()
        .and_then(|os| attribute(&os, interned!(py, "__file__")));
    let os_file = os_file.and_then(|file| words::text(&file));
    match os_file
        .as_deref()
        .and_then(|file| file.rsplit_once(['/', '\\']))
    {
        Some((folder, _)) => rules.standard_library(folder),
        None => rules,
    }
}

/// The exception and everything it came from, ready to be sent.
///
/// `tb` is the traceback to show for `exc` itself; without one it is the exception's own. An exception that was never
/// raised shows where it is captured.
pub(crate) fn exception_list(
    py: Python<'_>,
    exc: &Bound<'_, PyAny>,
    tb: Option<&Bound<'_, PyAny>>,
    options: &Options<'_>,
) -> ExceptionList {
    let mut walk = Walk {
        options,
        list: ExceptionList::new(),
        seen: Vec::new(),
        members_left: MAX_MEMBERS,
    };
    let tb = tb.and_then(|tb| tb.cast::<PyTraceback>().ok().cloned());
    let stack = Stack::of_traceback(tb.or_else(|| traceback(exc))).or_else(|| Stack::of_caller(py));
    let mut mechanism = Mechanism::root(options.mechanism.clone());
    mechanism.synthetic |= stack.as_ref().is_some_and(Stack::is_synthetic);
    walk.visit(exc, stack.as_ref(), mechanism);
    walk.list
}

struct Walk<'a, 'py> {
    options: &'a Options<'a>,
    list: ExceptionList,
    /// Held, so that no address is used twice during the walk.
    seen: Vec<Bound<'py, PyAny>>,
    members_left: usize,
}

impl<'py> Walk<'_, 'py> {
    /// Adds one exception, then those it hangs together with. The list's limit ends the recursion.
    fn visit(&mut self, exc: &Bound<'py, PyAny>, stack: Option<&Stack<'py>>, mechanism: Mechanism) {
        if self.list.is_full() || self.seen.iter().any(|seen| seen.is(exc)) {
            return;
        }
        self.seen.push(exc.clone());
        let is_group = is_group(exc);
        let frames = stack.map(|stack| frames::frames(exc.py(), stack, &self.list, self.options));
        let id = self.list.push(Exception {
            kind: words::class_name(exc),
            value: words::message(exc),
            module: words::class_module(exc),
            mechanism: Mechanism {
                is_exception_group: is_group,
                errno: words::errno(exc),
                ..mechanism
            },
            frames: frames.unwrap_or_default(),
        });
        let Some(id) = id else { return };
        if let Some((related, relation)) = origin(exc) {
            self.visit_below(&related, id, relation);
        }
        if is_group {
            self.visit_members(exc, id);
        }
    }

    fn visit_below(&mut self, exc: &Bound<'py, PyAny>, parent: usize, relation: Relation) {
        let stack = Stack::of_traceback(traceback(exc));
        self.visit(exc, stack.as_ref(), Mechanism::chained(parent, relation));
    }

    fn visit_members(&mut self, group: &Bound<'py, PyAny>, id: usize) {
        let Some(members) = attribute(group, interned!(group.py(), "exceptions")) else {
            return;
        };
        if !members.is_instance_of::<PyTuple>() && !members.is_instance_of::<PyList>() {
            return;
        }
        for index in 0.. {
            if self.list.is_full() || self.members_left == 0 {
                return;
            }
            self.members_left -= 1;
            let Ok(member) = members.get_item(index) else {
                return;
            };
            if member.is_instance_of::<PyBaseException>() {
                self.visit_below(&member, id, Relation::Member);
            }
        }
    }
}

/// What the exception came from: on purpose (`raise .. from ..`), or because another was being handled.
fn origin<'py>(exc: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Relation)> {
    let py = exc.py();
    let suppressed =
        attribute(exc, interned!(py, "__suppress_context__")).is_some_and(|flag| is_truthy(&flag));
    let (name, relation) = if suppressed {
        (interned!(py, "__cause__"), Relation::Cause)
    } else {
        (interned!(py, "__context__"), Relation::Context)
    };
    let related = attribute(exc, name)?;
    related
        .is_instance_of::<PyBaseException>()
        .then_some((related, relation))
}

fn traceback<'py>(exc: &Bound<'py, PyAny>) -> Option<Bound<'py, PyTraceback>> {
    attribute(exc, interned!(exc.py(), "__traceback__"))?
        .cast_into()
        .ok()
}

fn is_group(exc: &Bound<'_, PyAny>) -> bool {
    group_class(exc.py()).is_some_and(|class| exc.is_instance(&class).unwrap_or(false))
}

/// The base of all exception groups: built in since Python 3.11, before that it comes from the `exceptiongroup`
/// package, if the program has imported it.
fn group_class(py: Python<'_>) -> Option<Bound<'_, PyType>> {
    static BUILT_IN: Once<Option<Py<PyType>>> = Once::new();
    let name = interned!(py, "BaseExceptionGroup");
    let built_in = BUILT_IN.get_or_make(|| {
        let class = attribute(py.import("builtins").ok()?.as_any(), name)?;
        Some(class.cast_into().ok()?.unbind())
    });
    if let Some(class) = built_in {
        return Some(class.bind(py).clone());
    }
    attribute(&imported(py, "exceptiongroup")?, name)?
        .cast_into()
        .ok()
}

/// A module that the program has imported already.
fn imported<'py>(py: Python<'py>, name: &str) -> Option<Bound<'py, PyAny>> {
    attribute(
        py.import(interned!(py, "sys")).ok()?.as_any(),
        interned!(py, "modules"),
    )?
    .get_item(name)
    .ok()
}

/// An attribute that may be missing, or raise when it is read.
fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, pyo3::types::PyString>,
) -> Option<Bound<'py, PyAny>> {
    survived(object.py(), object.getattr_opt(name)).flatten()
}

fn is_truthy(object: &Bound<'_, PyAny>) -> bool {
    survived(object.py(), object.is_truthy()).unwrap_or(false)
}

/// What code of the program answered, if it did not raise.
///
/// What it raised that is aimed at the thread, such as Ctrl-C, is kept, and gets through when the event is on its way.
fn survived<T>(py: Python<'_>, answer: PyResult<T>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error) => {
            if !error.is_instance_of::<PyException>(py) {
                context::keep_interrupt(error);
            }
            None
        }
    }
}
