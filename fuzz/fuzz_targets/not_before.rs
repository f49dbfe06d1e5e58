//! See `hogback::fuzzing::not_before`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::not_before(bytes));
