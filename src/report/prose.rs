//! Text of a stranger's files as Markdown in which it stays text, on GitHub and on GitLab.
//!
//! A backslash is not enough: mentions, references to issues and commits, emoji and bare addresses are found in the finished text, where no
//! backslash is left. What is in a code span is passed over by all of them. So a word that could be more than a word becomes code.

use super::visible::visible;

/// One paragraph of Markdown. What stands between backticks is code, as its writer meant it.
pub(super) fn prose(text: &str) -> String {
    render(text, |out, code| push_apart(out, &code_span(code)))
}

/// The same as HTML, for where Markdown is not read.
pub(super) fn html_prose(text: &str) -> String {
    render(text, |out, code| {
        let code = code.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        out.push_str("<code>");
        out.push_str(&code);
        out.push_str("</code>");
    })
}

/// A text as a code span.
pub(super) fn code_span(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // One blank at each end is taken away again, and sets backticks of the text apart from the fence.
    let is_padded = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let blank = if is_padded { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// Lines as a block of code.
pub(super) fn code_block(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut block = format!("{fence}{language}\n");
    for line in lines {
        block.push_str(line);
        block.push('\n');
    }
    block.push_str(&fence);
    block.push('\n');
    block
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or(0)
}

fn render(text: &str, write_code: impl Fn(&mut String, &str)) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, code, after)) = next_code(rest) {
        write_words(&mut out, before, &write_code);
        write_code(&mut out, code);
        rest = after;
    }
    write_words(&mut out, rest, &write_code);
    out
}

/// The text before the first pair of backticks, within it and behind it.
fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    (!code.is_empty()).then_some((before, code, after))
}

fn write_words(out: &mut String, text: &str, write_code: impl Fn(&mut String, &str)) {
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        if is_plain(word) {
            out.push_str(word);
        } else {
            write_code(out, word);
        }
        out.push_str(&piece[word.len()..]);
    }
}

/// Two code spans without anything between would be read as one, or not at all.
fn push_apart(out: &mut String, code_span: &str) {
    if out.ends_with('`') {
        out.push(' ');
    }
    out.push_str(code_span);
}

/// Whether a word is nothing but a word, wherever in a line it stands but at its beginning.
fn is_plain(word: &str) -> bool {
    let is_harmless = |character: char| character.is_alphanumeric() || ".,;:!?()'\"/=+-–—…".contains(character);
    // `:emoji:`, `https:`, a merge request as `!1`, an issue as `GH-1`.
    let inner = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '"']);
    let is_like_an_issue = word.contains('-') && word.contains(|character: char| character.is_ascii_digit());
    let is_special = inner.contains([':', '!'])
        || word.to_ascii_lowercase().contains("www.")
        || is_like_an_issue
        || is_like_a_commit(inner);
    word.chars().all(is_harmless) && !is_special
}

fn is_like_a_commit(word: &str) -> bool {
    const SHORTEST: usize = 7;
    word.len() >= SHORTEST && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_everything_else_is_code() {
        assert_eq!(
            prose("container `app` of SidecarSet shop/web has no volume: it is lost"),
            "container `app` of SidecarSet shop/web has no volume: it is lost"
        );
        assert_eq!(
            prose("ask @victim, see #1 or GH-1"),
            "ask `@victim,` see `#1` or `GH-1`"
        );
        assert_eq!(prose("a <img src=x> b"), "a `<img` `src=x>` b");
        assert_eq!(prose("[x](https://evil.example)"), "`[x](https://evil.example)`");
        assert_eq!(
            prose("at https://evil.example www.evil.example :+1:"),
            "at `https://evil.example` `www.evil.example` `:+1:`"
        );
        assert_eq!(prose("in 0123abc"), "in `0123abc`");
    }

    #[test]
    fn backticks_of_the_text_cannot_end_a_code_span() {
        assert_eq!(prose("a `x` and ` @b"), "a `x` and `` ` `` `@b`");
        assert_eq!(prose("`a`_`b`"), "`a` `_` `b`");
        assert_eq!(code_span("a``b"), "```a``b```");
        assert_eq!(code_span("`"), "`` ` ``");
        assert_eq!(code_block("yaml", &["```".to_owned()]), "````yaml\n```\n````\n");
    }
}
