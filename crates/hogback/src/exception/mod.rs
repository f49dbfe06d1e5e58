//! What was raised, and where, as plain data.
