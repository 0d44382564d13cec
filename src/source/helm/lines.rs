//! The lines of a template, and of what it renders: what stands in them, and which of the one may become which of the other.

use std::ops::Range;

/// How a line of block YAML is built: `  - key: value`. Ranges are bytes of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// Column at which the content begins, behind `- `.
    pub(super) indent: usize,
    /// The key, without its colon.
    pub(super) key: Option<Range<usize>>,
    /// What stands behind the key and the dashes.
    pub(super) value: Range<usize>,
}

impl Parts {
    /// The parts of a line; `is_open` says whether a byte belongs to an action of a template, and so ends no key.
    fn of(line: &str, is_open: impl Fn(usize) -> bool) -> Self {
        let bytes = line.as_bytes();
        let mut at = bytes.iter().take_while(|byte| **byte == b' ').count();
        while bytes[at..].starts_with(b"- ") {
            at += 1 + bytes[at + 1..].iter().take_while(|byte| **byte == b' ').count();
        }
        let end = line.trim_end().len().max(at);
        let is_key_end = |index: usize| {
            bytes[index] == b':'
                && !is_open(index)
                && bytes.get(index + 1).is_none_or(|next| *next == b' ' || *next == b'\r')
        };
        let begins_key = bytes
            .get(at)
            .is_some_and(|first| !b"#{[|>&*!".contains(first) || is_open(at));
        let colon = (at..end).find(|&index| is_key_end(index)).filter(|_| begins_key);
        match colon {
            Some(colon) => {
                let value = colon + 1 + bytes[colon + 1..end].iter().take_while(|byte| **byte == b' ').count();
                Self {
                    indent: at,
                    key: Some(at..colon),
                    value: value..end,
                }
            }
            None => Self {
                indent: at,
                key: None,
                value: at..end,
            },
        }
    }
}

/// One line.
#[derive(Debug)]
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    /// Where it begins in its file.
    pub(super) start: usize,
    pub(super) parts: Parts,
    /// What it says itself, between the actions of a template; a rendered line is one such piece.
    literals: Vec<&'t str>,
    /// Whether an action stands before, between or behind the pieces.
    starts_open: bool,
    ends_open: bool,
    /// The keys around it, from the outside in, and its own; `None` for one that an action makes.
    pub(super) path: Vec<Option<&'t str>>,
    /// Whether it stands in a definition, whose lines come out below whatever includes it.
    is_defined: bool,
    /// The indentation of the outermost key of the path.
    outermost: Option<usize>,
}

impl<'t> Line<'t> {
    /// The key, if it stands there as it comes out.
    pub(super) fn key(&self) -> Option<&'t str> {
        let key = self.text.get(self.parts.key.clone()?)?;
        (!key.contains("{{")).then(|| key.trim_matches(['"', '\'']))
    }

    /// Whether this line of a template may become that line.
    pub(super) fn may_become(&self, rendered: &str) -> bool {
        let says_something = self.literals.iter().any(|piece| piece.contains(char::is_alphanumeric));
        if !says_something {
            return false;
        }
        let mut rest = rendered.trim();
        for (at, piece) in self.literals.iter().enumerate() {
            let is_first = at == 0;
            let is_last = at + 1 == self.literals.len();
            if is_first && !self.starts_open {
                match rest.strip_prefix(piece) {
                    Some(after) => rest = after,
                    None => return false,
                }
                if is_last && !self.ends_open {
                    return rest.is_empty();
                }
            } else if is_last && !self.ends_open {
                return rest.ends_with(piece);
            } else {
                match rest.find(piece) {
                    Some(found) => rest = &rest[found + piece.len()..],
                    None => return false,
                }
            }
        }
        true
    }

    /// Whether nothing in it is made by an action: it comes out as it is, but for its indentation.
    pub(super) fn is_plain(&self) -> bool {
        !self.starts_open && !self.ends_open && self.literals.len() <= 1
    }

    /// Whether the path begins at the top of the document.
    pub(super) fn is_whole_path(&self) -> bool {
        !self.is_defined && self.outermost == Some(0)
    }

    fn separates_documents(&self) -> bool {
        self.text.trim_end() == "---"
    }
}

