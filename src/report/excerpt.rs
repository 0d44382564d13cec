//! The lines of a file around some labels, as they are shown to a person.
//!
//! A copy, because it differs from the file: long lines are cut to what is near the labels, unsafe characters are replaced, and
//! of a Secret only the names of its fields are left.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::visible::{is_unsafe, visible};
use crate::policy::finding::Label;
use crate::source::text::{SourceFile, Span};

/// Lines shown before and after a labelled one.
pub(super) const CONTEXT_LINES: usize = 1;
/// Longest line that is shown whole, in characters.
const WHOLE_LINE: usize = 200;
/// Characters kept before the first label of a longer line, and in all.
const BEFORE_LABEL: usize = 40;
const CUT_LINE: usize = 110;
/// Lines of a label over several lines that are marked.
const LABEL_LINES: usize = 5;

/// Some lines of one file, and where their labels lie in them.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
    pub(super) labels: Vec<LabeledSpan>,
    /// Line and column in the file of each label, from 1.
    positions: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct Line {
    /// In the file, from 1.
    number: usize,
    /// In the excerpt, without its line feed.
    start: usize,
    end: usize,
}

impl Excerpt {
    /// The lines around `labels`, which are all in one file; the first label is the primary one.
    pub(super) fn of(labels: &[&Label]) -> Option<Self> {
        let file = &labels.first()?.place.file;
        let spans: Vec<Span> = labels.iter().map(|label| shown_span(file, label.place.span)).collect();
        let mut numbers: Vec<usize> = Vec::new();
        for span in &spans {
            let (first, last) = lines_of(file, *span);
            let to = (last + CONTEXT_LINES).min(file.line_count());
            numbers.extend(first.saturating_sub(CONTEXT_LINES).max(1)..=to);
        }
        numbers.sort_unstable();
        numbers.dedup();

        let hidden = labels.iter().any(|label| is_secret(file, label.place.span));
        let mut excerpt = Self {
            name: visible(file.path()).into_owned(),
            text: String::new(),
            lines: Vec::new(),
            labels: Vec::new(),
            positions: Vec::new(),
        };
        let mut ends: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); spans.len()];
        for number in numbers {
            excerpt.add_line(file, number, hidden, &spans, &mut ends);
        }
        for (index, (label, (start, end))) in labels.iter().zip(ends).enumerate() {
            let start = start?;
            let length = end.unwrap_or(start).saturating_sub(start).max(1);
            let words = label.words();
            let text = (!words.is_empty()).then(|| visible(&words).into_owned());
            let position = file.position(spans[index].start);
            excerpt.positions.push((position.line, position.column));
            excerpt.labels.push(if index == 0 {
                LabeledSpan::new_primary_with_span(text, (start, length))
            } else {
                LabeledSpan::new_with_span(text, (start, length))
            });
        }
        Some(excerpt)
    }

    /// The same under another name, as it is to be shown.
    pub(super) fn named(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    fn add_line(
        &mut self,
        file: &SourceFile,
        number: usize,
        hidden: bool,
        spans: &[Span],
        ends: &mut [(Option<usize>, Option<usize>)],
    ) {
        let span = file.line_span(number);
        let line = file.line(number);
        let kept = kept_characters(line, span.start as usize, spans);
        let secret_from = if hidden { secret_part(line) } else { usize::MAX };
        let start = self.text.len();
        if kept.start > 0 {
            self.text.push('…');
        }
        let mut at = span.start as usize;
        for (index, character) in line.chars().enumerate() {
            if kept.contains(&index) {
                self.note(at, spans, ends);
                let is_hidden = index >= secret_from && !character.is_whitespace();
                self.text.push(match character {
                    _ if is_hidden => '•',
                    '\t' => '\t',
                    other if is_unsafe(other) => char::REPLACEMENT_CHARACTER,
                    other => other,
                });
            }
            at += character.len_utf8();
        }
        self.note(at, spans, ends);
        let is_cut = kept.end < line.chars().count();
        if is_cut {
            self.text.push('…');
        }
        self.lines.push(Line {
            number,
            start,
            end: self.text.len(),
        });
        self.text.push('\n');
        // An end behind what is kept lies at the end of the line.
        for (span, (start, end)) in spans.iter().zip(ends.iter_mut()) {
            if start.is_some() && end.is_none() && (span.end as usize) <= at {
                *end = Some(self.text.len() - 1);
            }
        }
    }

    /// Notes where the ends of labels that lie at this offset of the file have come to lie.
    fn note(&self, at: usize, spans: &[Span], ends: &mut [(Option<usize>, Option<usize>)]) {
        for (span, (start, end)) in spans.iter().zip(ends.iter_mut()) {
            if span.start as usize <= at && start.is_none() {
                *start = Some(self.text.len());
            }
            if span.end as usize <= at && start.is_some() && end.is_none() {
                *end = Some(self.text.len());
            }
        }
    }

    /// The lines that the first label marks, with their numbers, and below a single one the mark.
    pub(super) fn marked_lines(&self) -> Vec<String> {
        let Some(label) = self.labels.first() else {
            return Vec::new();
        };
        let (start, end) = (label.offset(), label.offset() + label.len());
        let marked = (self.lines).get(self.line_at(start)..=self.line_at(end.saturating_sub(1)));
        let marked = marked.unwrap_or_default();
        let width = marked.last().map_or(0, |line| line.number.to_string().len());
        let text = |start: usize, end: usize| self.text.get(start..end).unwrap_or("");
        let mut lines: Vec<String> = marked
            .iter()
            .map(|line| format!("{:>width$} │ {}", line.number, text(line.start, line.end)))
            .collect();
        if let [line] = marked {
            let before = text(line.start, start).chars();
            let blank: String = before
                .map(|character| if character == '\t' { '\t' } else { ' ' })
                .collect();
            let mark = "^".repeat(text(start, end).chars().count().max(1));
            lines.push(format!("{:width$} │ {blank}{mark}", ""));
        }
        lines
    }

    fn line_at(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|line| line.start <= offset)
            .saturating_sub(1)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let mut first = self.line_at(span.offset());
        let mut last = self.line_at(span.offset() + span.len().saturating_sub(1));
        // Without context miette asks for the position to show above the lines.
        if context_lines_before == 0
            && let Some(index) = self.labels.iter().position(|label| label.offset() == span.offset())
        {
            let (line, column) = self.positions[index];
            let line_range = &self.lines[first];
            return Ok(self.contents(line_range.start, line_range.end, line - 1, column - 1, 1));
        }
        let adjacent = |one: usize, other: usize| self.lines[one].number + 1 == self.lines[other].number;
        for _ in 0..context_lines_before {
            if first > 0 && adjacent(first - 1, first) {
                first -= 1;
            }
        }
        for _ in 0..context_lines_after {
            if last + 1 < self.lines.len() && adjacent(last, last + 1) {
                last += 1;
            }
        }
        let (start, end) = (self.lines[first].start, self.lines[last].end);
        Ok(self.contents(start, end, self.lines[first].number - 1, 0, last - first + 1))
    }
}

