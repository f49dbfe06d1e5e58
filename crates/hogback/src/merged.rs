//! Layers of properties laid over each other, without copying any.

use crate::properties::{Line, Properties};

/// The properties that are left when every name keeps its first value.
#[derive(Debug, Default)]
pub(crate) struct Merged<'a> {
    lines: Vec<Line<'a>>,
    /// A bit for each hash that is there: nearly every name is new, and then nothing is searched.
    seen: u128,
    bytes: usize,
}

/// Room for the properties of most events, in a block that the allocator still keeps at hand (1,032 bytes with glibc).
const USUAL_LINES: usize = 40;

impl<'a> Merged<'a> {
    /// Lays the layers over each other, the highest first.
    pub(crate) fn of(layers: impl Iterator<Item = &'a Properties>) -> Self {
        let mut merged = Self {
            lines: Vec::with_capacity(USUAL_LINES),
            seen: 0,
            bytes: 2,
        };
        for layer in layers {
            for line in layer.lines() {
                merged.add(line);
            }
        }
        merged
    }

    fn add(&mut self, line: Line<'a>) {
        let bit = 1 << (line.hash % u128::BITS);
        if self.seen & bit != 0 && self.has(line) {
            return;
        }
        self.seen |= bit;
        self.bytes += line.text.len() + 1;
        self.lines.push(line);
    }

    fn has(&self, line: Line<'_>) -> bool {
        self.lines
            .iter()
            .any(|known| known.hash == line.hash && known.name() == line.name())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of the JSON object, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the JSON object.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        out.reserve(self.bytes);
        out.push(b'{');
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(line.text);
        }
        out.push(b'}');
    }

    /// A map of its own, to be changed.
    pub(crate) fn to_properties(&self) -> Properties {
        self.lines.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, i32)]) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in pairs {
            properties.insert(name, value);
        }
        properties
    }

    #[test]
    fn every_name_keeps_its_first_value() {
        let layers = [
            of(&[("a", 1)]),
            of(&[("a", 9), ("b", 2)]),
            of(&[("b", 9), ("c", 3)]),
        ];
        let merged = Merged::of(layers.iter());
        let mut json = Vec::new();
        merged.write_json(&mut json);
        assert_eq!(String::from_utf8(json).unwrap(), r#"{"a":1,"b":2,"c":3}"#);
        assert_eq!(merged.to_properties().to_string(), r#"{"a":1,"b":2,"c":3}"#);
    }
}
