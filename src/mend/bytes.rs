//! One step of a mend as edits of its file's text.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::layout::{self, is_blank_or_comment, line_break, line_end, odd_layout};
use super::locate::{Route, Step, doubled_key, follow, shared, shared_anchor};
use super::notation::{BlockNotation, quoted, scalar, single_quoted};
use super::{Edit, Refusal, flow};
use crate::policy::mend::{Addition, Operation};
use crate::source::decode::{
    Decoded, Document, Entry, FaultKind, Node, NodeId, NodeKind, Scalar, Style, is_json, resolve, to_json, write_json,
};
use crate::source::limits;

/// The edits of a step; none if all is as it should be already.
pub(super) fn edits(decoded: &Decoded, route: &Route, operation: &Operation) -> Result<Vec<Edit>, Refusal> {
    let text = decoded.file.text();
    let document = decoded.documents.get(route.document).ok_or_else(gone)?;
    let tree = document.tree.as_ref().ok_or_else(gone)?;
    match operation {
        Operation::SetText { text: due, judged, .. } => {
            let value = follow(tree, &route.steps).ok_or_else(gone)?;
            set_text(route, value, judged, due)
        }
        Operation::SetMode { mode, judged, .. } => {
            let value = follow(tree, &route.steps).ok_or_else(gone)?;
            set_mode(value, judged, *mode, is_json(text))
        }
        Operation::RenameKey { judged, name, .. } => {
            let (before, _) = route.split().ok_or_else(gone)?;
            let mapping = follow(tree, before).ok_or_else(gone)?;
            rename(text, mapping, judged, name)
        }
        Operation::Insert { way, addition, .. } => {
            let mapping = follow(tree, &route.steps).ok_or_else(gone)?;
            Insertion::of(decoded, document, mapping)?.edits(way, addition)
        }
    }
}

fn gone() -> Refusal {
    Refusal::new("another mend has changed the same place; run it once more")
}

fn set_text(route: &Route, value: Node<'_>, judged: &str, due: &str) -> Result<Vec<Edit>, Refusal> {
    if value.anchor_span().is_some() {
        return Err(shared_anchor());
    }
    if value.as_str() == Some(due) {
        return Ok(Vec::new());
    }
    let mut written = String::new();
    write_json(value, &mut written);
    if written != judged {
        return Err(gone());
    }
    let text = match value.style() {
        Style::SingleQuoted => single_quoted(due).unwrap_or_else(|| quoted(due)),
        Style::DoubleQuoted | Style::Flow => quoted(due),
        // What was a string without quotes stays one, if it can.
        Style::Plain if value.as_str().is_some() && scalar(due) == due => due.to_owned(),
        Style::Plain => like_siblings(route, value, due),
        Style::Literal | Style::Folded | Style::Block | Style::Alias | Style::Substituted => return Err(odd_layout()),
    };
    let is_scalar = !matches!(value.kind(), NodeKind::Mapping | NodeKind::Sequence | NodeKind::Null);
    if !is_scalar || value.source().contains('\n') {
        return Err(odd_layout());
    }
    let span = value.span();
    Ok(vec![Edit { span, text }])
}

/// JSON has no octal numbers.
fn set_mode(value: Node<'_>, judged: &str, mode: u32, is_json: bool) -> Result<Vec<Edit>, Refusal> {
    if value.anchor_span().is_some() {
        return Err(shared_anchor());
    }
    if value.as_i64() == Some(i64::from(mode)) {
        return Ok(Vec::new());
    }
    let mut written = String::new();
    write_json(value, &mut written);
    if written != judged || value.source().parse::<i64>().is_err() {
        return Err(gone());
    }
    let text = if is_json {
        mode.to_string()
    } else {
        format!("0{mode:o}")
    };
    let span = value.span();
    Ok(vec![Edit { span, text }])
}

/// A string that was written without quotes gets those of its siblings.
fn like_siblings(route: &Route, value: Node<'_>, due: &str) -> String {
    let siblings = || value.parent().into_iter().flat_map(|(mapping, _)| mapping.entries());
    let has = |style: Style| siblings().any(|entry| !entry.is_merged() && entry.value().style() == style);
    let is_single =
        matches!(route.steps.last(), Some(Step::Key(_))) && has(Style::SingleQuoted) && !has(Style::DoubleQuoted);
    let single = is_single.then(|| single_quoted(due)).flatten();
    single.unwrap_or_else(|| quoted(due))
}

