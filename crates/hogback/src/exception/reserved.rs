//! Properties of exceptions that are not the caller's to set.

/// What this library says itself, and what the server says when it has processed an exception.
pub const RESERVED_PROPERTIES: [&str; 14] = [
    "$exception_list",
    "$exception_level",
    "$exception_source",
    "$debug_images",
    "$exception_handled",
    "$exception_types",
    "$exception_values",
    "$exception_sources",
    "$exception_functions",
    "$exception_fingerprint_version",
    "$exception_fingerprint_record",
    "$exception_issue_id",
    "$exception_release",
    "$cymbal_errors",
];