impl Excerpt {
    fn contents(
        &self,
        start: usize,
        end: usize,
        line: usize,
        column: usize,
        count: usize,
    ) -> Box<dyn SpanContents<'_> + '_> {
        let data = self.text.as_bytes().get(start..end).unwrap_or(&[]);
        let span = (start, end - start).into();
        Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            span,
            line,
            column,
            count,
        ))
    }
}

/// What is marked: at least one character, and not half a screen.
fn shown_span(file: &SourceFile, span: Span) -> Span {
    if span.is_empty() {
        // A value that was left out is marked at the character before it.
        let before = file
            .text()
            .get(..span.start as usize)
            .and_then(|text| text.chars().next_back());
        let length = before.filter(|character| *character != '\n').map_or(0, char::len_utf8);
        return Span::new(span.start as usize - length, span.start as usize);
    }
    let (first, last) = lines_of(file, span);
    if last - first < LABEL_LINES {
        return span;
    }
    Span::new(span.start as usize, file.line_span(first).end as usize)
}

fn lines_of(file: &SourceFile, span: Span) -> (usize, usize) {
    let first = file.position(span.start).line;
    let last = file.position(span.end.saturating_sub(1).max(span.start)).line;
    (first, last)
}

/// The characters of a line that are shown: all, or those near the first label.
fn kept_characters(line: &str, line_start: usize, spans: &[Span]) -> std::ops::Range<usize> {
    let count = line.chars().count();
    if count <= WHOLE_LINE {
        return 0..count;
    }
    let line_end = line_start + line.len();
    let first_label = spans
        .iter()
        .map(|span| span.start as usize)
        .filter(|&start| (line_start..line_end).contains(&start))
        .min()
        .and_then(|start| line.get(..start - line_start))
        .map_or(0, |before| before.chars().count());
    let start = first_label.saturating_sub(BEFORE_LABEL);
    start..(start + CUT_LINE).min(count)
}

