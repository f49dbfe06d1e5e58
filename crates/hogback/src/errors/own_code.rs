//! Which calls are the program's own code, and how their files are shown.
//!
//! A binary knows the paths of the machine that compiled it, which is often another one than it runs on. So code counts
//! as the program's unless it lies where Cargo or rustc keep other people's code; and files are shown from their crate's
//! folder on, which is the same everywhere, so that the same error is the same issue on all machines.

use std::path::PathBuf;

use super::call::Call;

/// Where a service's own code lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnCode {
    /// The folder that the program has named, without a separator at its end.
    project_root: Option<String>,
    /// Crates, or modules of them, that are the program's wherever they lie.
    prefixes: Vec<String>,
}

/// Whether the binary knows in which files the program's own code lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// It does, so what has no file is somebody else's, compiled without lines.
    Known,
    /// It was stripped, or compiled without lines.
    Unknown,
}

/// Parts of the paths of other people's code.
const OTHERS: [&str; 5] = [
    "/registry/src/",
    "/git/checkouts/",
    "/rustc/",
    "/rustlib/src/",
    "/vendor/",
];

/// Crates of the language itself.
const LANGUAGE: [&str; 3] = ["std", "core", "alloc"];

impl OwnCode {
    /// Only code below this folder is the program's, beside the prefixes.
    pub(crate) fn project_root(&mut self, folder: &str) {
        let folder = folder.trim_end_matches('/');
        self.project_root = (!folder.is_empty()).then(|| folder.to_owned());
    }

    /// Code of these crates or modules, and below them, is the program's.
    pub(crate) fn prefixes(&mut self, prefixes: impl IntoIterator<Item = String>) {
        self.prefixes = prefixes
            .into_iter()
            .map(|prefix| prefix.trim_end_matches("::").to_owned())
            .filter(|prefix| !prefix.is_empty())
            .collect();
    }

    /// What the calls of a stack show.
    pub(super) fn files(&self, calls: &[Call]) -> Files {
        let is_own = |call: &Call| {
            let file = call.file.as_deref();
            file.is_some() && self.is(&call.function, file, Files::Known)
        };
        if calls.iter().any(is_own) {
            Files::Known
        } else {
            Files::Unknown
        }
    }

    /// Whether a call of this function, whose file may be known, is the program's own code.
    pub(super) fn is(&self, function: &str, file: Option<&str>, files: Files) -> bool {
        let name = function.trim_start_matches(['<', '&', '*']);
        if self.prefixes.iter().any(|own| is_or_is_below(name, own)) {
            return true;
        }
        let Some(file) = file else {
            // Without a root to be below, the name has to do.
            return files == Files::Unknown
                && self.project_root.is_none()
                && name.contains("::")
                && !LANGUAGE.iter().any(|of| is_or_is_below(name, of))
                && self.prefixes.is_empty();
        };
        let file = file.replace('\\', "/");
        if OTHERS.iter().any(|part| file.contains(part)) {
            return false;
        }
        match &self.project_root {
            // A relative path was given to the compiler where the program lies.
            Some(root) => is_below(&file, root) || !file.starts_with('/'),
            // Rust alone: what C libraries were compiled from is nobody's to look at.
            None => std::path::Path::new(&file)
                .extension()
                .is_some_and(|extension| extension == "rs"),
        }
    }

    /// Where the file of a call may lie on this machine: as it is, or below the root or the working directory.
    pub(super) fn candidates(&self, file: &str) -> Vec<PathBuf> {
        let file = std::path::Path::new(file);
        if file.is_absolute() {
            return vec![file.to_owned()];
        }
        let root = self.project_root.as_ref().map(PathBuf::from);
        let here = std::env::current_dir().ok();
        // A member of a workspace runs its tests in its own folder, and was compiled in the workspace's.
        let above = here.iter().flat_map(|here| here.ancestors().take(3));
        root.iter()
            .map(|root| root.join(file))
            .chain(above.map(|folder| folder.join(file)))
            .collect()
    }
}

