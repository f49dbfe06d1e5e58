//! A pattern that only Python's own `re` understands, or a compiled one.

use hogback::exception::variables::Matcher;
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::context;
use crate::once::interned;

#[derive(Debug)]
pub(super) struct PythonPattern {
    /// `search`, bound to the compiled pattern.
    search: Py<PyAny>,
}

impl PythonPattern {
    /// Compiles a text; what is compiled already stays as it is. Patterns for bytes are refused.
    pub(super) fn compile(pattern: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = pattern.py();
        let compiled = py
            .import(interned!(py, "re"))?
            .call_method1(interned!(py, "compile"), (pattern,))?;
        if !compiled
            .getattr(interned!(py, "pattern"))?
            .is_instance_of::<PyString>()
        {
            return Err(PyTypeError::new_err("it is a pattern for bytes"));
        }
        let search = compiled.getattr(interned!(py, "search"))?.unbind();
        Ok(Self { search })
    }
}

impl Matcher for PythonPattern {
    fn is_match(&self, text: &str) -> bool {
        if context::is_interrupted() {
            return true;
        }
        Python::attach(|py| match self.search.bind(py).call1((text,)) {
            Ok(found) => !found.is_none(),
            Err(error) => {
                // Ctrl-C during a search that takes long.
                if !error.is_instance_of::<PyException>(py) {
                    context::keep_interrupt(error);
                }
                true
            }
        })
    }
}