fn rename(text: &str, mapping: Node<'_>, judged: &str, name: &str) -> Result<Vec<Edit>, Refusal> {
    let Some(entry) = mapping.entry(judged) else {
        return mapping.entry(name).map(|_| Vec::new()).ok_or_else(gone);
    };
    let written = text.get(entry.key_span().range()).unwrap_or("");
    if judged != name && mapping.entry(name).is_some() {
        return Err(Refusal::new(format!("there is a key `{name}` already")));
    }
    if entry.is_merged() || written.starts_with(['*', '&', '!']) || written.contains('\n') {
        return Err(odd_layout());
    }
    let text = match entry.key_style() {
        Style::SingleQuoted => single_quoted(name).unwrap_or_else(|| quoted(name)),
        Style::Plain if matches!(resolve(name), Scalar::Text(_)) => scalar(name),
        _ => quoted(name),
    };
    let span = entry.key_span();
    Ok(vec![Edit { span, text }])
}

/// Where something new goes.
struct Insertion<'d> {
    decoded: &'d Decoded,
    document: &'d Document,
    mapping: Node<'d>,
    shared: HashSet<NodeId>,
}

impl<'d> Insertion<'d> {
    fn of(decoded: &'d Decoded, document: &'d Document, mapping: Node<'d>) -> Result<Self, Refusal> {
        if mapping.kind() != NodeKind::Mapping || mapping.anchor_span().is_some() {
            return Err(odd_layout());
        }
        Ok(Self {
            decoded,
            document,
            mapping,
            shared: shared(mapping.tree()),
        })
    }

