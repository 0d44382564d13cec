//! Documents that Helm rendered, at the templates that they come from.
//!
//! Helm writes the name of the template above each document (`# Source: web/templates/deployment.yaml`, `helm v3.18.6
//! pkg/action/action.go`). Which line of it became which is found by what the line itself says, by the keys around it, and where
//! several lines are alike by their order. What is found by none of them (the text of a helper, of a loop or of a value) is a rendered
//! position: it points at the nearest key around it that is found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::copy::Copied;
use super::lines::{self, Line};
use super::recognise::join;
use crate::source::classify;
use crate::source::decode::Decoded;
use crate::source::decode::tree::{Places, TextRef, Tree, Value};
use crate::source::limits;
use crate::source::text::{SourceFile, Span};

const SOURCE_MARK: &str = "# Source: ";

/// The same documents, whose nodes stand in the templates; and the templates that something came out of, as files of the chart.
pub(super) fn at_templates(mut decoded: Decoded, copied: &Copied) -> (Decoded, BTreeSet<String>) {
    let mut templates = BTreeSet::new();
    let folders = copied.folders_by_chart_name();
    let mut files: HashMap<String, Arc<SourceFile>> = HashMap::new();
    let chart_file = copied
        .source_file(classify::CHART_NAME)
        .unwrap_or_else(|| Arc::clone(&decoded.file));
    let stream = Arc::clone(&decoded.file);
    for document in &mut decoded.documents {
        let name = source_name(stream.slice(document.span)).and_then(|name| inner_name(name, &folders));
        templates.extend(name.clone());
        let Some(tree) = document.tree.take() else {
            continue;
        };
        let file = name.and_then(|name| {
            if let Some(file) = files.get(&name) {
                return Some(Arc::clone(file));
            }
            let file = copied.source_file(&name)?;
            files.insert(name, Arc::clone(&file));
            Some(file)
        });
        let is_chart = file.is_none();
        let file = file.unwrap_or_else(|| Arc::clone(&chart_file));
        document.tree = Some(Arc::new(Located::of(&tree, document.span, &file, is_chart).tree(&tree)));
    }
    (decoded, templates)
}

/// The template that stands above a document.
fn source_name(piece: &str) -> Option<&str> {
    let mut lines = piece
        .lines()
        .take_while(|line| line.starts_with('#') || line.trim().is_empty() || *line == "---");
    lines.find_map(|line| line.strip_prefix(SOURCE_MARK)).map(str::trim)
}

/// The file in the chart that Helm calls so: it names charts by their names, not by their folders.
fn inner_name(name: &str, folders: &BTreeMap<String, String>) -> Option<String> {
    folders
        .iter()
        .filter_map(|(chart, folder)| Some((chart, folder, name.strip_prefix(chart.as_str())?.strip_prefix('/')?)))
        .max_by_key(|(chart, _, _)| chart.len())
        .map(|(_, folder, rest)| join(folder, rest))
}

/// The place in a template that a complaint of Helm names: `web/templates/a.yaml:3:10`.
pub(super) fn named_place(message: &str, copied: &Copied) -> Option<(Arc<SourceFile>, Span)> {
    let folders = copied.folders_by_chart_name();
    message
        .split(|character: char| character.is_whitespace() || "()\"".contains(character))
        .find_map(|word| {
            let mut parts = word.trim_end_matches(':').split(':');
            let file = copied.source_file(&inner_name(parts.next()?, &folders)?)?;
            let number = parts.next().and_then(|number| number.parse::<usize>().ok());
            let line = file.line_span(number.unwrap_or(1));
            let column = parts.next().and_then(|number| number.parse::<usize>().ok());
            let start = line.start as usize + column.unwrap_or(0).min(line.len());
            let span = if number.is_some() {
                Span::new(start, line.end as usize)
            } else {
                Span::default()
            };
            Some((file, span))
        })
}

/// Where something stands in the template.
#[derive(Debug, Clone, Copy)]
struct Position {
    span: Span,
    /// Whether it is only near: a rendered position.
    is_near: bool,
}

/// One document and its template.
struct Located<'d> {
    rendered: Vec<Line<'d>>,
    template: Vec<Line<'d>>,
    /// For each rendered line the template's.
    found: Vec<Option<usize>>,
    /// Where the document begins in the stream.
    start: usize,
    file: Arc<SourceFile>,
}

