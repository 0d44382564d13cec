//! Comments, which the tree does not keep: a `#` that stands outside of every scalar, first in its line or behind a blank.
//!
//! They are sought only where somebody wrote a word that is asked for, so that an ordinary document costs one search in its text.

use std::cmp::Reverse;

use super::Decoded;
use super::tree::{Style, Tree, Value};
use crate::source::text::{SourceFile, Span};

/// One comment, and what it stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of its line.
    pub span: Span,
    /// What it is written for.
    pub subject: CommentSubject,
}

/// What a comment is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentSubject {
    /// The line that it ends.
    Line(Span),
    /// The entry or the item that begins in the line below it: from the beginning of that line to the end of the value.
    Block(Span),
    /// The document that it opens.
    Document(Span),
    /// The line below it is blank, or there is none.
    Nothing,
}

/// The comments of a file that hold a word, in order; at most so many. Those of documents that could not be read are not known.
#[must_use]
pub fn comments_with(decoded: &Decoded, word: &str, most: usize) -> Vec<Comment> {
    let text = decoded.file.text();
    let mut found = Vec::new();
    let mut documents = decoded
        .documents
        .iter()
        .map(|document| (with_separator(text, document.span), document))
        .peekable();
    let mut layout: Option<Layout<'_>> = None;
    // Asked once a line, however often the word stands in it.
    let mut line = Span::default();
    let mut in_line: Option<Comment> = None;
    for at in memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()) {
        if line.is_empty() || at >= line.end as usize {
            while documents.next_if(|(around, _)| at >= around.end as usize).is_some() {
                layout = None;
            }
            line = line_around(text, at);
            in_line = match documents.peek() {
                Some((around, document)) if at >= around.start as usize => {
                    let mut comment = |tree| {
                        let layout =
                            layout.get_or_insert_with(|| Layout::of(&decoded.file, document.span, *around, tree));
                        layout.comment_in(line)
                    };
                    document.tree.as_ref().and_then(|tree| comment(tree))
                }
                _ => comment_outside(text, line),
            };
        }
        if in_line.is_none_or(|comment| at < comment.span.start as usize || at >= comment.span.end as usize) {
            continue;
        }
        if found.len() == most {
            break;
        }
        found.extend(in_line.take());
    }
    found
}

/// A document with the line of the separator before it.
fn with_separator(text: &str, document: Span) -> Span {
    let Some(before) = (document.start as usize).checked_sub(1) else {
        return document;
    };
    let line = line_around(text, before);
    if text[line.range()].starts_with("---") {
        Span {
            start: line.start,
            end: document.end,
        }
    } else {
        document
    }
}

/// A comment among pieces of text that hold no document.
fn comment_outside(text: &str, line: Span) -> Option<Comment> {
    let content = text.get(line.range())?;
    let hash = content.find('#')?;
    let before = content[..hash].trim_end();
    let start = line.start as usize + hash;
    (before.is_empty() || before == "---").then(|| Comment {
        span: Span::new(start, start + content[hash..].trim_end().len()),
        subject: CommentSubject::Nothing,
    })
}

/// The line around an offset, without its line feed.
fn line_around(text: &str, at: usize) -> Span {
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |before| before + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |after| at + after);
    Span::new(start, end)
}

/// Where in a document its scalars, entries and items stand.
struct Layout<'f> {
    text: &'f str,
    document: Span,
    /// The document with the line of the separator before it.
    around: Span,
    /// The scalars, by their beginnings; of block scalars what follows their first line.
    scalars: Vec<Span>,
    /// The comment lines looked through last, and what stands below them.
    run: Option<(Span, Option<Span>)>,
    /// Entries and items from their first byte to their last, by their beginnings, the longest first.
    blocks: Vec<Span>,
}

