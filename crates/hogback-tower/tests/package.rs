//! What using this crate costs others: its dependencies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The names of the crates that a package of this workspace needs, itself included, on Linux.
fn tree(package: &str) -> BTreeSet<String> {
    let arguments = ["tree", "--locked", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--target", "x86_64-unknown-linux-gnu", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_layer_brings_three_small_crates_beside_those_of_the_core_and_no_async_runtime() {
    let (core, all) = (tree("hogback"), tree("hogback-tower"));
    let more: Vec<_> = all.difference(&core).map(String::as_str).collect();
    assert_eq!(
        more,
        ["hogback-tower", "http-body", "tower-layer", "tower-service"]
    );
    assert!(!all.contains("tokio"));
}

#[test]
fn the_documents_tell_which_crates_come_along() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tower.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    assert!(guide.contains("three crates come along beside those of `hogback`"));
}
