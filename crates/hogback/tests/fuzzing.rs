//! The fuzz targets of `fuzz/` over their corpora and over what is like them, with a stable toolchain.

#![expect(clippy::unwrap_used, reason = "a test without its corpus cannot go on")]

use std::fs;
use std::path::Path;

use fastrand::Rng;
use hogback::fuzzing::TARGETS;

/// Inputs for each target, besides its corpus.
const INPUTS: usize = 3_000;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort_unstable();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Something like one of the inputs, or not like any.
fn like(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut bytes = random.choice(corpus).cloned().unwrap_or_default();
    for _ in 0..random.usize(..6) {
        let at = random.usize(..=bytes.len());
        match random.u8(..6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.u8(..)),
            2 => bytes.extend_from_within(at..),
            3 => bytes.extend(std::iter::repeat_n(0, random.usize(..100))),
            4 => bytes.extend_from_slice(random.choice(corpus).unwrap()),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
    bytes
}

#[test]
fn every_target_keeps_its_promise_over_its_corpus() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has {} inputs", corpus.len());
        for bytes in &corpus {
            target(bytes);
        }
    }
}

#[test]
fn every_target_keeps_its_promise_over_what_is_like_its_corpus() {
    let seed = fastrand::u64(..);
    for (name, target) in TARGETS {
        let (corpus, mut random) = (corpus(name), Rng::with_seed(seed));
        for input in 0..INPUTS {
            let bytes = like(&corpus, &mut random);
            let kept = std::panic::catch_unwind(|| target(&bytes));
            assert!(
                kept.is_ok(),
                "{name}, seed {seed}, input {input}: {:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }
}
