//! A JSON object under construction: names with values that are JSON already.

use serde::Serialize;

use crate::hooks;

/// No more room is made beforehand than for so many properties: who says how many there will be may be wrong, and memory that
/// cannot be had ends the process.
const MOST_ROOM: usize = 1_000;

/// An event's properties: an ordered JSON map whose values are serialised when they are put in.
///
/// ```
/// use hogback::Properties;
///
/// let mut properties = Properties::new();
/// properties.insert("plan", &"pro");
/// properties.insert("seats", &12);
/// assert_eq!(properties.to_string(), r#"{"plan":"pro","seats":12}"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Properties {
    /// `"name":value` texts, one after the other, without commas.
    json: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where one property lies in the text. Offsets are 32 bits: an event is cut long before 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    start: u32,
    colon: u32,
    end: u32,
}

impl Entry {
    fn name(self, json: &[u8]) -> &[u8] {
        &json[self.start as usize..self.colon as usize]
    }

    fn value(self, json: &[u8]) -> &[u8] {
        &json[self.colon as usize + 1..self.end as usize]
    }
}

/// One property: `"name":value`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) hash: u32,
    name_bytes: u32,
    pub(crate) text: &'a [u8],
}

impl<'a> Line<'a> {
    /// The name as JSON.
    pub(crate) fn name(self) -> &'a [u8] {
        &self.text[..self.name_bytes as usize]
    }
}

impl<'a> FromIterator<Line<'a>> for Properties {
    /// A map of lines with different names.
    fn from_iter<T: IntoIterator<Item = Line<'a>>>(lines: T) -> Self {
        let mut properties = Self::new();
        for line in lines {
            let Ok(start) = u32::try_from(properties.json.len()) else {
                break;
            };
            let Ok(bytes) = u32::try_from(line.text.len()) else {
                break;
            };
            properties.json.extend_from_slice(line.text);
            let (colon, end) = (start + line.name_bytes, start + bytes);
            properties.entries.push(Entry {
                hash: line.hash,
                start,
                colon,
                end,
            });
        }
        properties
    }
}

/// No value may be larger: what a single event can carry is far below (see [`crate::wire`]).
const MAX_VALUE_BYTES: usize = 64 * 1024 * 1024;

impl Properties {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `value` under `name`; a value that was there is replaced.
    ///
    /// A value that cannot be serialised, or panics at it, becomes `null`: one bad value never harms its event.
    pub fn insert(&mut self, name: &str, value: &impl Serialize) {
        // It may be the program's code that writes it, and panics.
        self.write(name, |json| {
            hooks::guarded(|| serde_json::to_writer(json, value).is_ok()).unwrap_or(false)
        });
    }

    /// Puts a text under `name`, as [`insert`](Self::insert) does.
    pub fn insert_text(&mut self, name: &str, text: &str) {
        self.write(name, |json| {
            write_text(json, text);
            true
        });
    }

    /// One text, and room for no more.
    pub(crate) fn of_text(name: &str, text: &str) -> Self {
        let mut properties = Self::with_capacity(1, name.len() + text.len() + 8);
        properties.insert_text(name, text);
        properties
    }

    /// An empty map with room for so many properties of usual size, so that it need not grow.
    pub fn with_room_for(properties: usize) -> Self {
        let properties = properties.min(MOST_ROOM);
        // Some more entries: callers put a few of their own beside those they count.
        Self::with_capacity(properties + 4, (properties + 2) * 48)
    }

    fn with_capacity(entries: usize, bytes: usize) -> Self {
        Self {
            json: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(entries),
        }
    }

    /// The members of an object.
    pub(crate) fn of_members(members: &crate::wire::Members<'_>) -> Self {
        let mut properties = Self::new();
        for (name, value) in members.iter() {
            properties.write(name, |json| {
                json.extend_from_slice(value.get().as_bytes());
                true
            });
        }
        properties
    }

    /// Puts all of `other` in; a value that was there is replaced.
    pub(crate) fn extend(&mut self, other: &Self) {
        for entry in &other.entries {
            // A name was a text once, and still is one.
            if let Ok(name) = serde_json::from_slice::<String>(entry.name(&other.json)) {
                self.write(&name, |json| {
                    json.extend_from_slice(entry.value(&other.json));
                    true
                });
            }
        }
    }

    fn write(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.json.len();
        write_text(&mut self.json, name);
        let colon = self.json.len();
        self.json.push(b':');
        let whole = value(&mut self.json);
        if !whole || self.json.len() - start > MAX_VALUE_BYTES {
            self.json.truncate(colon + 1);
            self.json.extend_from_slice(b"null");
        }
        let (Ok(start), Ok(colon), Ok(end)) = (
            u32::try_from(start),
            u32::try_from(colon),
            u32::try_from(self.json.len()),
        ) else {
            self.json.truncate(start);
            return;
        };
        let hash = hash(&self.json[start as usize..colon as usize]);
        let entry = Entry {
            hash,
            start,
            colon,
            end,
        };
        match self.position(hash, entry.name(&self.json)) {
            Some(old) => self.entries[old] = entry,
            None => self.entries.push(entry),
        }
    }

