//! See `hogback::fuzzing::marks`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::marks(bytes));