    fn text(&self) -> &'d str {
        self.decoded.file.text()
    }

    fn notation(&self) -> BlockNotation {
        layout::notation(self.text(), self.mapping.tree())
    }

    /// Goes down the way as far as it is there, and writes the rest.
    fn edits(&self, way: &[String], addition: &Addition) -> Result<Vec<Edit>, Refusal> {
        let mut node = self.mapping;
        let mut rest = way;
        while let Some((key, below)) = rest.split_first() {
            self.check_open(node)?;
            let Some(entry) = node.entry(key) else {
                return self.put_entry(node, key, &wrapped(below, addition));
            };
            let value = self.own_value(entry)?;
            if value.is_null() {
                return self.fill(node, entry, &wrapped(below, addition));
            }
            let due = match (below, addition) {
                ([], Addition::Item(_)) => NodeKind::Sequence,
                _ => NodeKind::Mapping,
            };
            if value.kind() != due {
                return Err(Refusal::new(format!(
                    "`{key}` is {} where {} is due",
                    value.kind().with_article(),
                    due.with_article()
                )));
            }
            node = value;
            rest = below;
        }
        self.check_open(node)?;
        match addition {
            Addition::Entry(key, value) => match node.entry(key) {
                Some(entry) => {
                    let known = self.own_value(entry)?;
                    if to_json(known, limits::RENDERED_DEPTH).as_ref() == Some(value) {
                        return Ok(Vec::new());
                    }
                    Err(Refusal::new(format!("there is a key `{key}` already")))
                }
                None => self.put_entry(node, key, value),
            },
            Addition::Item(value) => {
                let is_there = |item: Node<'_>| to_json(item, limits::RENDERED_DEPTH).as_ref() == Some(value);
                if node.items().any(is_there) {
                    return Ok(Vec::new());
                }
                self.put_item(node, value)
            }
        }
    }

    /// Whether something new in a collection changes this one place only.
    fn check_open(&self, node: Node<'_>) -> Result<(), Refusal> {
        if node.anchor_span().is_some() || self.shared.contains(&node.id()) {
            return Err(shared_anchor());
        }
        if node.entries().any(Entry::is_merged) {
            return Err(Refusal::new(
                "a `<<` fills the mapping, too, and may say what is missing",
            ));
        }
        let mut faults = self
            .decoded
            .faults
            .iter()
            .filter(|fault| fault.kind == FaultKind::DuplicateKey);
        let doubled = faults.find_map(|fault| node.entries().find(|entry| entry.key_span() == fault.span));
        doubled.map_or(Ok(()), |entry| Err(doubled_key(entry.key())))
    }

    fn own_value(&self, entry: Entry<'d>) -> Result<Node<'d>, Refusal> {
        let value = entry.value();
        if value.anchor_span().is_some() || self.shared.contains(&value.id()) {
            return Err(shared_anchor());
        }
        Ok(value)
    }

    fn put_entry(&self, mapping: Node<'_>, key: &str, value: &Value) -> Result<Vec<Edit>, Refusal> {
        if mapping.style() != Style::Block {
            return flow::put(self.text(), mapping, Some(key), value);
        }
        let indent = layout::column_of_mapping(self.text(), mapping)?;
        self.put_lines(end_of(mapping), &self.notation().entry(key, value, indent))
    }

    fn put_item(&self, list: Node<'_>, value: &Value) -> Result<Vec<Edit>, Refusal> {
        if list.style() != Style::Block {
            return flow::put(self.text(), list, None, value);
        }
        let indent = layout::column_of_list(self.text(), list)?;
        let is_flow = |item: &Node<'_>| item.style() == Style::Flow && item.kind() == NodeKind::Mapping;
        let lines = match list.items().next_back().filter(is_flow) {
            Some(like) => vec![format!(
                "{}- {}",
                " ".repeat(indent),
                flow::like(self.text(), like, value)
            )],
            None => self.notation().item(value, indent),
        };
        self.put_lines(end_of(list), &lines)
    }

    /// Gives a key that has no value one.
    fn fill(&self, mapping: Node<'_>, entry: Entry<'_>, value: &Value) -> Result<Vec<Edit>, Refusal> {
        let text = self.text();
        if mapping.style() != Style::Block {
            return flow::fill(text, mapping, entry, value);
        }
        let span = entry.value().span();
        let (key_end, start, end) = (entry.key_span().end as usize, span.start as usize, span.end as usize);
        let between = text.get(key_end..start.max(key_end)).unwrap_or("");
        // An anchor or a tag may stand there.
        if between.trim() != ":" {
            return Err(odd_layout());
        }
        let indent = layout::column_of_mapping(text, mapping)?;
        let notation = self.notation();
        let mut edits = Vec::new();
        if end > start {
            let colon = key_end + between.trim_end().len();
            edits.push(Edit::new(colon, end, ""));
        }
        let lines: Vec<String> = match value {
            Value::Array(items) => {
                let items = items.iter();
                items
                    .flat_map(|item| notation.item(item, indent + notation.dash))
                    .collect()
            }
            other => notation.mapping(other, indent + notation.step),
        };
        edits.extend(self.put_lines(end, &lines)?);
        Ok(edits)
    }

    /// Lines of their own behind the line in which something ends.
    fn put_lines(&self, end: usize, lines: &[String]) -> Result<Vec<Edit>, Refusal> {
        let text = self.text();
        let line_break = line_break(text);
        let block = lines.join(line_break);
        if end > 0 && text[..end].ends_with('\n') {
            return Ok(vec![Edit::new(end, end, format!("{block}{line_break}"))]);
        }
        let line = line_end(text, end);
        if line > self.document.span.end as usize && line < text.len() || !is_blank_or_comment(&text[end..line]) {
            return Err(odd_layout());
        }
        // The last line of the file keeps its end, or its lack of one.
        Ok(vec![Edit::new(line, line, format!("{line_break}{block}"))])
    }
}

/// Where the text of a block collection ends: blank lines behind a block scalar are not counted unless it keeps them.
fn end_of(collection: Node<'_>) -> usize {
    let span = collection.span();
    let end = span.end as usize;
    let mut last = collection;
    loop {
        let below = match last.kind() {
            _ if last.anchor_span().is_some() => None,
            NodeKind::Mapping => last.entries().map(Entry::value).max_by_key(|value| value.span().end),
            NodeKind::Sequence => last.items().next_back(),
            _ => None,
        };
        match below {
            Some(node) => last = node,
            None => break,
        }
    }
    let header = last.source().lines().next().unwrap_or("");
    let header = header.split('#').next().unwrap_or("");
    if !matches!(last.style(), Style::Literal | Style::Folded) || last.anchor_span().is_some() || header.contains('+') {
        return end;
    }
    span.start as usize + collection.source().trim_end().len()
}

/// What stands below the keys of a way, with the addition at its end.
fn wrapped(way: &[String], addition: &Addition) -> Value {
    let innermost = match addition {
        Addition::Entry(key, value) => Value::Object(Map::from_iter([(key.clone(), value.clone())])),
        Addition::Item(value) => Value::Array(vec![value.clone()]),
    };
    way.iter().rev().fold(innermost, |value, key| {
        Value::Object(Map::from_iter([(key.clone(), value)]))
    })
}
