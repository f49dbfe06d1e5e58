//! See `hogback::fuzzing::segment`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::segment(bytes));