    /// Whether there is a property of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The JSON text of one value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut text = Vec::with_capacity(name.len() + 2);
        write_text(&mut text, name);
        let entry = self.entries[self.position(hash(&text), &text)?];
        std::str::from_utf8(entry.value(&self.json)).ok()
    }

    /// Number of properties.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of the texts, without the braces and commas around them.
    pub fn bytes(&self) -> usize {
        self.json.len()
    }

    /// The properties as they stand in the text.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.entries.iter().map(|entry| Line {
            hash: entry.hash,
            name_bytes: entry.colon - entry.start,
            text: &self.json[entry.start as usize..entry.end as usize],
        })
    }

    /// One property: a list of the names here, in order.
    pub(crate) fn names_under(&self, name: &str) -> Self {
        let names = self.entries.iter();
        let bytes: u32 = names.map(|entry| entry.colon - entry.start + 1).sum();
        let mut list = Self::with_capacity(1, name.len() + 8 + bytes as usize);
        list.write(name, |json| {
            self.write_names(json);
            true
        });
        list
    }

    fn write_names(&self, array: &mut Vec<u8>) {
        array.push(b'[');
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                array.push(b',');
            }
            array.extend_from_slice(entry.name(&self.json));
        }
        array.push(b']');
    }

    /// Appends the whole map as a JSON object.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.reserve(self.json.len() + self.entries.len() + 2);
        out.push(b'{');
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&self.json[entry.start as usize..entry.end as usize]);
        }
        out.push(b'}');
    }

    /// The largest value: its name as JSON text, and its JSON.
    pub(crate) fn largest(&self) -> Option<(String, &[u8])> {
        let entry = self
            .entries
            .iter()
            .max_by_key(|entry| entry.end - entry.colon)?;
        let name = serde_json::from_slice(entry.name(&self.json)).ok()?;
        Some((name, entry.value(&self.json)))
    }

    /// Bytes of the map as it would be written: replaced values do not count.
    pub(crate) fn written_bytes(&self) -> usize {
        self.entries
            .iter()
            .map(|entry| (entry.end - entry.start) as usize + 1)
            .sum::<usize>()
            + 2
    }

    /// Leaves out each property that would take the map above `limit` bytes, and returns the names of those.
    pub(crate) fn leave_out_above(&mut self, limit: usize) -> Vec<String> {
        let mut room = limit.saturating_sub(2);
        let mut left_out = Vec::new();
        self.entries.retain(|entry| {
            let left = room.checked_sub((entry.end - entry.start) as usize + 1);
            if let Some(left) = left {
                room = left;
            } else {
                left_out.extend(serde_json::from_slice(entry.name(&self.json)));
            }
            left.is_some()
        });
        left_out
    }

    fn position(&self, hash: u32, name: &[u8]) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.hash == hash && entry.name(&self.json) == name)
    }
}

impl Serialize for Properties {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::value::RawValue::from_string(self.to_string());
        json.map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl std::fmt::Display for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut json = Vec::new();
        self.write_json(&mut json);
        f.write_str(&String::from_utf8_lossy(&json))
    }
}

/// Writes a JSON string: most are plain, and then it is one copy.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else if serde_json::to_writer(&mut *out, text).is_err() {
        out.extend_from_slice(b"\"\"");
    }
}

/// Whether JSON has the text as it is: no quotes, no backslashes, no control characters. Looks at eight bytes at a time.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    // Sets the top bit of the bytes that are zero; one above such a byte may be taken for zero too, which changes nothing.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let special = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')))
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = words
        .iter()
        .fold(0, |found, word| found | special(u64::from_le_bytes(*word)));
    found | special(u64::from_le_bytes(last)) == 0
}

/// Tells some thirty short names apart, eight bytes at a time: a keyed hash would cost more than it saves.
fn hash(name: &[u8]) -> u32 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = name.as_chunks::<8>();
    let hash = words.iter().fold(name.len() as u64, |hash, word| {
        mix(hash, u64::from_le_bytes(*word))
    });
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = mix(hash, u64::from_le_bytes(last));
    // The upper half is the better mixed one.
    u32::try_from(hash >> 32).unwrap_or_default()
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
    fn room_for_what_nobody_can_have_is_not_made() {
        for claimed in [1_000_000_000_000, usize::MAX] {
            assert!(Properties::with_room_for(claimed).json.capacity() < 100_000);
        }
    }

    #[test]
    fn the_later_value_of_a_name_replaces_the_earlier() {
        assert_eq!(
            of(&[("a", 1), ("b", 2), ("a", 3)]).to_string(),
            r#"{"a":3,"b":2}"#
        );
    }

    #[test]
    fn a_value_that_fails_to_serialise_becomes_null_and_harms_no_other() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::{Error, SerializeSeq};
                s.serialize_seq(None)?.serialize_element("half written")?;
                Err(S::Error::custom("broken"))
            }
        }
        let mut properties = of(&[("a", 1)]);
        properties.insert("bad", &Broken);
        properties.insert("b", &2);
        assert_eq!(properties.to_string(), r#"{"a":1,"bad":null,"b":2}"#);
    }

    #[test]
    fn a_text_is_plain_if_it_needs_no_escape_wherever_it_stands() {
        for length in 0..20 {
            for byte in 0..=u8::MAX {
                for place in 0..length {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let expected = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    assert_eq!(
                        is_plain(&text),
                        expected,
                        "{byte:#x} at {place} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_with_quotes_and_control_characters_are_escaped() {
        let mut properties = Properties::new();
        properties.insert("a\"b\n", &1);
        assert_eq!(properties.to_string(), r#"{"a\"b\n":1}"#);
        assert_eq!(properties.get("a\"b\n"), Some("1"));
    }
}
