//! What the program says while it runs, on standard error.

use std::io::{self, Write as _};

/// Tells the developer something.
pub(crate) fn log(message: &str) {
    // Nobody is harmed when nobody can read it.
    let _ = writeln!(io::stderr(), "hogback: {}", printable(message));
}

/// Text from a request may try to steer the terminal: control characters become visible.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
    }
}
