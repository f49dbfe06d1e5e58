//! The calls of a traceback, or of the code that is running.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTraceback};

use super::{attribute, words};
use crate::once::interned;

/// One call: a frame and the line it was at.
pub(super) struct Call<'py> {
    pub(super) frame: Bound<'py, PyAny>,
    pub(super) lineno: Option<u32>,
}

/// Calls, outermost first; never empty.
pub(super) enum Stack<'py> {
    /// Traceback entries of an exception that was raised.
    Raised(Vec<Bound<'py, PyAny>>),
    /// The running frames, for an exception that never was.
    Running(Vec<Bound<'py, PyAny>>),
}

impl<'py> Stack<'py> {
    pub(super) fn of_traceback(tb: Option<Bound<'py, PyTraceback>>) -> Option<Self> {
        let mut next = Some(tb?.into_any());
        let mut calls = Vec::with_capacity(16);
        while let Some(tb) = next {
            next = attribute(&tb, interned!(tb.py(), "tb_next"))
                .filter(PyAnyMethods::is_instance_of::<PyTraceback>);
            calls.push(tb);
        }
        Some(Self::Raised(calls))
    }

    /// Where we are called from, without this package's own calls at the inner end.
    pub(super) fn of_caller(py: Python<'py>) -> Option<Self> {
        let mut next = py
            .import(interned!(py, "sys"))
            .ok()?
            .call_method0(interned!(py, "_getframe"))
            .ok();
        let mut calls = Vec::with_capacity(32);
        while let Some(frame) = next {
            next = attribute(&frame, interned!(py, "f_back")).filter(|back| !back.is_none());
            if !calls.is_empty() || !is_ours(&frame) {
                calls.push(frame);
            }
        }
        calls.reverse();
        (!calls.is_empty()).then_some(Self::Running(calls))
    }

    pub(super) fn is_synthetic(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Raised(calls) | Self::Running(calls) => calls.len(),
        }
    }

    pub(super) fn call(&self, index: usize) -> Option<Call<'py>> {
        let number = |line: Bound<'py, PyAny>| line.extract().ok();
        match self {
            Self::Raised(calls) => {
                let tb = calls.get(index)?;
                // The frame may have run on since: only the traceback knows the line.
                let lineno = attribute(tb, interned!(tb.py(), "tb_lineno")).and_then(number);
                Some(Call {
                    frame: attribute(tb, interned!(tb.py(), "tb_frame"))?,
                    lineno,
                })
            }
            Self::Running(calls) => {
                let frame = calls.get(index)?;
                let lineno = attribute(frame, interned!(frame.py(), "f_lineno")).and_then(number);
                Some(Call {
                    frame: frame.clone(),
                    lineno,
                })
            }
        }
    }
}

/// How many of the innermost calls are this package's own.
pub(super) fn calls_of_ours(py: Python<'_>) -> usize {
    let frame = py
        .import(interned!(py, "sys"))
        .and_then(|sys| sys.call_method0(interned!(py, "_getframe")));
    let mut next = frame.ok();
    let mut count = 0;
    while let Some(frame) = next.filter(is_ours) {
        next = attribute(&frame, interned!(py, "f_back"));
        count += 1;
    }
    count
}

fn is_ours(frame: &Bound<'_, PyAny>) -> bool {
    module_of(frame).is_some_and(|name| name == "posthog" || name.starts_with("posthog."))
}

/// The name of the module whose code the frame runs.
pub(super) fn module_of(frame: &Bound<'_, PyAny>) -> Option<String> {
    let py = frame.py();
    let globals = attribute(frame, interned!(py, "f_globals"))?;
    words::text(
        &globals
            .cast::<PyDict>()
            .ok()?
            .get_item(interned!(py, "__name__"))
            .ok()??,
    )
}
