//! See `hogback::fuzzing::code_variables`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hogback::fuzzing::code_variables(bytes));
