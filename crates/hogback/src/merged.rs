//! Layers of properties laid over each other, without copying any.

use crate::properties::{Line, Properties};

/// The properties that are left when every name keeps its first value.
#[derive(Debug, Default)]
pub(crate) struct Merged<'a> {
    pieces: Vec<Piece<'a>>,
    seen: Seen,
    bytes: usize,
}

/// What one layer brings in.
#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    /// All of it, with a comma behind each line.
    Layer(&'a Properties, &'a [u8]),
    /// A line, where others of its layer have names that a higher one has.
    Line(Line<'a>),
}

/// More than there are layers.
const USUAL_PIECES: usize = 16;

impl<'a> Merged<'a> {
    /// Lays the layers over each other, the highest first.
    pub(crate) fn of(layers: impl Iterator<Item = &'a Properties>) -> Self {
        let mut merged = Self {
            pieces: Vec::with_capacity(USUAL_PIECES),
            seen: Seen::default(),
            bytes: 2,
        };
        for layer in layers.filter(|layer| !layer.is_empty()) {
            merged.add(layer);
        }
        merged
    }

    fn add(&mut self, layer: &'a Properties) {
        // A name is only once in a layer: what came before it is enough to look at.
        let before = self.pieces.len();
        // Nearly every name is new, and then nothing is searched.
        let is_new = layer.hashes().all(|hash| !self.seen.may_have(hash))
            || layer.lines().all(|line| !self.has(before, line));
        match layer.all_lines() {
            Some(lines) if is_new => {
                self.pieces.push(Piece::Layer(layer, lines));
                self.bytes += lines.len();
            }
            _ => {
                self.pieces.reserve(layer.len());
                for line in layer.lines() {
                    if is_new || !self.has(before, line) {
                        self.pieces.push(Piece::Line(line));
                        self.bytes += line.text.len() + 1;
                    }
                }
            }
        }
        for hash in layer.hashes() {
            self.seen.add(hash);
        }
    }

    /// Whether the first so many pieces have the line's name.
    fn has(&self, pieces: usize, line: Line<'_>) -> bool {
        self.seen.may_have(line.hash)
            && self.pieces[..pieces].iter().any(|piece| match piece {
                Piece::Layer(layer, _) => layer.has(line),
                Piece::Line(known) => known.hash == line.hash && known.name() == line.name(),
            })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Bytes of the JSON object, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the JSON object.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        out.reserve(self.bytes);
        out.push(b'{');
        for piece in &self.pieces {
            match piece {
                Piece::Layer(_, lines) => out.extend_from_slice(lines),
                Piece::Line(line) => {
                    out.extend_from_slice(line.text);
                    out.push(b',');
                }
            }
        }
        if !self.is_empty() {
            out.pop(); // the last comma
        }
        out.push(b'}');
    }

    /// A map of its own, to be changed.
    pub(crate) fn to_properties(&self) -> Properties {
        let mut lines = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Layer(layer, _) => lines.extend(layer.lines()),
                Piece::Line(line) => lines.push(*line),
            }
        }
        lines.into_iter().collect()
    }
}

/// Which hashes were seen, as a bit of many for each: some that were not may seem to be.
#[derive(Debug, Default)]
struct Seen([u64; 16]);

impl Seen {
    fn add(&mut self, hash: u32) {
        let (word, bit) = Self::place(hash);
        self.0[word] |= bit;
    }

    fn may_have(&self, hash: u32) -> bool {
        let (word, bit) = Self::place(hash);
        self.0[word] & bit != 0
    }

    const fn place(hash: u32) -> (usize, u64) {
        ((hash >> 6) as usize % 16, 1 << (hash % 64))
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

    fn merged(layers: &[Properties]) -> String {
        let merged = Merged::of(layers.iter());
        let mut json = Vec::new();
        merged.write_json(&mut json);
        assert!(json.len() <= merged.bytes());
        let json = String::from_utf8(json).unwrap();
        assert_eq!(merged.to_properties().to_string(), json);
        json
    }

    #[test]
    fn every_name_keeps_its_first_value() {
        let layers = [
            of(&[("a", 1)]),
            of(&[("a", 9), ("b", 2)]),
            of(&[("b", 9), ("c", 3)]),
        ];
        assert_eq!(merged(&layers), r#"{"a":1,"b":2,"c":3}"#);
    }

    #[test]
    fn layers_without_names_in_common_follow_each_other_and_empty_ones_leave_nothing() {
        let layers = [of(&[]), of(&[("a", 1), ("b", 2)]), of(&[]), of(&[("c", 3)])];
        assert_eq!(merged(&layers), r#"{"a":1,"b":2,"c":3}"#);
        assert_eq!(merged(&[of(&[]), of(&[])]), "{}");
        assert_eq!(merged(&[]), "{}");
    }

    #[test]
    fn a_layer_whose_values_were_replaced_has_the_last_of_them() {
        let layers = [of(&[("a", 1), ("b", 2), ("a", 3)]), of(&[("b", 9)])];
        assert_eq!(merged(&layers), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn names_are_told_apart_however_many_there_are() {
        let names: Vec<String> = (0..3_000).map(|number| format!("name {number}")).collect();
        let of = |names: &[String], value| {
            let mut properties = Properties::new();
            for name in names {
                properties.insert(name, &value);
            }
            properties
        };
        let layers = [of(&names[..2_000], 1), of(&names[1_000..], 2)];
        let all: serde_json::Map<_, _> = serde_json::from_str(&merged(&layers)).unwrap();
        assert_eq!(all.len(), names.len());
        assert_eq!(
            (&all["name 1999"], &all["name 2000"]),
            (&1.into(), &2.into())
        );
    }
}
