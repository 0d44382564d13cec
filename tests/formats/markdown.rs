//! The comment for a pull request, read by a parser of `CommonMark` with all that GitHub adds to it.

use checker::report::visible::visible;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::{findings, hostile, output, text};

/// What a comment is made of, as far as a stranger could bring it about.
#[derive(Default)]
struct Comment {
    /// Text outside of code, with what code there is in between left out.
    words: String,
    /// All text of each paragraph, code with the rest.
    paragraphs: Vec<String>,
    html: Vec<String>,
    /// Whatever should not be there.
    strange: Vec<String>,
}

fn read(comment: &str) -> Comment {
    let mut read = Comment::default();
    let mut in_code = false;
    let mut in_html = false;
    let mut strong = String::new();
    let mut in_strong = false;
    // Extensions beyond GitHub's would see more, and so are on as well.
    for event in Parser::new_ext(comment, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::HtmlBlock) => {
                in_html = true;
                read.html.push(String::new());
            }
            Event::End(TagEnd::HtmlBlock) => in_html = false,
            Event::Start(Tag::Paragraph) => read.paragraphs.push(String::new()),
            Event::Start(Tag::Strong) => in_strong = true,
            Event::End(TagEnd::Strong) => {
                in_strong = false;
                let word = std::mem::take(&mut strong);
                if !["error", "warning", "info", "Why:", "Mend:"].contains(&&*word) {
                    read.strange.push(word);
                }
            }
            Event::Html(html) if in_html => read.html.last_mut().unwrap().push_str(&html),
            Event::Code(code) => push(&mut read.paragraphs, &code),
            Event::Text(text) if in_code => drop(text),
            Event::Text(text) => {
                read.words.push_str(&text);
                push(&mut read.paragraphs, &text);
                if in_strong {
                    strong.push_str(&text);
                }
            }
            Event::SoftBreak => push(&mut read.paragraphs, "\n"),
            Event::Start(
                Tag::Heading {
                    level: HeadingLevel::H3,
                    ..
                }
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell
                | Tag::List(None)
                | Tag::Item,
            )
            | Event::End(_) => {}
            other => read.strange.push(format!("{other:?}")),
        }
    }
    read
}

fn push(paragraphs: &mut [String], text: &str) {
    if let Some(paragraph) = paragraphs.last_mut() {
        paragraph.push_str(text);
    }
}

/// Without what a code span may add or take at its ends.
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|character| *character != '`' && !character.is_whitespace())
        .collect()
}

#[test]
fn no_text_becomes_structure_a_link_or_a_mention_and_none_is_lost() {
    let folder = hostile::repository();
    let comment = output(folder.path(), "markdown", hostile::ARGUMENTS);
    let read = read(&comment);
    assert!(read.strange.is_empty(), "{:#?}\n{comment}", read.strange);
    // What GitHub and GitLab look for in finished text.
    for sign in [
        "@",
        "#",
        "://",
        "www.",
        "GH-",
        ":+1:",
        "!1",
        "deadbeef1",
        "<",
        ">",
        "$",
        "&",
        "~",
        "_",
        "*",
        "[",
        "]",
        "|",
        "\\",
    ] {
        assert!(!read.words.contains(sign), "{sign} in {}", read.words);
    }
    let findings = findings(folder.path(), hostile::ARGUMENTS);
    for finding in &findings {
        let message = squeezed(&visible(text(finding, "/message")));
        let file = squeezed(&visible(text(finding, "/location/file")));
        let is_shown = |paragraph: &String| {
            let paragraph = squeezed(paragraph);
            paragraph.contains(&message) && paragraph.contains(&file)
        };
        assert!(read.paragraphs.iter().any(is_shown), "{finding:#}\n{comment}");
    }

    let (mut open, mut closed) = (0, 0);
    for html in read
        .html
        .iter()
        .flat_map(|html| html.lines())
        .filter(|line| !line.is_empty())
    {
        match html {
            "<!-- checker -->" => {}
            "</details>" => closed += 1,
            summary => {
                let inner = summary.strip_prefix("<details><summary><code>").unwrap();
                let inner = inner.strip_suffix("</summary>").unwrap();
                open += 1;
                // In code no mention is looked for, and no tag is left.
                for (at, part) in inner.split("<code>").enumerate() {
                    let (code, rest) = part.split_once("</code>").unwrap_or_else(|| panic!("{at} {summary}"));
                    assert!(
                        !code.contains(['<', '>']) && !rest.contains(['<', '>', '@', '#', '&']),
                        "{summary}"
                    );
                }
            }
        }
    }
    assert_eq!((open, closed), (findings.len(), findings.len()));
}

#[test]
fn a_comment_is_never_too_long_and_says_how_much_it_leaves_out() {
    for (files, policies, characters) in [
        (5, 7, 40),
        (300, 7, 40),
        (600, 60, 100),
        (70, 7, 4_000),
        (14, 7, 100_000),
    ] {
        let folder = hostile::crowd(files, policies, characters);
        let comment = output(folder.path(), "markdown", hostile::ARGUMENTS);
        // GitHub refuses more than 65,536 characters.
        assert!(comment.len() <= 65_000, "{}", comment.len());
        let read = read(&comment);
        assert!(read.strange.is_empty(), "{:#?}", read.strange);
        assert_eq!(
            comment.matches("<details>").count(),
            comment.matches("</details>").count()
        );
        let count = |paragraph: &String| {
            if ["error at ", "warning at ", "info at "]
                .iter()
                .any(|lead| paragraph.starts_with(lead))
            {
                return 1;
            }
            let counted = paragraph.strip_prefix("… and ").unwrap_or(paragraph);
            let counted = counted.split_once(" more place").map(|(count, _)| count);
            counted.map_or(0, |count| count.parse().unwrap())
        };
        let told: usize = read.paragraphs.iter().map(count).sum();
        assert_eq!(told, files, "{comment}");
    }
}
