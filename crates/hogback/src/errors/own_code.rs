//! Which calls are the program's own code, and how their files are shown.
//!
//! A binary knows the paths of the machine that compiled it, which is often another one than it runs on. So code counts
//! as the program's unless it lies where Cargo or rustc keep other people's code; and files are shown from their crate's
//! folder on, which is the same everywhere, so that the same error is the same issue on all machines.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::call::{self, Call};

/// Where a service's own code lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnCode {
    /// The folder that the program has named, without a separator at its end.
    project_root: Option<String>,
    /// Crates, or modules of them, that are the program's wherever they lie.
    prefixes: Vec<String>,
    /// Whether the binary knows the files of the program's own code, as far as its stacks have shown.
    has_lines: Arc<AtomicBool>,
}

/// Parts of the paths of other people's code.
const OTHERS: [&str; 3] = ["/registry/src/", "/git/checkouts/", "/vendor/"];

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

    /// What tells for each call of a stack whether it is the program's own code.
    pub(super) fn of(&self, calls: &[Call]) -> impl Fn(&Call) -> bool {
        if calls.iter().any(|call| self.by_file(call) == Some(true)) {
            self.has_lines.store(true, Ordering::Relaxed);
        }
        // Then what has no file is somebody else's, compiled without lines.
        let has_lines = self.has_lines.load(Ordering::Relaxed);
        move |call| {
            self.by_prefix(call)
                || self
                    .by_file(call)
                    .unwrap_or_else(|| !has_lines && self.by_name(call))
        }
    }

    fn by_prefix(&self, call: &Call) -> bool {
        let name = call.bare_name();
        let mut prefixes = self.prefixes.iter();
        prefixes.any(|own| is_or_is_below(name, own))
    }

    /// What the file says, if it is known.
    fn by_file(&self, call: &Call) -> Option<bool> {
        let file = call.file.as_deref()?.replace('\\', "/");
        if OTHERS.iter().any(|part| file.contains(part)) || call::is_nobodys(&file) {
            return Some(false);
        }
        Some(match &self.project_root {
            // A relative path was given to the compiler where the program lies.
            Some(root) => is_below(&file, root) || !file.starts_with('/'),
            // Rust alone: what C libraries were compiled from is nobody's to look at.
            None => std::path::Path::new(&file)
                .extension()
                .is_some_and(|extension| extension == "rs"),
        })
    }

    /// Where nothing else is known, the name has to do: not if there is a root to be below, or a prefix to have.
    fn by_name(&self, call: &Call) -> bool {
        let name = call.bare_name();
        self.project_root.is_none()
            && self.prefixes.is_empty()
            && name.contains("::")
            && !LANGUAGE.iter().any(|of| is_or_is_below(name, of))
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

    fn call(function: &str, file: Option<&str>) -> Call {
        Call {
            function: function.to_owned(),
            file: file.map(str::to_owned),
            line: None,
        }
    }

    fn is(own: &OwnCode, function: &str, file: Option<&str>) -> bool {
        let call = call(function, file);
        own.of(&[])(&call)
    }

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
            "/rust/deps/hashbrown-0.16.1/src/map.rs",
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/context/mod.rs"),
            "/build/hogback/crates/hogback-tower/src/scope.rs",
            "/home/ada/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/rt.rs",
            "/srv/shop/vendor/serde/src/lib.rs",
            r"C:\Users\a\.cargo\registry\src\index\serde-1.0.0\src\lib.rs",
        ] {
            assert!(!is(&OwnCode::default(), "tokio::run", Some(file)), "{file}");
            assert!(!is(&rooted("/"), "tokio::run", Some(file)), "{file}");
        }
    }

    #[test]
    fn everything_else_in_rust_is_the_programs_wherever_it_was_compiled() {
        let own = OwnCode::default();
        assert!(is(&own, "shop::pay", Some("/build/shop/src/pay.rs")));
        assert!(is(&own, "shop::pay", Some("src/pay.rs")));
        assert!(!is(&own, "main", Some("../sysdeps/nptl/pthread_create.c")));
    }

    #[test]
    fn with_a_root_only_what_is_below_it_is_the_programs() {
        let own = rooted("/srv/shop/");
        assert!(is(&own, "shop::pay", Some("/srv/shop/src/pay.rs")));
        assert!(!is(&own, "shop::pay", Some("/srv/shop2/src/pay.rs")));
        assert!(is(&own, "shop::pay", Some("src/pay.rs")));
        assert!(!is(&own, "shop::pay", None));
    }

    #[test]
    fn a_prefix_is_the_programs_even_in_a_registry_and_names_whole_modules() {
        let mut own = rooted("/srv/shop");
        own.prefixes(["acme::pay".to_owned(), "shared::".to_owned(), String::new()]);
        let file = Some("/home/ada/.cargo/registry/src/index/acme-1.0.0/src/pay.rs");
        assert!(is(&own, "acme::pay::charge", file));
        assert!(is(
            &own,
            "<acme::pay::Card as core::fmt::Display>::fmt",
            file
        ));
        assert!(is(&own, "shared::clock", file));
        assert!(!is(&own, "acme::payments", file));
        assert!(!is(&own, "acme::other", file));
    }

    #[test]
    fn without_files_the_names_have_to_do() {
        let own = OwnCode::default();
        assert!(is(&own, "shop::pay", None));
        assert!(!is(&own, "core::option::Option<T>::unwrap", None));
        assert!(!is(&own, "_start", None));
        assert!(is(&own, "stdlib::x", None));
    }

    #[test]
    fn a_function_without_a_file_is_not_the_programs_once_the_programs_own_code_has_shown_lines() {
        let own = OwnCode::default();
        let (tokio, shop) = (call("tokio::runtime::poll", None), "/srv/shop/src/pay.rs");
        let std = call("std::rt::start", Some("/rustc/5980/library/std/src/rt.rs"));
        let deps = call(
            "hashbrown::retain",
            Some("/rust/deps/hashbrown-0.16.1/src/map.rs"),
        );
        // The language's own code has its files in every binary.
        let libraries = [std, deps, tokio.clone()];
        assert!(own.of(&libraries)(&tokio));
        let with_own = [tokio.clone(), call("shop::pay", Some(shop))];
        assert!(!own.of(&with_own)(&tokio));
        // From then on for all stacks, those of libraries alone among them.
        assert!(!own.of(&libraries)(&tokio));
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
