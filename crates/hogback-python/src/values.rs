//! Python values as JSON.
