//! Compares a crate's public API, item by item, with the list that was reviewed: `tests/api.txt` of the crate.
//!
//! The crate is the one whose test this file is compiled into; its own `tests/api.rs` says which features it has.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fails if the crate, with these features, has another API than the list says; `HOGBACK_BLESS` writes the list anew.
///
/// A compiler whose rustdoc writes what cannot be read here skips the test by name, but not on CI.
pub(crate) fn assert_is_reviewed(features: &str) {
    let folder = tempfile::tempdir().unwrap();
    let json = rustdoc_json(folder.path(), features).unwrap_or_else(|why| panic!("{why}"));
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let api = match api {
        Ok(api) => api,
        Err(error) => {
            eprintln!(
                "SKIPPED the public API: this compiler's rustdoc writes another format: {error}"
            );
            assert!(
                std::env::var_os("CI").is_none(),
                "CI has the compiler that is known"
            );
            return;
        }
    };
    let mut listed = String::new();
    for item in api.items() {
        writeln!(listed, "{item}").unwrap();
    }
    compare(&listed);
}

/// What rustdoc knows of the crate, as JSON; in words why it cannot be had.
///
/// Stable compilers write it when they are told to be unstable. Only rustdoc is: another compiler would be asked to
/// compile all dependencies once more.
fn rustdoc_json(folder: &Path, features: &str) -> Result<PathBuf, String> {
    let rustdoc = folder.join("rustdoc");
    fs::write(
        &rustdoc,
        "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n",
    )
    .unwrap();
    fs::set_permissions(&rustdoc, fs::Permissions::from_mode(0o755)).unwrap();
    let package = env!("CARGO_PKG_NAME");
    let documented = Command::new(env!("CARGO"))
        .args(["rustdoc", "--package", package, "--lib", "--locked"])
        .args(["--features", features])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTDOC", &rustdoc)
        .env_remove("RUSTDOCFLAGS")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !documented.status.success() {
        return Err(String::from_utf8_lossy(&documented.stderr).into_owned());
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Ok(target.join(format!("doc/{}.json", package.replace('-', "_"))))
}

fn compare(listed: &str) {
    let reviewed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api.txt");
    if std::env::var_os("HOGBACK_BLESS").is_some() {
        fs::write(&reviewed, listed).unwrap();
    }
    let known = fs::read_to_string(&reviewed).unwrap_or_default();
    let (old, new): (Vec<_>, Vec<_>) = (known.lines().collect(), listed.lines().collect());
    let gone: Vec<_> = old.iter().filter(|line| !new.contains(line)).collect();
    let added: Vec<_> = new.iter().filter(|line| !old.contains(line)).collect();
    assert!(
        known == listed,
        "the public API has changed: review it, and write api.txt anew (tests/api.rs says how)\n\
         gone: {gone:#?}\nnew: {added:#?}"
    );
}
