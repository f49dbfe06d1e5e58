//! One call of a stack.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::source::SourceContext;
use super::variables::CodeVariables;

/// The platform of compiled code.
pub(crate) const NATIVE: &str = "native";

/// One call of a stack.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The language's name on the wire.
    pub platform: Cow<'static, str>,
    /// The file as a reader wants to see it: relative to the package's parent folder.
    pub filename: String,
    /// Where the file lies on this machine.
    pub abs_path: Option<String>,
    /// The function's name.
    pub function: String,
    /// The module's name.
    pub module: Option<String>,
    /// The line in the file, counted from 1.
    pub lineno: Option<u32>,
    /// Whether it is the user's own code; `None` leaves it to the server.
    pub in_app: Option<bool>,
    /// The line and its neighbours.
    pub source: Option<SourceContext>,
    /// What its local variables held, if that is wanted.
    pub code_variables: Option<CodeVariables>,
}

impl Frame {
    /// Stands for `count` frames that were left out of a very deep stack.
    ///
    /// It is a frame like any other, so that every reader shows it, and where the gap is; it is never in-app, so that
    /// no grouping depends on it.
    pub(super) fn left_out(platform: Cow<'static, str>, count: usize) -> Self {
        Self {
            platform,
            filename: "...".to_owned(),
            function: format!("({count} frames left out)"),
            in_app: Some(false),
            ..Self::default()
        }
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("platform", &self.platform)?;
        if self.platform == NATIVE {
            // What was compiled says which language it was, and that its names need no look-up.
            map.serialize_entry("lang", "rust")?;
            map.serialize_entry("client_resolved", &true)?;
        }
        map.serialize_entry("filename", &self.filename)?;
        if let Some(path) = &self.abs_path {
            map.serialize_entry("abs_path", path)?;
        }
        map.serialize_entry("function", &self.function)?;
        map.serialize_entry("module", &self.module)?;
        if let Some(lineno) = self.lineno {
            map.serialize_entry("lineno", &lineno)?;
        }
        if let Some(source) = &self.source {
            map.serialize_entry("pre_context", &Lines(|| source.before()))?;
            map.serialize_entry("context_line", source.line())?;
            map.serialize_entry("post_context", &Lines(|| source.after()))?;
        }
        if let Some(in_app) = self.in_app {
            map.serialize_entry("in_app", &in_app)?;
        }
        if let Some(variables) = &self.code_variables {
            map.serialize_entry("code_variables", variables)?;
        }
        map.end()
    }
}

/// Writes lines straight from the source file's text.
struct Lines<F>(F);

impl<'a, F: Fn() -> I, I: ExactSizeIterator<Item = &'a str>> Serialize for Lines<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::source::SourceFile;
    use super::super::variables::{Budget, Local, Rules, Value};
    use super::*;

    fn variables() -> Option<CodeVariables> {
        let amount = Local {
            name: "amount".to_owned(),
            is_simple: true,
            value: Value::Int(12),
        };
        let (rules, mut budget) = (Rules::default(), Budget::default());
        CodeVariables::collect([amount], &rules, &mut budget, Value::clone)
    }

    #[test]
    fn a_frame_has_the_wire_shape() {
        let file = Arc::new(SourceFile::new(
            "def pay():\n    charge()\n    return\n".to_owned(),
        ));
        let frame = Frame {
            platform: "python".into(),
            filename: "shop/views.py".to_owned(),
            abs_path: Some("/srv/shop/views.py".to_owned()),
            function: "pay".to_owned(),
            module: Some("shop.views".to_owned()),
            lineno: Some(2),
            in_app: Some(true),
            source: SourceContext::new(file, 2),
            code_variables: variables(),
        };
        assert_eq!(
            serde_json::to_value(&frame).unwrap(),
            json!({
                "platform": "python", "filename": "shop/views.py", "abs_path": "/srv/shop/views.py",
                "function": "pay", "module": "shop.views", "lineno": 2, "in_app": true,
                "pre_context": ["def pay():"], "context_line": "    charge()", "post_context": ["    return"],
                "code_variables": {"amount": 12},
            })
        );
    }

    #[test]
    fn what_is_unknown_is_absent_and_an_unknown_module_is_null() {
        let frame = Frame {
            platform: "python".into(),
            function: "f".to_owned(),
            ..Frame::default()
        };
        assert_eq!(
            serde_json::to_value(&frame).unwrap(),
            json!({"platform": "python", "filename": "", "function": "f", "module": null})
        );
    }
}