impl<'d> Located<'d> {
    fn of(tree: &'d Tree, piece: Span, file: &'d Arc<SourceFile>, is_chart: bool) -> Self {
        let rendered = lines::of_rendered(tree.file().slice(piece));
        let template = if is_chart {
            Vec::new()
        } else {
            lines::of_template(file.text())
        };
        let kind = tree.root().str_at(&["kind"]).unwrap_or("");
        let part = lines::document_of_kind(&template, kind);
        let offset = part.first().map_or(0, |first| {
            template.iter().position(|line| line.start == first.start).unwrap_or(0)
        });
        let found = match_lines(&rendered, part)
            .into_iter()
            .map(|line| line.map(|line| line + offset))
            .collect();
        Self {
            rendered,
            template,
            found,
            start: piece.start as usize,
            file: Arc::clone(file),
        }
    }

    /// The document with its new places.
    fn tree(&self, tree: &Tree) -> Tree {
        let mut owned = tree.owned.clone();
        let mut own = |text: TextRef| match text {
            TextRef::Owned(span) => TextRef::Owned(span),
            TextRef::Source(_) => {
                let start = owned.len();
                owned.push_str(tree.text(text));
                TextRef::Owned(Span::new(start, owned.len()))
            }
        };
        let mut places = Places {
            files: vec![Arc::clone(&self.file)],
            of_nodes: vec![0; tree.nodes.len()],
            of_keys: vec![0; tree.entries.len()],
            ..Places::default()
        };
        let mut nodes = tree.nodes.clone();
        for node in &mut nodes {
            let position = self.of_value(node.span, matches!(node.value, Value::Sequence(_) | Value::Mapping(_)));
            node.span = position.span;
            places.near_nodes.push(position.is_near);
            if let Value::Text(text) = node.value {
                node.value = Value::Text(own(text));
            }
        }
        let mut entries = tree.entries.clone();
        for entry in &mut entries {
            let position = self.of_key(entry.key_span);
            entry.key = own(entry.key);
            entry.key_span = position.span;
            places.near_keys.push(position.is_near);
        }
        Tree {
            file: Arc::clone(&self.file),
            places: Some(places),
            nodes,
            items: tree.items.clone(),
            entries,
            owned,
            root: tree.root,
            parents: OnceLock::new(),
        }
    }

    /// The rendered line of an offset in the stream, and the offset in it.
    fn line_of(&self, offset: u32) -> (usize, usize) {
        let offset = (offset as usize).saturating_sub(self.start);
        let line = self
            .rendered
            .partition_point(|line| line.start <= offset)
            .saturating_sub(1);
        let start = self.rendered.get(line).map_or(0, |line| line.start);
        (line, offset - start)
    }

    fn of_key(&self, span: Span) -> Position {
        let (line, column) = self.line_of(span.start);
        let Some(template) = self.template_line(line) else {
            return self.near(line);
        };
        if let Some(position) = self.in_plain_line(line, template, span) {
            return position;
        }
        let is_own_key = self.rendered[line]
            .parts
            .key
            .as_ref()
            .is_some_and(|key| key.start == column);
        match (&template.parts.key, is_own_key) {
            (Some(key), true) => exact(template, key.clone()),
            _ => exact(template, value_or_line(template)),
        }
    }

    fn of_value(&self, span: Span, is_collection: bool) -> Position {
        let (first, column) = self.line_of(span.start);
        let Some(template) = self.template_line(first) else {
            return self.near(first);
        };
        // A collection over several lines reaches to the last of them that is found.
        let (last, _) = self.line_of(span.end.saturating_sub(1).max(span.start));
        if is_collection && last > first {
            let start = template.start + template.parts.indent;
            let end = (first..=last).rev().find_map(|line| self.template_line(line));
            let end = end.map_or(start, |line| line.start + line.parts.value.end);
            return Position {
                span: Span::new(start, end.max(start + 1)),
                is_near: false,
            };
        }
        if let Some(position) = self.in_plain_line(first, template, span) {
            return position;
        }
        let is_whole = self.rendered[first]
            .parts
            .key
            .as_ref()
            .is_some_and(|key| key.start == column);
        if is_whole {
            return exact(template, template.parts.indent..template.parts.value.end);
        }
        exact(template, value_or_line(template))
    }

