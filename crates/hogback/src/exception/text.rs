//! Cutting text without breaking a character.

/// The longest beginning of `text` that has at most `max` bytes.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    &text[..end]
}

/// Shortens `text` to `max` bytes and shows by three dots that something is missing.
pub(crate) fn shorten(text: &mut String, max: usize) {
    const DOTS: &str = "...";
    if text.len() > max {
        let end = cut(text, max.saturating_sub(DOTS.len())).len();
        text.truncate(end);
        text.push_str(DOTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_stays_as_it_is() {
        let mut text = "naïve".to_owned();
        shorten(&mut text, 6);
        assert_eq!(text, "naïve");
        assert_eq!(cut("naïve", 6), "naïve");
    }

    #[test]
    fn a_text_is_cut_before_the_character_that_does_not_fit() {
        assert_eq!(cut("naïve", 3), "na");
        let mut text = "naïve people".to_owned();
        shorten(&mut text, 6);
        assert_eq!(text, "na...");
    }
}
