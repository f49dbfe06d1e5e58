//! How much one request may cost us. Sizes are counted while bytes are read or inflated, never afterwards.

/// One mebibyte.
pub(crate) const MIB: usize = 1024 * 1024;

/// The limits of one kind of route.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes on the wire.
    pub body: usize,
    /// Bytes after each step of decompression.
    pub inflated: usize,
    /// Bytes of one event's JSON.
    pub event: usize,
    /// Events in one request.
    pub events: usize,
    /// Levels of arrays and objects inside each other.
    pub depth: usize,
}

impl Limits {
    /// What the official service takes, rounded up to what its clients may send.
    pub const ANALYTICS: Self = Self {
        body: 20 * MIB,
        inflated: 20 * MIB,
        event: MIB,
        events: 5_000,
        depth: 64,
    };

    /// Model calls carry whole conversations, so the AI route takes larger events.
    pub const AI: Self = Self {
        event: 8 * MIB,
        ..Self::ANALYTICS
    };
}
