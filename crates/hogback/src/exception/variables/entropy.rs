//! Texts that look like random characters, as generated passwords and keys do.

/// A shorter text is guessed, not generated.
const MIN_CHARS: usize = 16;
/// Bits per character from which a text is no writing.
const MIN_BITS: f64 = 3.8;
/// Of lower case, upper case, digits and the rest.
const MIN_CLASSES: usize = 3;

/// A word inside of a longer text has to be more clearly random: there are more of them to be wrong about.
const MIN_PART_CHARS: usize = 20;
const MAX_PART_CHARS: usize = 200;
const MIN_PART_BITS: f64 = 4.0;

/// Letters in a row, with one capital at most, that make a word.
const MIN_WORD_LETTERS: usize = 4;
/// From this share of a text on that is words, it is writing.
const MAX_WORDS_SHARE: f64 = 0.55;

/// A part between separators that is longer has to be clearly made of words: `userIdentifierV2`.
const MEDIUM_PART_BYTES: usize = 12;
/// One as short as this tells nothing: `v2`, `70mm`, `x2x8q`.
const SHORT_PART_BYTES: usize = 5;

/// How files that programs carry in base64 begin: pictures, documents, archives.
const ENCODED_FILES: [&str; 9] = [
    "iVBORw0KGgo",
    "/9j/",
    "R0lGOD",
    "UklGR",
    "JVBERi0",
    "PHN2Zy",
    "PD94bW",
    "UEsDB",
    "AAABAA",
];

/// Whether the whole text looks like random characters.
pub(super) fn looks_random(text: &str) -> bool {
    let refused = |char: char| char.is_whitespace() || r#"\()[]{}<>'"`,;"#.contains(char);
    text.chars().count() >= MIN_CHARS
        && !text.contains(refused)
        && !text.contains("://")
        && classes(text) >= MIN_CLASSES
        && bits_per_char(text) >= MIN_BITS
        && !is_writing(text)
}

/// Whether one of the words in the text, as a value in an address or behind a name, looks like random characters.
pub(super) fn has_random_part(text: &str) -> bool {
    if text.starts_with("data:") || text.contains(";base64,") {
        return false;
    }
    let separates = |char: char| {
        char.is_whitespace() || char.is_control() || r#"\()[]{}<>'"`,;&?=|:#@"#.contains(char)
    };
    text.split(separates).any(|part| {
        (MIN_PART_CHARS..=MAX_PART_CHARS).contains(&part.len())
            && part.is_ascii()
            && part.bytes().any(|byte| byte.is_ascii_lowercase())
            && part.bytes().any(|byte| byte.is_ascii_uppercase())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && bits_per_char(part) >= MIN_PART_BITS
            && !is_writing(part)
    })
}

/// Whether people or programs write such texts: names, paths, dates, versions, identifiers, encoded files.
fn is_writing(text: &str) -> bool {
    ENCODED_FILES.iter().any(|start| text.starts_with(start))
        || is_segmented(text)
        || words_share(text) >= MAX_WORDS_SHARE
}

/// How many of the four kinds of characters there are.
fn classes(text: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [
        |char| char.is_lowercase(),
        |char| char.is_uppercase(),
        |char| char.is_numeric(),
        |char| !char.is_alphanumeric(),
    ];
    kinds.iter().filter(|kind| text.contains(**kind)).count()
}

