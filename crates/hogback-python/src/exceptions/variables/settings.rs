//! Whether variables are shown, and by which rules: what the context says, else what the client says.

use std::sync::{Mutex, PoisonError};

use hogback::exception::variables::{Patterns, Rules};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::python_pattern::PythonPattern;
use crate::log;
use crate::overrides::Override;
use crate::values::text_of;
use crate::{context, surroundings};

/// The rules of an exception that is captured now; `None` when its variables are not shown.
pub(crate) fn rules(client: &Bound<'_, PyAny>) -> PyResult<Option<Rules>> {
    let py = client.py();
    let current = surroundings::current(py)?;
    let setting = |which: Override| {
        let said = current
            .as_ref()
            .and_then(|scope| context::overridden(scope, which));
        let said = match said {
            Some(said) => Some(said.into_bound(py)),
            None => client.getattr_opt(which.name(py))?,
        };
        Ok::<_, PyErr>(said.filter(|said| !said.is_none()))
    };
    let flag = |which: Override, default: bool| {
        setting(which)?.map_or(Ok(default), |said| said.is_truthy())
    };
    if !flag(Override::Enabled, false)? {
        return Ok(None);
    }
    let patterns = |which: Override, default: fn() -> Patterns| match setting(which)? {
        Some(given) => patterns(&given, which, default),
        None => Ok(default()),
    };
    Ok(Some(Rules {
        mask: patterns(Override::MaskPatterns, Patterns::default_mask)?,
        ignore: patterns(Override::IgnorePatterns, Patterns::default_ignore)?,
        mask_url_credentials: flag(Override::MaskUrlCredentials, true)?,
        detect_secrets: flag(Override::DetectSecrets, true)?,
    }))
}

/// The compiled patterns of a list.
///
/// A pattern that cannot be used is named in the log, and left out; the default ones are then used beside the rest, so
/// that no secret is shown because of a slip.
fn patterns(
    given: &Bound<'_, PyAny>,
    which: Override,
    default: fn() -> Patterns,
) -> PyResult<Patterns> {
    let items: Vec<Bound<'_, PyAny>> = if let Ok(list) = given.cast::<PyList>() {
        list.iter().collect()
    } else if let Ok(tuple) = given.cast::<PyTuple>() {
        tuple.iter().collect()
    } else if given.is_instance_of::<PyString>() {
        vec![given.clone()] // one pattern, not its letters
    } else {
        given.try_iter()?.collect::<PyResult<_>>()?
    };
    let texts: Option<Vec<String>> = items.iter().map(text).collect();
    if let Some(texts) = &texts
        && let Some(known) = KNOWN.find(which, texts)
    {
        return Ok(known);
    }
    let compiled = compiled(&items, default)?;
    if let Some(texts) = texts {
        KNOWN.keep(which, texts, &compiled);
    }
    Ok(compiled)
}

fn compiled(items: &[Bound<'_, PyAny>], default: fn() -> Patterns) -> PyResult<Patterns> {
    let texts: Vec<String> = items.iter().filter_map(text).collect();
    let (mut patterns, others) = Patterns::of(&texts);
    let others = others.into_iter().map(|index| &texts[index]);
    let others = others.map(|text| PyString::new(items[0].py(), text).into_any());
    let objects = items.iter().filter(|item| text(item).is_none()).cloned();
    let mut is_broken = false;
    for pattern in others.chain(objects) {
        let py = pattern.py();
        match PythonPattern::compile(&pattern) {
            Ok(matcher) => patterns = patterns.and(std::sync::Arc::new(matcher)),
            Err(error) if error.is_instance_of::<PyException>(py) => {
                name_once(&pattern, &error)?;
                is_broken = true;
            }
            Err(interrupt) => return Err(interrupt),
        }
    }
    Ok(if is_broken {
        patterns.and(std::sync::Arc::new(default()))
    } else {
        patterns
    })
}

/// Says in the log which pattern is of no use, once in a process.
fn name_once(pattern: &Bound<'_, PyAny>, error: &PyErr) -> PyResult<()> {
    let py = pattern.py();
    let shown = pattern.repr().map(|text| text_of(&text).into_owned());
    let shown = shown.unwrap_or_else(|_| "of an unknown kind".to_owned());
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    if named.contains(&shown) || named.len() >= MAX_NAMED {
        return Ok(());
    }
    named.push(shown.clone());
    drop(named);
    let reason = error.value(py).str()?;
    let reason = text_of(&reason);
    log::line(
        py,
        "warning",
        &format!(
            "the pattern {shown} for code variables is left out, and the default ones are used too: {reason}"
        ),
    );
    Ok(())
}

/// A program that has more than so many broken patterns knows by then.
const MAX_NAMED: usize = 64;

static NAMED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn text(item: &Bound<'_, PyAny>) -> Option<String> {
    Some(text_of(item.cast::<PyString>().ok()?).into_owned())
}

/// A program has few lists of patterns; one that makes them all the time must not keep them.
const MAX_KNOWN: usize = 16;

static KNOWN: KnownLists = KnownLists(Mutex::new(Vec::new()));

/// Compiled lists of patterns by what they are for and by their texts: a list with a broken pattern has the default ones of
/// its setting in it. Whoever locks calls nothing of Python's before unlocking.
struct KnownLists(Mutex<Vec<(Override, Vec<String>, Patterns)>>);

impl KnownLists {
    fn find(&self, which: Override, texts: &[String]) -> Option<Patterns> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |(of, list, _): &&(Override, Vec<String>, Patterns)| *of == which && list == texts;
        let (.., patterns) = known.iter().find(is_it)?;
        Some(patterns.clone())
    }

    fn keep(&self, which: Override, texts: Vec<String>, patterns: &Patterns) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (known.len() >= MAX_KNOWN).then(|| known.remove(0));
        known.push((which, texts, patterns.clone()));
        drop(known);
        drop(oldest);
    }
}