impl<'f> Layout<'f> {
    fn of(file: &'f SourceFile, document: Span, around: Span, tree: &Tree) -> Self {
        let text = file.text();
        let values = tree.nodes.iter().filter_map(|node| match (node.value, node.style) {
            (Value::Sequence(_) | Value::Mapping(_), _) => None,
            (_, Style::Literal | Style::Folded) => {
                let header = file.slice(node.span).find('\n')?;
                Some(Span::new(node.span.start as usize + header, node.span.end as usize))
            }
            _ => Some(node.span),
        });
        let keys = tree.entries.iter().map(|entry| entry.key_span);
        let mut scalars: Vec<Span> = values.chain(keys).filter(|span| !span.is_empty()).collect();
        scalars.sort_unstable();
        let mut blocks: Vec<Span> = Vec::new();
        for node in &tree.nodes {
            match node.value {
                Value::Mapping(run) => blocks.extend(tree.entries[run.range()].iter().map(|entry| {
                    let value = tree.node(entry.value).span();
                    Span {
                        start: entry.key_span.start,
                        end: entry.key_span.end.max(value.end),
                    }
                })),
                Value::Sequence(run) => blocks.extend(tree.items[run.range()].iter().map(|&id| tree.node(id).span())),
                _ => {}
            }
        }
        for block in &mut blocks {
            let content = text.get(block.range()).unwrap_or("").trim_end();
            block.end = block.start + Span::new(0, content.len()).end;
        }
        blocks.sort_unstable_by_key(|block| (block.start, Reverse(block.end)));
        Self {
            text,
            document,
            around,
            scalars,
            run: None,
            blocks,
        }
    }

    fn slice(&self, span: Span) -> &'f str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The comment of a line, if it has one.
    fn comment_in(&mut self, line: Span) -> Option<Comment> {
        let start = line.start.max(self.around.start) as usize;
        let content = self.text.get(start..line.end as usize)?;
        let hash = memchr::memchr_iter(b'#', content.as_bytes()).find(|&hash| {
            let is_apart = content[..hash].chars().next_back().is_none_or(is_blank);
            is_apart && !self.is_in_scalar(start + hash)
        })?;
        let comment = &content[hash..];
        let end = comment.find(is_line_break).unwrap_or(comment.len());
        let span = Span::new(start + hash, start + hash + comment[..end].trim_end().len());
        Some(Comment {
            span,
            subject: self.subject(span, line),
        })
    }

    fn is_in_scalar(&self, at: usize) -> bool {
        // Scalars do not overlap.
        let after = self.scalars.partition_point(|scalar| scalar.start as usize <= at);
        let last = after.checked_sub(1).and_then(|index| self.scalars.get(index));
        last.is_some_and(|scalar| at < scalar.end as usize)
    }

    fn subject(&mut self, comment: Span, line: Span) -> CommentSubject {
        let before = Span {
            start: line.start.max(self.around.start),
            end: comment.start,
        };
        let before = self.slice(before).trim();
        let is_behind = |first: Option<&Span>| first.is_none_or(|first| comment.end <= first.start);
        let opens = is_behind(self.scalars.first()) && is_behind(self.blocks.first());
        if opens && (before.is_empty() || before == "---") {
            return CommentSubject::Document(self.document);
        }
        if !before.is_empty() {
            return CommentSubject::Line(line);
        }
        self.below(line).map_or(CommentSubject::Nothing, CommentSubject::Block)
    }

    /// What begins in the first line below `line` that is no comment.
    fn below(&mut self, line: Span) -> Option<Span> {
        if let Some((comments, below)) = self.run
            && comments.start <= line.start
            && line.end <= comments.end
        {
            return below;
        }
        let mut next = line;
        let below = loop {
            let start = next.end as usize + 1;
            if start >= self.document.end as usize {
                break None;
            }
            let below = line_around(self.text, start);
            if !self.slice(below).trim_start().starts_with('#') {
                break self.block_in(below);
            }
            next = below;
        };
        let comments = Span {
            start: line.start,
            end: next.end,
        };
        self.run = Some((comments, below));
        below
    }