/// Shannon's entropy of the text's own characters.
#[expect(
    clippy::cast_precision_loss,
    reason = "texts have some thousand characters"
)]
fn bits_per_char(text: &str) -> f64 {
    let mut chars: Vec<char> = text.chars().collect();
    chars.sort_unstable();
    let total = chars.len() as f64;
    chars
        .chunk_by(|one, other| one == other)
        .map(|same| same.len() as f64 / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// Whether everything between separators is a word, a number or hexadecimal: `v1.2.3-beta`, `i-0abc12`, an ISO date, a
/// UUID, `sha256:9f86..`. Short parts may be anything, as long as they are the lesser part.
fn is_segmented(text: &str) -> bool {
    let separates = |char: char| "-_.:/+=@ ".contains(char);
    let (mut readable, mut other) = (0, 0);
    for part in text.split(separates) {
        if is_number(part) || is_name(part) {
            readable += part.len();
        } else if part.len() <= SHORT_PART_BYTES {
            other += part.len();
        } else {
            return false;
        }
    }
    readable > 2 * other
}

/// Digits, those of hexadecimal in one case (behind the `g` of a commit, too), or a date and time without separators.
fn is_number(part: &str) -> bool {
    let part = part.strip_prefix('g').unwrap_or(part);
    let all = |also: fn(u8) -> bool| part.bytes().all(|byte| byte.is_ascii_digit() || also(byte));
    all(|byte| (b'a'..=b'f').contains(&byte))
        || all(|byte| (b'A'..=b'F').contains(&byte))
        || all(|byte| matches!(byte, b'T' | b'Z'))
}

/// Words as identifiers have them, `CheckoutViewV2` or `utf8` or `HTTP`: each long enough not to come about by chance.
fn is_name(part: &str) -> bool {
    let (mut humps, mut letters) = (0_usize, 0_usize);
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let run = |kind: fn(char) -> bool, text: &str| {
            text.find(|char| !kind(char)).unwrap_or(text.len())
        };
        let length = if first.is_ascii_digit() {
            run(|char| char.is_ascii_digit(), rest)
        } else if first.is_lowercase() {
            run(char::is_lowercase, rest)
        } else if first.is_uppercase() {
            let capitals = run(char::is_uppercase, rest);
            if capitals > first.len_utf8() {
                capitals
            } else {
                capitals + run(char::is_lowercase, &rest[capitals..])
            }
        } else {
            return false;
        };
        if !first.is_ascii_digit() {
            humps += 1;
            letters += length;
        }
        rest = &rest[length..];
    }
    // Random characters change their kind with nearly every step; the longer a text, the surer.
    let least = if part.len() > MEDIUM_PART_BYTES { 4 } else { 3 };
    humps > 0 && letters >= least * humps
}

/// The share of the text's letters and digits that stand in words.
#[expect(
    clippy::cast_precision_loss,
    reason = "texts have some thousand characters"
)]
fn words_share(text: &str) -> f64 {
    let mut letters = String::new();
    let (mut in_words, mut total) = (0_usize, 0_usize);
    let mut close = |run: &mut String| {
        let count = run.chars().count();
        if count >= MIN_WORD_LETTERS && run.contains(is_vowel) {
            in_words += count;
        }
        run.clear();
    };
    for char in text.chars() {
        total += usize::from(char.is_alphanumeric());
        if !char.is_lowercase() {
            close(&mut letters);
        }
        if char.is_lowercase() || char.is_uppercase() {
            letters.push(char);
        }
    }
    close(&mut letters);
    in_words as f64 / total.max(1) as f64
}

/// What every word has, in alphabets that are not only vowels and consonants too.
fn is_vowel(char: char) -> bool {
    !char.is_ascii() || matches!(char.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_characters_look_random() {
        for text in [
            "aB3xY9zQ1wE5rT7u",
            "kJ8#mN2$pQ5&vX9z",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "xT9_kQ2-vB7~mR4.hW1",
        ] {
            assert!(looks_random(text), "{text}");
        }
    }

    #[test]
    fn what_people_and_programs_write_does_not() {
        for text in [
            "aB3xY9zQ1wE5rT7",
            "2026-11-27T00:09:14.123456+00:00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
            "shop.views.CheckoutViewV2.post",
            "/srv/shop/Releases/2026-11/views.py",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
            "Donaudampfschifffahrt2026!",
            "aB3 xY9 zQ1 wE5 rT7 u12",
            "https://x.example/aB3xY9zQ1wE5rT7u",
            "aaaaaaaaBBBBBBB1",
            "v1.22.333-beta.4+Build.5678",
        ] {
            assert!(!looks_random(text), "{text}");
        }
    }

    #[test]
    fn a_random_word_is_found_in_a_longer_text() {
        assert!(has_random_part(
            "https://x.example/a?key=aB3xY9zQ1wE5rT7uK2mN4"
        ));
        assert!(has_random_part("use aB3xY9zQ1wE5rT7uK2mN4 for it"));
        assert!(has_random_part(&format!(
            "aB3xY9zQ1wE5rT7uK2mN4{}",
            "\0".repeat(43)
        )));
        assert!(!has_random_part("use aB3xY9zQ1wE5rT for it"));
        assert!(!has_random_part(
            "https://x.example/Releases/CheckoutViewV2/Index.html"
        ));
        assert!(!has_random_part(
            "data:image/png;base64,aB3xY9zQ1wE5rT7uK2mN4"
        ));
    }
}
