//! Sets of patterns: what a name or a text must not match.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use regex::{RegexSet, RegexSetBuilder};

/// What is masked unless the user says otherwise: parts of names and of texts.
///
/// The words are the official package's, and a contract: users extend the list.
pub const DEFAULT_MASK: [&str; 21] = [
    "(?i)password",
    "(?i)secret",
    "(?i)passwd",
    "(?i)pwd",
    "(?i)api_key",
    "(?i)apikey",
    "(?i)auth",
    "(?i)credentials",
    "(?i)privatekey",
    "(?i)private_key",
    "(?i)token",
    "(?i)aws_access_key_id",
    "(?i)_pass",
    "(?i)sk_",
    "(?i)jwt",
    "(?i)connection_string",
    "(?i)connectionstring",
    "(?i)conn_str",
    "(?i)connstr",
    "(?i)dsn",
    "(?i)[?&]sig=",
];

/// What is left out unless the user says otherwise: names that start with two underscores.
pub const DEFAULT_IGNORE: [&str; 1] = ["^__.*"];

/// Somebody else's pattern: one of a syntax that is not known here.
pub trait Matcher: Debug + Send + Sync {
    /// Whether the pattern is found in `text`; one that cannot tell says yes, which hides what it was asked about.
    fn is_match(&self, text: &str) -> bool;
}

/// Several patterns that are searched for at once.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// Shared: a copy of its own would start without the memory of what it has found.
    compiled: Option<Arc<RegexSet>>,
    others: Vec<Arc<dyn Matcher>>,
}

/// A pattern may ask for many repetitions of much; this much memory compiles anything that a person writes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

impl Patterns {
    /// Nothing matches.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The patterns of the list that mean here what they mean in Python, and those of the list that do not.
    ///
    /// ```
    /// use hogback::exception::variables::Patterns;
    ///
    /// let (patterns, others) = Patterns::of(&["(?i)password", r"(?=.*\d)secret"]);
    /// assert!(patterns.is_match("DB_PASSWORD"));
    /// assert_eq!(others, [1]);
    /// ```
    #[must_use]
    pub fn of(patterns: &[impl AsRef<str>]) -> (Self, Vec<usize>) {
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for (index, pattern) in patterns.iter().map(AsRef::as_ref).enumerate() {
            if means_the_same(pattern) && compiled(&[pattern]).is_some() {
                kept.push(pattern);
            } else {
                others.push(index);
            }
        }
        if kept.is_empty() {
            return (Self::none(), others);
        }
        let Some(set) = compiled(&kept) else {
            // Each alone was small enough, but not all together.
            return (Self::none(), (0..patterns.len()).collect());
        };
        let patterns = Self {
            compiled: Some(Arc::new(set)),
            others: Vec::new(),
        };
        (patterns, others)
    }

    /// The same, and what `matcher` finds.
    #[must_use]
    pub fn and(mut self, matcher: Arc<dyn Matcher>) -> Self {
        self.others.push(matcher);
        self
    }

    /// The default mask patterns; they are compiled once in a process.
    #[must_use]
    pub fn default_mask() -> Self {
        static COMPILED: OnceLock<Patterns> = OnceLock::new();
        once(&COMPILED, &DEFAULT_MASK)
    }

    /// The default patterns of names that are left out; they are compiled once in a process.
    #[must_use]
    pub fn default_ignore() -> Self {
        static COMPILED: OnceLock<Patterns> = OnceLock::new();
        once(&COMPILED, &DEFAULT_IGNORE)
    }

    /// Whether there is no pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.compiled.is_none() && self.others.is_empty()
    }

    /// Whether one of the patterns is found anywhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled
            .as_ref()
            .is_some_and(|compiled| compiled.is_match(text))
            || self.others.iter().any(|other| other.is_match(text))
    }
}

/// All of the patterns as one.
impl Matcher for Patterns {
    fn is_match(&self, text: &str) -> bool {
        Self::is_match(self, text)
    }
}

/// Two threads may both compile: a process that forks meanwhile must not leave a child that waits for the other.
pub(super) fn once(place: &OnceLock<Patterns>, patterns: &[&str]) -> Patterns {
    if let Some(known) = place.get() {
        return known.clone();
    }
    let (made, _) = Patterns::of(patterns);
    place.get_or_init(|| made).clone()
}

fn compiled(patterns: &[&str]) -> Option<RegexSet> {
    RegexSetBuilder::new(patterns)
        .size_limit(MAX_COMPILED_BYTES)
        .build()
        .ok()
}