    /// The first entry or item that begins in a line, with the whole line.
    fn block_in(&self, line: Span) -> Option<Span> {
        let content = self.slice(line).trim_start();
        if content.trim().is_empty() || content.starts_with("---") || content.starts_with("...") {
            return None;
        }
        let from = line.end as usize - content.len();
        let at = self.blocks.partition_point(|block| (block.start as usize) < from);
        let block = self.blocks.get(at).filter(|block| {
            // The item of a dash that stands alone begins below.
            block.start < line.end || content.starts_with('-')
        });
        Some(Span {
            start: line.start,
            end: block.map_or(line.end, |block| block.end.max(line.end)),
        })
    }
}

/// What may stand before the `#` of a comment.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t') || is_line_break(character)
}

/// What ends a line for a reader of YAML 1.1, and so a comment.
fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::TestCaseError;

    use super::super::plain::tests::{config, documents};
    use super::super::{decode_str, write_json};
    use super::*;

    const WORD: &str = "checker:";

    fn find(text: &str) -> Vec<Comment> {
        comments_with(&decode_str("a.yaml", text), WORD, 1_000)
    }

    /// What each comment is written for.
    fn told(text: &str) -> Vec<String> {
        let reach = |span: Span| text[span.range()].trim().replace('\n', "⏎");
        find(text)
            .into_iter()
            .map(|comment| {
                let subject = match comment.subject {
                    CommentSubject::Line(span) => format!("line {}", reach(span)),
                    CommentSubject::Block(span) => format!("block {}", reach(span)),
                    CommentSubject::Document(span) => format!("document {}", reach(span)),
                    CommentSubject::Nothing => "nothing".to_owned(),
                };
                subject.replace("# checker: ", "#")
            })
            .collect()
    }

    #[test]
    fn a_comment_is_written_for_its_line_or_for_what_begins_below_it() {
        for (text, due) in [
            ("a: 1\nb: 2 # checker: x\nc: 3\n", &["line b: 2 #x"][..]),
            ("a: 1\n# checker: x\nb: 2\nc: 3\n", &["block b: 2"]),
            (
                "a: 1\n# checker: x\nb:\n  c: 3\n  d: [1,\n    2]\ne: 4\n",
                &["block b:⏎  c: 3⏎  d: [1,⏎    2]"],
            ),
            // Other comments may stand between, a blank line may not.
            (
                "a: 1\n# checker: x\n# y\n# checker: z\nb: 2\n",
                &["block b: 2", "block b: 2"],
            ),
            ("a: 1\n# checker: x\n\nb: 2\n", &["nothing"]),
            ("a: 1\n# checker: x\n", &["nothing"]),
            ("a: 1\n# checker: x\n...\n", &["nothing"]),
            // An item is what its dash begins, not the list.
            ("a:\n# checker: x\n- b: 1\n  c: 2\n- d: 3\n", &["block - b: 1⏎  c: 2"]),
            ("a:\n  - b: 1\n    # checker: x\n    c: 2\n  - d: 3\n", &["block c: 2"]),
            (
                "a:\n# checker: x\n-\n  b: 1\n  c: 2\n- d: 3\n",
                &["block -⏎  b: 1⏎  c: 2"],
            ),
            ("a:\n# checker: x\n- - 1\n  - 2\n- 3\n", &["block - - 1⏎  - 2"]),
            ("a: {\n  # checker: x\n  b: 1, c: 2,\n  d: 3}\n", &["block b: 1, c: 2,"]),
            ("a: {b: 1,\n  c: [\n  # checker: x\n  ]}\n", &["block ]}"]),
            // A block without content, and the text below a block scalar's header.
            ("a: 1\n# checker: x\nb:\nc: 3\n", &["block b:"]),
            ("a: 1\nb: | # checker: x\n  c\nd: 2\n", &["line b: | #x"]),
        ] {
            assert_eq!(told(text), due, "{text}");
        }
    }

    #[test]
    fn a_comment_before_the_first_key_is_written_for_its_document() {
        for (text, due) in [
            ("# checker: x\na: 1\nb: 2\n", &["document #x⏎a: 1⏎b: 2"][..]),
            ("a: 1\n--- # checker: x\nb: 2\n---\nc: 3\n", &["document b: 2"]),
            ("a: 1\n---\n# x\n\n# checker: x\n\nb: 2\n", &["document # x⏎⏎#x⏎⏎b: 2"]),
            ("# checker: x\n- a: 1\n- b: 1\n", &["document #x⏎- a: 1⏎- b: 1"]),
            ("# checker: x\n---\na: 1\n", &["nothing"]),
            ("a: 1\n---\n# checker: x\n---\nb: 1\n", &["nothing"]),
            ("# checker: x\n", &["nothing"]),
        ] {
            assert_eq!(told(text), due, "{text}");
        }
    }

    #[test]
    fn what_stands_in_a_scalar_is_no_comment() {
        for text in [
            "a: |\n  b\n  # checker: x\nc: 1\n",
            "a: >-\n  # checker: x\nc: 1\n",
            "a: \"b\n  # checker: x\"\n",
            "a: 'b # checker: x'\n",
            "'a # checker: x': 1\n",
            "a: b# checker: x\n",
            "a: b#checker: x\n",
            "{\"a\": \"# checker: x\"}",
            // Nobody can tell in what could not be read.
            "a: [\n# checker: x\n",
        ] {
            assert_eq!(told(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_comment_ends_where_a_reader_of_yaml_1_1_ends_it() {
        let text = "a: 1 # checker: x\u{2028}b: 2\n";
        assert_eq!(
            find(text).first().map(|found| &text[found.span.range()]),
            Some("# checker: x")
        );
        let text = "a: 1 # checker: x \r\nb: 2\r\n";
        assert_eq!(
            find(text).first().map(|found| &text[found.span.range()]),
            Some("# checker: x")
        );
    }

    #[test]
    fn a_million_words_cost_what_their_text_costs() {
        let start = std::time::Instant::now();
        assert!(find(&format!("a: \"{}\"\n", "# checker: ".repeat(1_000_000))).is_empty());
        let comments = "# checker: x\n".repeat(200_000);
        assert_eq!(find(&format!("a: 1\n{comments}b: 2\n")).len(), 1_000);
        // Far above what it takes, far below what a look at the whole line or block for each word takes.
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }

    fn values(text: &str) -> Option<Vec<String>> {
        let decoded = decode_str("a.yaml", text);
        let trees = decoded.documents.iter().map(|document| document.tree.as_ref());
        let json = trees.map(|tree| {
            let mut json = String::new();
            write_json(tree?.root(), &mut json);
            Some(json)
        });
        json.collect::<Option<Vec<String>>>()
            .filter(|_| decoded.faults.is_empty())
    }

    proptest! {
        #![proptest_config(config())]

        /// What is found can say something else without a change; what is not found is a part of a value.
        #[test]
        fn what_is_found_is_no_value_and_what_is_not_found_is_one(
            text in documents(), line in 0..12_usize, is_alone in any::<bool>(),
        ) {
            let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let at = line.min(lines.len() - 1);
            if is_alone {
                lines.insert(at, "  # checker: x".to_owned());
            } else {
                lines[at].push_str(" # checker: x");
            }
            let text = lines.join("\n");
            let Some(before) = values(&text) else {
                return Ok(());
            };
            let found = find(&text);
            if found.is_empty() {
                prop_assert!(before.iter().any(|json| json.contains("checker: x")), "not found in {text:?}");
            }
            let mut other = text.clone();
            for comment in found.iter().rev() {
                other.replace_range(comment.span.range(), "# y");
            }
            let after = values(&other);
            if after.as_ref() != Some(&before) {
                return Err(TestCaseError::fail(format!("{text:?}: {before:?} is {after:?} with another comment")));
            }
        }
    }
}
