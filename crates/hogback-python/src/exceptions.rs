//! Walks Python exceptions and tracebacks into the core's plain data.
