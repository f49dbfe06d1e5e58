//! The local variables of the frames of one event.

mod kinds;
mod layout;
mod leaves;
mod python_pattern;
mod read;
mod settings;
mod statics;

use std::cell::RefCell;

use hogback::exception::variables::{Budget, CodeVariables, Local, Rules};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use super::{attribute, survived};
use crate::context;
use crate::once::interned;
use crate::values::text_of;
use kinds::Kind;
use read::Reading;

pub(crate) use settings::rules;

/// What is shown of the variables of an event, and how much of it is left.
pub(crate) struct Variables {
    rules: Rules,
    budget: RefCell<Budget>,
}

/// The compiler's mark of code whose variables lie in the frame itself, as those of all functions.
const OPTIMIZED: u32 = 1;

impl Variables {
    /// By the rules, with the whole budget.
    pub(crate) fn by(rules: Rules) -> Self {
        Self {
            rules,
            budget: RefCell::default(),
        }
    }

    /// The variables of a frame as they are shown; `None` if none are.
    pub(super) fn of_frame(&self, frame: &Bound<'_, PyAny>) -> Option<CodeVariables> {
        let mut budget = self.budget.borrow_mut();
        // Somebody who presses Ctrl-C does not want to wait for the rest.
        if budget.is_used_up() || context::is_interrupted() {
            return None;
        }
        let locals = survived(frame.py(), locals(frame))??;
        let read = |object: &Bound<'_, PyAny>| Reading::new(self.rules.shows_all()).value(object);
        CodeVariables::collect(locals, &self.rules, &mut budget, read)
    }
}

/// The frame's variables by name. Code that runs in a mapping of the program's own shows none: reading it runs code.
fn locals<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Local<Bound<'py, PyAny>>>>> {
    let py = frame.py();
    let Some(given) = attribute(frame, interned!(py, "f_locals")) else {
        return Ok(None);
    };
    let variables = match given.cast::<PyDict>() {
        Ok(dict) => dict.clone(),
        // Since Python 3.13 functions have a view of their frame in its place.
        Err(_) if is_optimized(frame)? => {
            let copy = PyDict::new(py);
            copy.update(given.cast::<PyMapping>()?)?;
            copy
        }
        Err(_) => return Ok(None),
    };
    let named: Vec<_> = variables.iter().collect();
    let locals = named.into_iter().filter_map(|(name, value)| {
        let name = text_of(name.cast::<PyString>().ok()?).into_owned();
        Some(Local {
            name,
            is_simple: Kind::of(&value).is_ok_and(|kind| kind.is_simple()),
            value,
        })
    });
    Ok(Some(locals.collect()))
}

fn is_optimized(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = frame.py();
    let code = frame.getattr(interned!(py, "f_code"))?;
    let flags: u32 = code.getattr(interned!(py, "co_flags"))?.extract()?;
    Ok(flags & OPTIMIZED != 0)
}
