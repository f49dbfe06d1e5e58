//! See `hogback::fuzzing::retry_after`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::retry_after(bytes));
