//! Layers of properties laid over each other, without copying any.

use crate::properties::{Line, Properties};

/// The properties that are left when every name keeps its first value.
#[derive(Debug, Default)]
pub(crate) struct Merged<'a> {
    // Apart from the lines, so that looking for a hash is a scan of numbers.
    hashes: Vec<u32>,
    lines: Vec<Line<'a>>,
    bytes: usize,
}

impl<'a> Merged<'a> {
    /// Lays the layers over each other, the highest first.
    pub(crate) fn of(layers: impl Iterator<Item = &'a Properties>) -> Self {
        let mut merged = Self {
            hashes: Vec::with_capacity(48),
            lines: Vec::with_capacity(48),
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
        let same = |(index, _): (usize, &u32)| self.lines[index].name() == line.name();
        if self
            .hashes
            .iter()
            .enumerate()
            .filter(|(_, hash)| **hash == line.hash)
            .any(same)
        {
            return;
        }
        self.hashes.push(line.hash);
        self.bytes += line.text.len() + 1;
        self.lines.push(line);
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