fn is_or_is_below(name: &str, top: &str) -> bool {
    name.strip_prefix(top)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

fn is_below(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// A file as a reader wants to see it: `shop/src/pay.rs`, from the folder of its crate on; the whole path of others.
pub(super) fn shown(file: &str) -> &str {
    // Tests and examples lie beside `src`.
    let place = ["/src/", "/tests/", "/examples/", "/benches/"]
        .into_iter()
        .filter_map(|folder| file.rfind(folder))
        .max();
    let crate_folder = place.map(|at| file[..at].rfind('/').map_or(0, |slash| slash + 1));
    file[crate_folder.unwrap_or(0)..].trim_start_matches("./")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooted(root: &str) -> OwnCode {
        let mut own = OwnCode::default();
        own.project_root(root);
        own
    }

    #[test]
    fn other_peoples_code_is_known_by_where_cargo_and_rustc_keep_it() {
        for file in [
            "/home/ada/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.54.1/src/task.rs",
            "/home/ada/.cargo/git/checkouts/tower-1a2b/3c4d/src/lib.rs",
            "/rustc/59807616e1fa/library/core/src/option.rs",
            "/home/ada/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/rt.rs",
            "/srv/shop/vendor/serde/src/lib.rs",
            r"C:\Users\a\.cargo\registry\src\index\serde-1.0.0\src\lib.rs",
        ] {
            assert!(
                !OwnCode::default().is("tokio::run", Some(file), Files::Known),
                "{file}"
            );
            assert!(
                !rooted("/").is("tokio::run", Some(file), Files::Known),
                "{file}"
            );
        }
    }

    #[test]
    fn everything_else_in_rust_is_the_programs_wherever_it_was_compiled() {
        let own = OwnCode::default();
        assert!(own.is("shop::pay", Some("/build/shop/src/pay.rs"), Files::Known));
        assert!(own.is("shop::pay", Some("src/pay.rs"), Files::Known));
        assert!(!own.is(
            "main",
            Some("../sysdeps/nptl/pthread_create.c"),
            Files::Known
        ));
    }

    #[test]
    fn with_a_root_only_what_is_below_it_is_the_programs() {
        let own = rooted("/srv/shop/");
        assert!(own.is("shop::pay", Some("/srv/shop/src/pay.rs"), Files::Known));
        assert!(!own.is("shop::pay", Some("/srv/shop2/src/pay.rs"), Files::Known));
        assert!(own.is("shop::pay", Some("src/pay.rs"), Files::Known));
        assert!(!own.is("shop::pay", None, Files::Unknown));
    }

    #[test]
    fn a_prefix_is_the_programs_even_in_a_registry_and_names_whole_modules() {
        let mut own = rooted("/srv/shop");
        own.prefixes(["acme::pay".to_owned(), "shared::".to_owned(), String::new()]);
        let file = Some("/home/ada/.cargo/registry/src/index/acme-1.0.0/src/pay.rs");
        assert!(own.is("acme::pay::charge", file, Files::Known));
        assert!(own.is(
            "<acme::pay::Card as core::fmt::Display>::fmt",
            file,
            Files::Known
        ));
        assert!(own.is("shared::clock", file, Files::Known));
        assert!(!own.is("acme::payments", file, Files::Known));
        assert!(!own.is("acme::other", file, Files::Known));
    }

    #[test]
    fn without_files_the_names_have_to_do() {
        let own = OwnCode::default();
        assert!(own.is("shop::pay", None, Files::Unknown));
        assert!(!own.is("core::option::Option<T>::unwrap", None, Files::Unknown));
        assert!(!own.is("_start", None, Files::Unknown));
        assert!(own.is("stdlib::x", None, Files::Unknown));
    }

    #[test]
    fn a_function_without_a_file_is_not_the_programs_where_others_have_one() {
        let own = OwnCode::default();
        assert!(!own.is("hashbrown::map::HashMap<K,V>::insert", None, Files::Known));
        let calls = |file: Option<&str>| {
            let (function, file) = ("shop::pay".to_owned(), file.map(str::to_owned));
            let known = Call {
                function,
                file,
                line: None,
            };
            own.files(&[Call::default(), known])
        };
        assert_eq!(calls(Some("/srv/shop/src/pay.rs")), Files::Known);
        // The language's own code has its files in every binary.
        assert_eq!(
            calls(Some("/rustc/5980/library/std/src/rt.rs")),
            Files::Unknown
        );
        assert_eq!(calls(None), Files::Unknown);
    }

    #[test]
    fn a_file_is_shown_from_its_crates_folder_on() {
        for (file, expected) in [
            ("/build/shop/src/pay.rs", "shop/src/pay.rs"),
            ("/usr/src/app/src/main.rs", "app/src/main.rs"),
            ("/srv/shop/tests/errors.rs", "shop/tests/errors.rs"),
            (
                "/rustc/5980/library/core/src/option.rs",
                "core/src/option.rs",
            ),
            ("src/main.rs", "src/main.rs"),
            ("./src/main.rs", "src/main.rs"),
            ("/srv/shop/build.rs", "/srv/shop/build.rs"),
            ("", ""),
        ] {
            assert_eq!(shown(file), expected, "{file:?}");
        }
    }
}
