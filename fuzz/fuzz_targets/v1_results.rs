//! See `hogback::fuzzing::v1_results`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::v1_results(bytes));