/// Whether a place lies in a document that is a Secret, or was meant to be one. Asked of the text, since the document may be
/// the very one that cannot be read.
pub(super) fn is_secret(file: &SourceFile, span: Span) -> bool {
    let text = file.text();
    let at = (span.start as usize).min(text.len());
    let start = text.get(..at).and_then(|before| before.rfind("\n---")).unwrap_or(0);
    let end = text
        .get(at..)
        .and_then(|after| after.find("\n---"))
        .map_or(text.len(), |offset| at + offset);
    let piece = text.get(start..end).unwrap_or(text);
    if piece.contains("secretGenerator") {
        return true;
    }
    piece.match_indices("Secret").any(|(found, word)| {
        let before = piece[..found].trim_end_matches(['"', '\'', ' ', '\t']);
        let is_kind = before
            .strip_suffix(':')
            .is_some_and(|key| key.trim_end_matches(['"', '\'', ' ']).ends_with("kind"));
        let after = piece[found + word.len()..].chars().next();
        is_kind && (!after.is_some_and(char::is_alphabetic) || piece[found..].starts_with("SecretList"))
    })
}

/// From which character on a line of a Secret is not shown: behind the colon of a field, or all of it, since a line without a
/// field goes on with the value of another one.
fn secret_part(line: &str) -> usize {
    let Some(colon) = line.find(':') else {
        return 0;
    };
    let name = line[..colon]
        .trim_start()
        .trim_start_matches("- ")
        .trim_matches(['"', '\'', '{', ' ']);
    let is_field = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte))
        && line[colon + 1..].chars().next().is_none_or(char::is_whitespace);
    if is_field { line[..=colon].chars().count() } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::policy::finding::Place;

    fn excerpt(text: &str, marked: &str) -> Excerpt {
        let file = Arc::new(SourceFile::new("a.yaml", text));
        let start = text.find(marked).unwrap();
        let label = Label {
            place: Place::new(file, Span::new(start, start + marked.len())),
            text: String::new(),
        };
        Excerpt::of(&[&label]).unwrap()
    }

    fn marked(excerpt: &Excerpt) -> &str {
        let label = &excerpt.labels[0];
        &excerpt.text[label.offset()..label.offset() + label.len()]
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let text = format!(
            "a: 1\nx: \"{}\", label: here, {}\nb: 2\n",
            "y".repeat(70_000),
            "z".repeat(500)
        );
        let excerpt = excerpt(&text, "here");
        assert_eq!(marked(&excerpt), "here");
        assert!(excerpt.text.len() < 400, "{}", excerpt.text);
        assert_eq!(excerpt.positions[0].0, 2);
    }

    #[test]
    fn of_a_secret_only_field_names_are_shown() {
        for kind in ["kind: Secret", "kind: \"Secret\"", "\"kind\": \"Secret\""] {
            let text = format!("{kind}\nstringData:\n  password: hunter2\n  token: 8675309\n");
            let excerpt = excerpt(&text, "8675309");
            assert!(
                !excerpt.text.contains("hunter2") && !excerpt.text.contains("8675309"),
                "{}",
                excerpt.text
            );
            assert!(excerpt.text.contains("  token: •"));
        }
        let block = excerpt(
            "kind: Secret\nstringData:\n  file: |\n    admin:hunter2\n    token hunter2\n",
            "admin",
        );
        assert!(
            !block.text.contains("hunter2") && !block.text.contains("admin"),
            "{}",
            block.text
        );
        assert!(excerpt("kind: ExternalSecret\na: b\n", "b").text.contains("a: b"));
        assert!(
            excerpt("kind: Secret\na: b\n---\nkind: Pod\nc: d\n", "c: d")
                .text
                .contains("c: d")
        );
    }

    #[test]
    fn unsafe_characters_and_carriage_returns_do_not_get_through() {
        let excerpt = excerpt("a: \"\u{1b}[31m\u{202e}x\"\r\nb: y\r\n", "y");
        assert_eq!(excerpt.text, "a: \"\u{fffd}[31m\u{fffd}x\"\nb: y\n");
        assert_eq!(marked(&excerpt), "y");
    }

    #[test]
    fn a_value_that_was_left_out_is_marked_at_its_colon() {
        let text = "a:\nb: 1\n";
        let label = Label {
            place: Place::new(Arc::new(SourceFile::new("a.yaml", text)), Span::new(2, 2)),
            text: String::new(),
        };
        assert_eq!(marked(&Excerpt::of(&[&label]).unwrap()), ":");
    }
}