/// The lines of what was rendered.
pub(super) fn of_rendered(text: &str) -> Vec<Line<'_>> {
    outline(lines(text).map(|(start, line)| Line {
        text: line,
        start,
        parts: Parts::of(line, |_| false),
        literals: vec![line.trim()],
        starts_open: false,
        ends_open: false,
        path: Vec::new(),
        is_defined: false,
        outermost: None,
    }))
}

/// The lines of a template. An action may go over several of them.
pub(super) fn of_template(text: &str) -> Vec<Line<'_>> {
    let mut actions: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let open = at + open;
        let is_comment = ["{{/*", "{{- /*"].iter().any(|mark| text[open..].starts_with(mark));
        let (mark, more) = if is_comment { ("*/", 2) } else { ("}}", 2) };
        let mut end = text[open..].find(mark).map_or(text.len(), |close| open + close + more);
        if is_comment {
            end = text[end..].find("}}").map_or(text.len(), |close| end + close + 2);
        }
        actions.push(open..end);
        at = end;
    }
    let definitions = definitions(text, &actions);
    let mut first = 0;
    outline(lines(text).map(move |(start, line)| {
        let end = start + line.len();
        while actions.get(first).is_some_and(|action| action.end <= start) {
            first += 1;
        }
        let here: Vec<Range<usize>> = actions[first.min(actions.len())..]
            .iter()
            .take_while(|action| action.start < end)
            .map(|action| action.start.max(start) - start..action.end.min(end) - start)
            .collect();
        let next = definitions.partition_point(|definition| definition.end <= start);
        let is_defined = definitions
            .get(next)
            .is_some_and(|definition| definition.contains(&start));
        template_line(line, start, &here, is_defined)
    }))
}

/// The stretches between `define` and its `end`, sorted.
fn definitions(text: &str, actions: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut found = Vec::new();
    for action in actions {
        let inner = text[action.clone()].trim_start_matches(['{', '-']).trim_start();
        let word = inner.split(|next: char| !next.is_ascii_alphabetic()).next();
        match word {
            Some("define") => open.push(Some(action.end)),
            Some("if" | "range" | "with" | "block") => open.push(None),
            Some("end") => {
                if let Some(Some(start)) = open.pop() {
                    found.push(start..action.start);
                }
            }
            _ => {}
        }
    }
    found
}

fn template_line<'t>(line: &'t str, start: usize, actions: &[Range<usize>], is_defined: bool) -> Line<'t> {
    let mut literals = Vec::new();
    let mut at = 0;
    let is_blank = |text: &str| text.trim().is_empty();
    for action in actions {
        literals.push(&line[at..action.start]);
        at = action.end;
    }
    literals.push(&line[at..]);
    let starts_open = literals.len() > 1 && literals.first().is_some_and(|piece| is_blank(piece));
    let ends_open = literals.len() > 1 && literals.last().is_some_and(|piece| is_blank(piece));
    // The blanks around a piece say nothing: an action may eat them.
    let literals = literals
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect();
    Line {
        text: line,
        start,
        parts: Parts::of(line, |index| actions.iter().any(|action| action.contains(&index))),
        literals,
        starts_open,
        ends_open,
        path: Vec::new(),
        is_defined,
        outermost: None,
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let at = start;
        start += line.len() + 1;
        (at, line)
    })
}

