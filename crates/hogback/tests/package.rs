//! What using this crate costs others: its dependencies and the compiler it needs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of this crate and those it needs, on Linux.
fn tree(features: &[&str]) -> BTreeSet<String> {
    let target = ["--target", "x86_64-unknown-linux-gnu"];
    let plain = [
        "tree",
        "--package",
        "hogback",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let tree = cargo(&[&plain[..], &target, features].concat());
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    tree.lines()
        .filter(|line| !line.is_empty())
        .map(name)
        .collect()
}

#[test]
fn no_async_runtime_comes_along() {
    let runtimes = [
        "tokio",
        "async-std",
        "smol",
        "async-executor",
        "futures-executor",
        "glommio",
        "monoio",
    ];
    for crate_name in tree(&["--all-features"]) {
        let name = crate_name.split(' ').next().unwrap();
        assert!(!runtimes.contains(&name), "{crate_name}");
    }
}

#[test]
fn the_documents_tell_how_many_crates_come_along() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rust.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let others = tree(&[]).len() - 1;
    let sentence = format!("{others} other crates");
    assert!(
        guide.contains(&sentence),
        "docs/rust.md has to say {sentence:?}"
    );
}

/// The compiler that a package needs, as numbers.
fn needed(package: &Value) -> Option<Vec<u32>> {
    let text = package["rust_version"].as_str()?;
    let mut numbers: Vec<u32> = text.split('.').map(|part| part.parse().unwrap()).collect();
    numbers.resize(3, 0);
    Some(numbers)
}

#[test]
fn the_compiler_that_is_needed_is_the_newest_that_a_dependency_needs() {
    let metadata = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
    ]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let (ours, others): (Vec<_>, Vec<_>) = packages
        .iter()
        .partition(|package| package["source"].is_null());
    let newest = others.iter().filter_map(|package| needed(package)).max();
    for package in ours {
        assert_eq!(needed(package), newest, "{}", package["name"]);
    }
}
