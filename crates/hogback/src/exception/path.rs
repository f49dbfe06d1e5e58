//! File names as a reader wants to see them.

use std::path::{Component, Path, PathBuf};

/// The absolute form of a file's name, without `.` and `..`; names in angle brackets are no files and stay.
///
/// ```
/// use hogback::exception::absolute_path;
///
/// assert_eq!(absolute_path("/srv/app/../shop/views.py"), "/srv/shop/views.py");
/// assert_eq!(absolute_path("<string>"), "<string>");
/// ```
#[must_use]
pub fn absolute_path(name: &str) -> String {
    if is_no_file(name) || is_absolute_and_plain(name) {
        return name.to_owned();
    }
    let Ok(absolute) = std::path::absolute(name) else {
        return name.to_owned();
    };
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
        .to_str()
        .map_or_else(|| name.to_owned(), str::to_owned)
}

/// Compiled from a string, or built into the interpreter.
#[must_use]
pub fn is_no_file(name: &str) -> bool {
    name.starts_with('<') && name.ends_with('>')
}

fn is_absolute_and_plain(name: &str) -> bool {
    name.starts_with('/')
        && !["//", "/./", "/../"].iter().any(|part| name.contains(part))
        && !name.ends_with("/..")
}

/// The part of a path that its module's name accounts for: `shop/views.py` for `shop.views`.
///
/// A module without a package is shown by its file's base name. `None` when the path does not end as the module's name
/// would have it.
///
/// ```
/// use hogback::exception::path_in_package;
///
/// assert_eq!(path_in_package("/srv/shop/views.py", "shop.views"), Some("shop/views.py"));
/// assert_eq!(path_in_package("/srv/manage.py", "__main__"), Some("manage.py"));
/// assert_eq!(path_in_package("/srv/templates/cart.html", "jinja2.runtime"), None);
/// ```
#[must_use]
pub fn path_in_package<'a>(path: &'a str, module: &str) -> Option<&'a str> {
    if is_no_file(path) {
        return None;
    }
    let (folder, base) = split_last(path)?;
    if !module.contains('.') {
        return Some(base);
    }
    let stem = base.split('.').next().unwrap_or(base);
    let mut names = module.rsplit('.');
    let mut rest = folder;
    if stem != "__init__" && names.next()? != stem {
        return None;
    }
    for name in names {
        let (parent, last) = split_last(rest)?;
        if last != name {
            return None;
        }
        rest = parent;
    }
    Some(&path[rest.len() + 1..])
}

fn split_last(path: &str) -> Option<(&str, &str)> {
    path.rsplit_once(['/', std::path::MAIN_SEPARATOR])
}

/// The part of a path below the folder that the top-level package lies in; `None` when it is not below.
///
/// `package` is the package's own file, such as `/srv/shop/__init__.py`.
#[must_use]
pub fn path_beside_package<'a>(path: &'a str, package: &str) -> Option<&'a str> {
    let parent = Path::new(package).parent()?.parent()?;
    Path::new(path)
        .strip_prefix(parent)
        .ok()?
        .to_str()
        .filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_name_is_below_the_working_directory() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            absolute_path("a/./b/../c.py"),
            here.join("a/c.py").to_str().unwrap()
        );
    }

    #[test]
    fn absolute_names_lose_their_detours() {
        for (name, plain) in [
            ("/a/b.py", "/a/b.py"),
            ("/a/./b.py", "/a/b.py"),
            ("//a//b.py", "/a/b.py"),
            ("/..", "/"),
        ] {
            assert_eq!(absolute_path(name), plain, "{name}");
        }
    }

    #[test]
    fn code_without_a_file_keeps_its_name() {
        assert_eq!(absolute_path("<frozen runpy>"), "<frozen runpy>");
        assert_eq!(absolute_path(""), "");
    }

    #[test]
    fn a_file_is_shown_from_its_top_level_package_on() {
        let cases = [
            (
                "/v/django/core/handlers/base.py",
                "django.core.handlers.base",
                Some("django/core/handlers/base.py"),
            ),
            (
                "/v/django/core/__init__.py",
                "django.core",
                Some("django/core/__init__.py"),
            ),
            ("/v/six.py", "six", Some("six.py")),
            ("/v/django/__init__.py", "django", Some("__init__.py")),
            (
                "/v/lib/fast.cpython-311.so",
                "lib.fast",
                Some("lib/fast.cpython-311.so"),
            ),
            ("/v/other/base.py", "django.core.base", None),
            ("/base.py", "core.base", None),
            ("views.py", "shop.views", None),
        ];
        for (path, module, expected) in cases {
            assert_eq!(
                path_in_package(path, module),
                expected,
                "{path} of {module}"
            );
        }
    }

    #[test]
    fn a_file_named_unlike_its_module_is_shown_from_beside_the_package() {
        assert_eq!(
            path_beside_package("/v/shop/gen/x.tpl", "/v/shop/__init__.py"),
            Some("shop/gen/x.tpl")
        );
        assert_eq!(path_beside_package("/w/x.tpl", "/v/shop/__init__.py"), None);
        assert_eq!(
            path_beside_package("/v2/shop/x.tpl", "/v/shop/__init__.py"),
            None
        );
        assert_eq!(path_beside_package("/x.py", "shop.py"), None);
    }
}