/// Says of each line which keys it stands below. A line without a key of its own changes nothing for those behind it.
fn outline<'t>(lines: impl Iterator<Item = Line<'t>>) -> Vec<Line<'t>> {
    let mut open: Vec<(usize, Option<&str>)> = Vec::new();
    let mut outlined = Vec::new();
    let mut was_defined = false;
    for mut line in lines {
        if line.separates_documents() || line.is_defined != was_defined {
            open.clear();
        }
        was_defined = line.is_defined;
        let own = line.parts.indent;
        let has_key = line.parts.key.is_some();
        if has_key {
            while open.last().is_some_and(|(indent, _)| *indent >= own) {
                open.pop();
            }
        }
        let around = open.iter().filter(|(indent, _)| *indent < own || !has_key);
        line.path = around.map(|(_, key)| *key).collect();
        if has_key {
            let key = line.key();
            line.path.push(key);
            open.push((own, key));
        }
        line.outermost = open.first().map(|(indent, _)| *indent);
        outlined.push(line);
    }
    outlined
}

/// The lines of the one document of a template that says this kind; all of them if none does, or several.
pub(super) fn document_of_kind<'l, 't>(lines: &'l [Line<'t>], kind: &str) -> &'l [Line<'t>] {
    let mut found = lines.split(Line::separates_documents).filter(|part| {
        part.iter().any(|line| {
            line.parts.indent == 0
                && line.key() == Some("kind")
                && line.text.get(line.parts.value.clone()) == Some(kind)
        })
    });
    match (found.next(), found.next()) {
        (Some(part), None) => part,
        _ => lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_falls_into_dashes_key_and_value() {
        for (line, indent, key, value) in [
            ("  replicas: 3", 2, Some("replicas"), "3"),
            ("- name: web # x", 2, Some("name"), "web # x"),
            ("  - - a", 6, None, "a"),
            ("spec:", 0, Some("spec"), ""),
            ("url: http://x:80/y", 0, Some("url"), "http://x:80/y"),
            ("{a: b}", 0, None, "{a: b}"),
            ("# note: x", 0, None, "# note: x"),
            ("", 0, None, ""),
        ] {
            let parts = Parts::of(line, |_| false);
            assert_eq!(parts.indent, indent, "{line}");
            assert_eq!(parts.key.map(|key| &line[key]), key, "{line}");
            assert_eq!(&line[parts.value], value, "{line}");
        }
    }

    #[test]
    fn a_template_line_becomes_what_its_own_words_allow() {
        for (template, rendered, expected) in [
            ("  replicas: {{ .Values.replicas }}", "  replicas: 3", true),
            ("  replicas: {{ .Values.replicas }}", "  replica: 3", false),
            ("image: \"{{ .a }}:{{ .b }}\"", "image: \"app:1\"", true),
            ("image: \"{{ .a }}:{{ .b }}\"", "image: app:1", false),
            ("{{- toYaml .Values.x | nindent 4 }}", "a: b", false),
            ("{{ .key }}: on", "x: on", true),
            ("name: web", "name: web", true),
            ("name: web", "name: web-2", false),
            ("- --port={{ .port }}", "- --port=80", true),
            ("a: b {{- if .x }} c{{ end }}", "a: b c", true),
        ] {
            let lines = of_template(template);
            assert_eq!(lines[0].may_become(rendered), expected, "{template} {rendered}");
        }
    }

    #[test]
    fn keys_around_a_line_are_known_through_actions_and_lists() {
        let text = "spec:\n  {{- if and\n    .a: b }}\n  containers:\n    - name: x\n      env:\n      {{- end }}\n      - name: y\n---\nkind: Pod\n";
        let lines = of_template(text);
        let path = |at: usize| {
            lines[at]
                .path
                .iter()
                .map(|key| key.unwrap_or("*"))
                .collect::<Vec<_>>()
                .join(".")
        };
        assert_eq!(path(3), "spec.containers");
        assert_eq!(path(4), "spec.containers.name");
        assert_eq!(path(5), "spec.containers.env");
        assert_eq!(path(7), "spec.containers.env.name");
        assert_eq!(path(9), "kind");
        assert_eq!(document_of_kind(&lines, "Pod").len(), 2);
        assert_eq!(document_of_kind(&lines, "Job").len(), lines.len());
    }
}
