//! What a context says about the local variables of exceptions, in place of its client.

use std::sync::{Mutex, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::once::interned;

/// One of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Override {
    Enabled,
    MaskPatterns,
    IgnorePatterns,
    MaskUrlCredentials,
    DetectSecrets,
}

impl Override {
    /// The client's attribute for it.
    pub(crate) fn name(self, py: Python<'_>) -> &Bound<'_, PyString> {
        match self {
            Self::Enabled => interned!(py, "capture_exception_code_variables"),
            Self::MaskPatterns => interned!(py, "code_variables_mask_patterns"),
            Self::IgnorePatterns => interned!(py, "code_variables_ignore_patterns"),
            Self::MaskUrlCredentials => interned!(py, "code_variables_mask_url_credentials"),
            Self::DetectSecrets => interned!(py, "code_variables_detect_secrets"),
        }
    }
}

/// The settings of one context; hardly any has one.
#[derive(Default)]
pub(crate) struct Overrides(Mutex<Option<Box<Said>>>);

/// By the number of the setting.
type Said = [Option<Py<PyAny>>; 5];

impl Overrides {
    /// Says it; `None` takes it back.
    pub(crate) fn set(&self, which: Override, value: Option<Py<PyAny>>) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = &mut said.get_or_insert_default()[which as usize];
        let old = std::mem::replace(place, value);
        drop(said);
        // Only now: what goes may run code of the program.
        drop(old);
    }

    pub(crate) fn get(&self, py: Python<'_>, which: Override) -> Option<Py<PyAny>> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = said.as_ref()?[which as usize].as_ref()?;
        Some(value.clone_ref(py))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(said) = self.0.try_lock() {
            for value in said.iter().flat_map(|values| values.iter()) {
                visit.call(value)?;
            }
        }
        Ok(())
    }

    pub(crate) fn clear(&self) {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(said);
    }
}