    /// The same bytes of a line that came out as it is written; `None` if they are more than it, or an action is in it.
    fn in_plain_line(&self, rendered: usize, template: &Line<'_>, span: Span) -> Option<Position> {
        let line = self.rendered.get(rendered)?;
        if !template.is_plain() || template.text.trim() != line.text.trim() || span.is_empty() {
            return None;
        }
        let blanks = |text: &str| text.len() - text.trim_start().len();
        let inner = |offset: u32| {
            let column = (offset as usize).checked_sub(self.start + line.start + blanks(line.text))?;
            let at = template.start + blanks(template.text) + column;
            (column <= line.text.trim().len()).then_some(at)
        };
        Some(Position {
            span: Span::new(inner(span.start)?, inner(span.end)?),
            is_near: false,
        })
    }

    fn template_line(&self, rendered: usize) -> Option<&Line<'d>> {
        self.template.get((*self.found.get(rendered)?)?)
    }

    /// The nearest line around a rendered one that is found; without any the first of the file.
    fn near(&self, line: usize) -> Position {
        let mut depth = self.rendered.get(line).map_or(0, |line| line.parts.indent);
        for around in (0..line).rev() {
            let Some(candidate) = self.rendered.get(around).filter(|line| line.parts.key.is_some()) else {
                continue;
            };
            let is_around = candidate.parts.indent < depth;
            if !is_around {
                continue;
            }
            depth = candidate.parts.indent;
            if let Some(template) = self.template_line(around)
                && let Some(key) = template.parts.key.clone()
            {
                return Position {
                    is_near: true,
                    ..exact(template, key)
                };
            }
        }
        Position {
            span: self.file.line_span(1),
            is_near: true,
        }
    }
}

fn exact(line: &Line<'_>, range: std::ops::Range<usize>) -> Position {
    Position {
        span: Span::new(line.start + range.start, line.start + range.end),
        is_near: false,
    }
}

/// What a line says behind its key; without that all that it says.
fn value_or_line(line: &Line<'_>) -> std::ops::Range<usize> {
    let parts = &line.parts;
    match &parts.key {
        Some(key) if parts.value.is_empty() => key.clone(),
        _ => parts.value.clone(),
    }
}

/// For each rendered line the line of the template that became it, as far as that is certain.
fn match_lines(rendered: &[Line<'_>], template: &[Line<'_>]) -> Vec<Option<usize>> {
    let mut by_key: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
    for (at, line) in template.iter().enumerate() {
        by_key.entry(line.key()).or_default().push(at);
    }
    let without_key = by_key.get(&None).map_or(&[][..], Vec::as_slice);
    let mut left = limits::LINES_COMPARED;
    let mut groups: HashMap<Vec<usize>, Vec<usize>> = HashMap::new();
    for (at, line) in rendered.iter().enumerate() {
        let with_key = line.key().and_then(|key| by_key.get(&Some(key)));
        let candidates = with_key.into_iter().flatten().chain(without_key);
        let mut fitting = Vec::new();
        for &candidate in candidates {
            let Some(rest) = left.checked_sub(1) else {
                return vec![None; rendered.len()];
            };
            left = rest;
            if template[candidate].may_become(line.text) {
                fitting.push(candidate);
            }
        }
        let same_path = |candidate: &usize| is_same_path(&template[*candidate].path, &line.path);
        let on_path: Vec<usize> = fitting.iter().copied().filter(same_path).collect();
        // Where a line of a definition, or of an included text, comes out its template does not say.
        let is_anywhere = |candidate: &usize| !template[*candidate].is_whole_path();
        let meant = if on_path.is_empty() && fitting.len() == 1 && fitting.iter().all(is_anywhere) {
            fitting
        } else {
            on_path
        };
        if !meant.is_empty() {
            groups.entry(meant).or_default().push(at);
        }
    }
    let mut found = vec![None; rendered.len()];
    for (candidates, lines) in groups {
        // One line may come out many times, in a loop; of several alike each must have come out once.
        let is_one = candidates.len() == 1;
        if is_one || candidates.len() == lines.len() {
            for (index, line) in lines.into_iter().enumerate() {
                found[line] = candidates.get(if is_one { 0 } else { index }).copied();
            }
        }
    }
    found
}

fn is_same_path(template: &[Option<&str>], rendered: &[Option<&str>]) -> bool {
    template.len() == rendered.len()
        && template
            .iter()
            .zip(rendered)
            .all(|(template, rendered)| template.is_none() || template == rendered)
}
