//! Which frames are the user's own code.

/// The caller's idea of where their own code lives.
#[derive(Clone, Debug, Default)]
pub struct InAppRules {
    /// Without separators at its end; `None` when no folder is the user's.
    project_root: Option<String>,
    modules: Vec<String>,
    /// Folder of the language's standard library, which no root may claim.
    standard_library: Option<String>,
}

impl InAppRules {
    /// Nothing is known to be the user's own code.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Code below this folder is the user's, unless it is an installed package.
    #[must_use]
    pub fn project_root(self, folder: &str) -> Self {
        Self {
            project_root: (!folder.is_empty()).then(|| without_end(folder)),
            ..self
        }
    }

    /// Code of these modules, and of modules below them, is the user's wherever it lies.
    #[must_use]
    pub fn modules(self, modules: impl IntoIterator<Item = String>) -> Self {
        Self {
            modules: modules
                .into_iter()
                .filter(|module| !module.is_empty())
                .collect(),
            ..self
        }
    }

    /// Code below this folder stays undecided even inside the project root: a root of `/`, as services and containers
    /// have it, must not turn the standard library into the user's code.
    #[must_use]
    pub fn standard_library(self, folder: &str) -> Self {
        Self {
            standard_library: (!folder.is_empty()).then(|| without_end(folder)),
            ..self
        }
    }

    /// Whether a frame is the user's own code; `None` leaves it to the server.
    ///
    /// The first rule that applies decides: one of the user's modules, an installed package, the standard library, the
    /// project root.
    ///
    /// ```
    /// use hogback::exception::InAppRules;
    ///
    /// let rules = InAppRules::new().project_root("/srv/shop");
    /// assert_eq!(rules.decide(Some("cart"), "/srv/shop/cart.py"), Some(true));
    /// assert_eq!(rules.decide(Some("cart"), "/srv/shop2/cart.py"), None);
    /// ```
    #[must_use]
    pub fn decide(&self, module: Option<&str>, path: &str) -> Option<bool> {
        if module.is_some_and(|module| {
            self.modules
                .iter()
                .any(|own| is_or_is_below(module, own, &['.']))
        }) {
            return Some(true);
        }
        if is_installed_package(path) {
            return Some(false);
        }
        let below = |folder: &Option<String>| {
            folder
                .as_deref()
                .is_some_and(|f| is_or_is_below(path, f, &['/', '\\']))
        };
        (below(&self.project_root) && !below(&self.standard_library)).then_some(true)
    }
}

fn without_end(folder: &str) -> String {
    folder.trim_end_matches(['/', '\\']).to_owned()
}

fn is_or_is_below(name: &str, top: &str, separators: &[char]) -> bool {
    name.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(separators))
}

/// The folders that pip and the distributions install into.
fn is_installed_package(path: &str) -> bool {
    path.match_indices("-packages").any(|(at, word)| {
        let (before, after) = (&path[..at], &path[at + word.len()..]);
        let parent = before
            .strip_suffix("site")
            .or_else(|| before.strip_suffix("dist"));
        parent.is_some_and(|parent| parent.ends_with(['/', '\\'])) && after.starts_with(['/', '\\'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> InAppRules {
        InAppRules::new()
            .project_root("/srv/app/")
            .modules(["shared.tools".to_owned()])
    }

    #[test]
    fn the_users_modules_are_in_app_even_when_installed() {
        let path = "/venv/lib/python3.11/site-packages/shared/tools/x.py";
        assert_eq!(rules().decide(Some("shared.tools"), path), Some(true));
        assert_eq!(rules().decide(Some("shared.tools.x"), path), Some(true));
        assert_eq!(rules().decide(Some("shared.toolshed"), path), Some(false));
        assert_eq!(rules().decide(Some("shared"), path), Some(false));
    }

    #[test]
    fn installed_packages_are_not_in_app_even_below_the_root() {
        for path in [
            "/srv/app/.venv/lib/python3.11/site-packages/django/x.py",
            "/usr/lib/python3/dist-packages/yaml/__init__.py",
            r"C:\app\venv\Lib\site-packages\django\x.py",
        ] {
            assert_eq!(rules().decide(None, path), Some(false), "{path}");
        }
    }

    #[test]
    fn a_folder_that_only_looks_like_installed_packages_is_no_reason() {
        assert_eq!(
            rules().decide(None, "/srv/app/my-site-packages/x.py"),
            Some(true)
        );
        assert_eq!(
            rules().decide(None, "/srv/app/site-packages.py"),
            Some(true)
        );
        assert_eq!(
            rules().decide(None, "/srv/app/dist-packages-2/x.py"),
            Some(true)
        );
    }

    #[test]
    fn a_sibling_folder_with_the_same_beginning_is_not_the_project() {
        assert_eq!(rules().decide(None, "/srv/app/views.py"), Some(true));
        assert_eq!(rules().decide(None, "/srv/app2/views.py"), None);
        assert_eq!(rules().decide(None, "/srv/application.py"), None);
    }

    #[test]
    fn a_root_of_everything_leaves_the_standard_library_undecided() {
        let rules = InAppRules::new()
            .project_root("/")
            .standard_library("/usr/lib/python3.11");
        assert_eq!(rules.decide(Some("views"), "/app/views.py"), Some(true));
        assert_eq!(
            rules.decide(Some("json.decoder"), "/usr/lib/python3.11/json/decoder.py"),
            None
        );
        assert_eq!(rules.decide(Some("runpy"), "<frozen runpy>"), None);
    }

    #[test]
    fn without_rules_only_installed_packages_are_decided() {
        assert_eq!(
            InAppRules::new().decide(Some("a"), "/srv/app/views.py"),
            None
        );
        assert_eq!(
            InAppRules::new()
                .project_root("")
                .decide(Some("a"), "/srv/app/views.py"),
            None
        );
        assert_eq!(
            InAppRules::new().decide(None, "/x/site-packages/a.py"),
            Some(false)
        );
    }
}
