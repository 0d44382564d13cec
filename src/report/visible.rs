//! Text of a stranger's files, made safe to show: nothing in it may steer a terminal, a log or a reader's eye.

use std::borrow::Cow;

/// Whether a character must not be shown as it is: control characters, and those that turn or hide text.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The text with every such character written as its code: `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_or_turns_text_gets_through() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{202e}c\n::error::"),
            "a\\u{1b}[31mb\\u{202e}c\\u{a}::error::"
        );
        assert!(matches!(visible("größer — 你好"), Cow::Borrowed(_)));
    }
}
