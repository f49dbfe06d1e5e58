//! From a call to the frame that is sent.

use std::sync::{Arc, LazyLock};

use hogback::exception::{
    ExceptionList, Frame, SourceCache, SourceContext, SourceFile, absolute_path, is_no_file,
    path_beside_package, path_in_package,
};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::stack::{Call, Stack, module_of};
use super::{Options, attribute, imported, is_truthy, words};
use crate::once::interned;

const PLATFORM: &str = "python";

/// One for the process: clients report from the same files.
static SOURCES: LazyLock<SourceCache> = LazyLock::new(SourceCache::default);

/// The frames of the next exception of `list`, outermost first.
pub(super) fn frames(
    py: Python<'_>,
    stack: &Stack<'_>,
    list: &ExceptionList,
    options: &Options<'_>,
) -> Vec<Frame> {
    let depth = stack.depth();
    let kept = list.kept_frames(depth);
    let shown = |index| {
        let call = stack.call(index)?;
        Some((frame(py, &call, options)?, Some(call)))
    };
    let gap = ExceptionList::left_out(PLATFORM, depth, kept).map(|frame| (frame, None));
    let outermost = (0..kept.outermost).filter_map(shown);
    let innermost = (depth - kept.innermost..depth).filter_map(shown);
    let mut frames: Vec<_> = outermost.chain(gap).chain(innermost).collect();
    if let Some(variables) = &options.variables {
        // From the crash outwards: there they tell most, and the event has room for so many.
        for (frame, call) in frames.iter_mut().rev() {
            if frame.in_app == Some(true)
                && let Some(call) = call
            {
                frame.code_variables = variables.of_frame(&call.frame);
            }
        }
    }
    frames.into_iter().map(|(frame, _)| frame).collect()
}

/// `None` when the code asks not to be shown.
fn frame(py: Python<'_>, call: &Call<'_>, options: &Options<'_>) -> Option<Frame> {
    let module = module_of(&call.frame);
    let code = attribute(&call.frame, interned!(py, "f_code"))?;
    if asks_not_to_be_shown(&call.frame, &code, module.as_deref()) {
        return None;
    }
    let name = attribute(&code, interned!(py, "co_filename"))
        .and_then(|name| words::text(&name))
        .unwrap_or_default();
    let path = absolute_path(&name);
    let function = attribute(&code, interned!(py, "co_name")).and_then(|name| words::text(&name));
    let source = call
        .lineno
        .and_then(|lineno| source(&call.frame, &name, &path, lineno, options));
    Some(Frame {
        platform: PLATFORM.into(),
        filename: filename(py, &path, module.as_deref()),
        in_app: options.in_app.decide(module.as_deref(), &path),
        abs_path: (!path.is_empty()).then_some(path),
        function: function.unwrap_or_else(|| "<unknown>".to_owned()),
        module,
        lineno: call.lineno,
        source,
        code_variables: None,
    })
}

/// Whether the call of a traceback's entry is shown.
pub(super) fn is_shown(entry: &Bound<'_, PyAny>) -> bool {
    let py = entry.py();
    let asks = || {
        let frame = attribute(entry, interned!(py, "tb_frame"))?;
        let code = attribute(&frame, interned!(py, "f_code"))?;
        Some(asks_not_to_be_shown(
            &frame,
            &code,
            module_of(&frame).as_deref(),
        ))
    };
    asks() == Some(false)
}

fn asks_not_to_be_shown(
    frame: &Bound<'_, PyAny>,
    code: &Bound<'_, PyAny>,
    module: Option<&str>,
) -> bool {
    module.is_some_and(|name| name.starts_with("sentry_sdk.")) || is_hidden(frame, code)
}

fn filename(py: Python<'_>, path: &str, module: Option<&str>) -> String {
    let Some(module) = module else {
        return path.to_owned();
    };
    if let Some(name) = path_in_package(path, module) {
        return name.to_owned();
    }
    let package = module.split('.').next().and_then(|top| imported(py, top));
    let file =
        package.and_then(|package| words::text(&attribute(&package, interned!(py, "__file__"))?));
    file.and_then(|file| path_beside_package(path, &file).map(str::to_owned))
        .unwrap_or_else(|| path.to_owned())
}

/// Whether a local variable of one of the two usual names says so.
fn is_hidden(frame: &Bound<'_, PyAny>, code: &Bound<'_, PyAny>) -> bool {
    let py = frame.py();
    let names = [
        interned!(py, "__traceback_hide__"),
        interned!(py, "__tracebackhide__"),
    ];
    // Asking for the locals copies them all: only code that knows one of the names is asked.
    let mentions = |list: &Bound<'_, PyString>| {
        attribute(code, list)
            .and_then(|list| list.cast_into::<PyTuple>().ok())
            .is_some_and(|list| {
                // The compiler interns names: the same name is the same object.
                list.iter_borrowed()
                    .any(|name| names.iter().any(|hide| name.is(*hide)))
            })
    };
    if !mentions(interned!(py, "co_varnames")) && !mentions(interned!(py, "co_names")) {
        return false;
    }
    let Some(locals) = attribute(frame, interned!(py, "f_locals")) else {
        return false;
    };
    names
        .into_iter()
        .any(|name| locals.get_item(name).is_ok_and(|value| is_truthy(&value)))
}

fn source(
    frame: &Bound<'_, PyAny>,
    name: &str,
    path: &str,
    lineno: u32,
    options: &Options<'_>,
) -> Option<SourceContext> {
    // Not cached: a console uses the same name for each new input.
    let file = if is_no_file(name) {
        Arc::new(loaded_source(frame, name)?)
    } else {
        SOURCES.file(path, options.now, || loaded_source(frame, name))?
    };
    SourceContext::new(file, lineno)
}

/// The text that Python itself would show: of a module in a zip file, a notebook's cell, a file that names its encoding.
fn loaded_source(frame: &Bound<'_, PyAny>, name: &str) -> Option<SourceFile> {
    let py = frame.py();
    let globals = attribute(frame, interned!(py, "f_globals"))?;
    let linecache = py.import(interned!(py, "linecache")).ok()?;
    let _ = linecache.call_method1(interned!(py, "checkcache"), (name,));
    let lines = linecache
        .call_method1(interned!(py, "getlines"), (name, globals))
        .ok()?;
    let lines = lines.cast_into::<PyList>().ok()?;
    let text: String = lines.iter().filter_map(|line| words::text(&line)).collect();
    (!text.is_empty()).then(|| SourceFile::new(text))
}