/// Whether Python's `re` and this crate's expressions understand the same by a pattern, if both understand it at all.
///
/// It need not know all that they agree on: what it refuses is left to Python itself.
fn means_the_same(pattern: &str) -> bool {
    let mut in_class = false;
    let mut before = ' ';
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let agreed = match char {
            '\\' => {
                chars.next();
                next.is_ascii_punctuation() && !matches!(next, '<' | '>')
                    || "dDwWsSbAntrfvx".contains(next) && !(in_class && next == 'b')
            }
            '[' if !in_class => {
                in_class = true;
                // A bracket right at the start is a character of the class.
                if next == '^' {
                    chars.next();
                }
                !matches!(chars.peek(), Some(']' | '['))
            }
            '[' => false,
            ']' => {
                in_class = false;
                true
            }
            // Set operations there, characters here.
            '&' | '-' | '~' | '|' if in_class => next != char,
            // Python's also matches before a line break at the end.
            '$' => in_class,
            // Verbose expressions, and flags of which each side has its own.
            '?' if before == '(' && !in_class => {
                let flags: String = chars
                    .clone()
                    .take_while(|char| !matches!(char, ')' | ':' | '<'))
                    .collect();
                flags.is_empty() || flags == "P" || flags.chars().all(|flag| "ims".contains(flag))
            }
            // Possessive there, another repetition here.
            '+' if !in_class => !matches!(before, '+' | '*' | '?' | '}'),
            _ => true,
        };
        if !agreed {
            return false;
        }
        before = if char == '\\' { ' ' } else { char };
    }
    !in_class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(pattern: &str, text: &str) -> Option<bool> {
        let (patterns, others) = Patterns::of(&[pattern]);
        others.is_empty().then(|| patterns.is_match(text))
    }

    #[test]
    fn a_pattern_is_found_anywhere_in_the_text() {
        assert_eq!(finds("(?i)password", "DB_PassWord_2"), Some(true));
        assert_eq!(finds("^__.*", "__name__"), Some(true));
        assert_eq!(finds("^__.*", "a__name"), Some(false));
        assert_eq!(finds(r"card_\d{4}", "card_1234"), Some(true));
        assert_eq!(finds(r"(?i)[?&]sig=", "https://x/?a=1&SIG=2"), Some(true));
        assert_eq!(finds("[a-z_-]+", "a"), Some(true));
        assert_eq!(finds("(?P<word>x|y)", "y"), Some(true));
        assert_eq!(finds("straße", "STRASSE"), Some(false));
    }

    #[test]
    fn what_python_reads_otherwise_is_left_to_it() {
        for pattern in [
            "secret$",
            r"secret\Z",
            r"(a)\1",
            "(?=x)y",
            "(?<!x)y",
            "(?x) a b",
            "(?a)x",
            "(?P=a)",
            "[a[b]",
            "[[:alpha:]]",
            "[a&&b]",
            "[a--b]",
            "[]a]",
            r"\<x",
            r"\pL",
            r"[\b]",
            "a++",
            "a*+",
            "a{2}+",
            "(",
            "a{",
            "*password*",
            "[",
            r"\",
            "(?#note)x",
        ] {
            assert_eq!(finds(pattern, "x"), None, "{pattern}");
        }
    }

    #[test]
    fn the_others_of_a_list_are_named_by_their_place() {
        let (patterns, others) = Patterns::of(&["(?=a)", "b", "(", "c"]);
        assert_eq!(others, [0, 2]);
        assert!(patterns.is_match("xbx") && patterns.is_match("c") && !patterns.is_match("a"));
    }

    #[test]
    fn a_pattern_too_large_to_compile_is_not_compiled() {
        assert_eq!(finds(r"(\w{1000}){1000}", "x"), None);
    }

    #[test]
    fn a_matcher_of_the_caller_is_asked_too() {
        #[derive(Debug)]
        struct Ends(&'static str);
        impl Matcher for Ends {
            fn is_match(&self, text: &str) -> bool {
                text.ends_with(self.0)
            }
        }
        let patterns = Patterns::none().and(Arc::new(Ends("_key")));
        assert!(patterns.is_match("my_key") && !patterns.is_match("my_keys"));
    }

    #[test]
    fn every_default_pattern_is_compiled_here() {
        assert_eq!(Patterns::of(&DEFAULT_MASK).1, [0; 0]);
        assert_eq!(Patterns::of(&DEFAULT_IGNORE).1, [0; 0]);
        assert!(Patterns::default_mask().is_match("DB_PASSWORD"));
        assert!(Patterns::default_ignore().is_match("__file__"));
    }
}
