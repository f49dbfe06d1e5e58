//! The lines of code around a call.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::text::cut;

/// Lines shown on each side of the call.
pub const CONTEXT_LINES: usize = 5;

/// A longer line is minified or generated, and its beginning says so.
const MAX_LINE_BYTES: usize = 1024;

/// A larger file is generated data: nobody reads it, and it would push a whole project out of the cache.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// The text of one source file, cut into lines.
#[derive(Debug)]
pub struct SourceFile {
    text: String,
    /// Where each line starts and ends, without its line break.
    lines: Vec<(u32, u32)>,
}

impl SourceFile {
    /// Cuts a text at `\n`, `\r\n` and `\r`; what is too large for a source file has no lines.
    #[must_use]
    pub fn new(text: String) -> Self {
        let mut lines = Vec::new();
        if text.len() as u64 > MAX_FILE_BYTES {
            return Self {
                text: String::new(),
                lines,
            };
        }
        let mut start = 0;
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let ends_here = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends_here {
                let end = if *byte == b'\n' && at > start && bytes[at - 1] == b'\r' {
                    at - 1
                } else {
                    at
                };
                lines.push(offsets(start, end));
                start = at + 1;
            }
        }
        if start < bytes.len() {
            lines.push(offsets(start, bytes.len()));
        }
        Self { text, lines }
    }

    /// Reads a file of UTF-8 text. Any other text is [`InvalidData`](io::ErrorKind::InvalidData).
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let text = String::from_utf8(bytes_of(path)?);
        text.map(Self::new)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Reads a file of nobody knows which encoding: what is not UTF-8 in it is replaced.
    pub(super) fn read_lossy(path: &Path) -> io::Result<Self> {
        Ok(Self::new(
            String::from_utf8_lossy(&bytes_of(path)?).into_owned(),
        ))
    }

    /// What it holds in memory.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.lines.len() * size_of::<(u32, u32)>()
    }

    fn line(&self, index: usize) -> &str {
        let (start, end) = self.lines[index];
        cut(&self.text[start as usize..end as usize], MAX_LINE_BYTES)
    }
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a source file",
        ));
    }
    let mut bytes = fs::read(path)?;
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

fn offsets(start: usize, end: usize) -> (u32, u32) {
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    (narrow(start), narrow(end))
}

/// One line of a file and its neighbours; it shares the file's text.
#[derive(Clone, Debug)]
pub struct SourceContext {
    file: Arc<SourceFile>,
    index: usize,
}

impl SourceContext {
    /// The context of line number `lineno`, counted from 1; `None` when the file has no such line.
    #[must_use]
    pub fn new(file: Arc<SourceFile>, lineno: u32) -> Option<Self> {
        let index = usize::try_from(lineno).ok()?.checked_sub(1)?;
        (index < file.lines.len()).then_some(Self { file, index })
    }

    /// The line itself.
    #[must_use]
    pub fn line(&self) -> &str {
        self.file.line(self.index)
    }

    /// The lines before it, in the file's order.
    pub fn before(&self) -> impl ExactSizeIterator<Item = &str> {
        (self.index.saturating_sub(CONTEXT_LINES)..self.index).map(|index| self.file.line(index))
    }

    /// The lines after it.
    pub fn after(&self) -> impl ExactSizeIterator<Item = &str> {
        let end = (self.index + 1 + CONTEXT_LINES).min(self.file.lines.len());
        (self.index + 1..end).map(|index| self.file.line(index))
    }

    /// What all its lines add to an event, near enough to budget with.
    pub(super) fn bytes(&self) -> usize {
        // Two quotes and a comma per line.
        self.before()
            .chain(self.after())
            .map(|line| line.len() + 3)
            .sum::<usize>()
            + self.line().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(text: &str, lineno: u32) -> Option<SourceContext> {
        SourceContext::new(Arc::new(SourceFile::new(text.to_owned())), lineno)
    }

    fn all(text: &str) -> Vec<String> {
        let Some(first) = context(text, 1) else {
            return Vec::new();
        };
        std::iter::once(first.line())
            .chain(first.after())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_line_ending_ends_a_line_and_is_not_shown() {
        assert_eq!(all("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(all("a\r\n\r\nb\n"), ["a", "", "b"]);
        assert_eq!(all("\n\r\r\na"), ["", "", "", "a"]);
    }

    #[test]
    fn five_lines_on_each_side_and_fewer_at_the_edges() {
        let text = (1..=20)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        let middle = context(&text, 10).unwrap();
        assert_eq!(
            middle.before().collect::<Vec<_>>(),
            ["5", "6", "7", "8", "9"]
        );
        assert_eq!(middle.line(), "10");
        assert_eq!(
            middle.after().collect::<Vec<_>>(),
            ["11", "12", "13", "14", "15"]
        );
        let second = context(&text, 2).unwrap();
        assert_eq!(second.before().collect::<Vec<_>>(), ["1"]);
        assert_eq!(context(&text, 20).unwrap().after().len(), 0);
    }

    #[test]
    fn a_line_that_is_not_there_has_no_context() {
        assert!(context("a\nb", 0).is_none());
        assert!(context("a\nb", 3).is_none());
        assert!(context("", 1).is_none());
        assert!(context("a", u32::MAX).is_none());
    }

    #[test]
    fn a_long_line_is_cut_between_two_characters() {
        let line = "é".repeat(600) + "\nshort";
        let context = context(&line, 1).unwrap();
        assert_eq!(context.line(), "é".repeat(512));
        assert_eq!(context.after().collect::<Vec<_>>(), ["short"]);
    }
}
