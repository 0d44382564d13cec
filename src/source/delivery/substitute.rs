//! The variables of a delivery in an object, at the bytes where they are written.
//!
//! Flux substitutes in the text that kustomize writes, and reads it again (`fluxcd/pkg kustomize/kustomize_varsub.go`,
//! `SubstituteVariables`). So quotes do not last: kustomize writes `"${N}"` without them, and with `N=3` a number comes out.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::envsubst::{self, Expanded, Refusal};
use super::variables::Variables;
use crate::source::decode::tree::{EntryData, NodeData, Run, Style, TextRef, Tree, Value};
use crate::source::decode::{self, Node, NodeId, NodeKind};
use crate::source::limits;
use crate::source::text::Span;

/// What substitution makes of an object.
#[derive(Debug)]
pub enum Substitution {
    /// There is nothing to substitute in it.
    Nothing,
    /// The object, in a tree of its own; nodes keep their numbers and their places.
    Done(Box<Tree>),
    /// It would become longer than [`limits::SUBSTITUTED_BYTES`], and stays as it is.
    TooLong,
}

/// The label or annotation by which an object is left alone.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Substitutes in the object at `root`.
#[must_use]
pub fn substitute(root: Node<'_>, variables: &Variables) -> Substitution {
    if variables.are_none() || is_left_alone(root) {
        return Substitution::Nothing;
    }
    let (texts, keys) = find(root);
    if texts.is_empty() && keys.is_empty() {
        return Substitution::Nothing;
    }
    let mut edit = Edit {
        tree: root.tree().copy(),
        variables,
        left: limits::SUBSTITUTED_BYTES,
        is_changed: false,
    };
    for id in texts {
        if edit.text(id) == Err(Refusal::TooLong) {
            return Substitution::TooLong;
        }
    }
    for at in keys {
        if edit.key(at) == Err(Refusal::TooLong) {
            return Substitution::TooLong;
        }
    }
    if edit.is_changed {
        Substitution::Done(Box::new(edit.tree))
    } else {
        Substitution::Nothing
    }
}

/// Whether Flux substitutes nothing in an object, since it says so itself.
#[must_use]
pub fn is_left_alone(root: Node<'_>) -> bool {
    ["labels", "annotations"]
        .iter()
        .any(|field| root.str_at(&["metadata", field, SWITCH]) == Some("disabled"))
}

/// The strings with a `$` below `root`, and the entries whose keys have one.
fn find(root: Node<'_>) -> (Vec<NodeId>, Vec<usize>) {
    let mut texts = Vec::new();
    let mut keys = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if !seen.insert(node.target_id()) {
            continue;
        }
        match node.kind() {
            NodeKind::Text if node.as_str().is_some_and(|text| text.contains('$')) => texts.push(node.target_id()),
            NodeKind::Sequence => pending.extend(node.items()),
            NodeKind::Mapping => {
                for entry in node.entries() {
                    if entry.key().contains('$') {
                        keys.push(entry.index());
                    }
                    pending.push(entry.value());
                }
            }
            _ => {}
        }
    }
    (texts, keys)
}

/// A tree that is changed in place.
struct Edit<'v> {
    tree: Tree,
    variables: &'v Variables,
    /// Bytes that may still come in.
    left: usize,
    is_changed: bool,
}

impl Edit<'_> {
    fn expand(&mut self, text: &str) -> Result<Option<Expanded>, Refusal> {
        match envsubst::expand(text, self.variables, self.left) {
            Ok(expanded) => {
                self.left = self.left.saturating_sub(expanded.text.len());
                Ok((expanded.text != text).then_some(expanded))
            }
            // Flux fails here. What it would have been is not known.
            Err(Refusal::BadExpression) => Ok(None),
            Err(Refusal::TooLong) => Err(Refusal::TooLong),
        }
    }

    fn text(&mut self, id: NodeId) -> Result<(), Refusal> {
        let text = self.tree.node(id).as_str().unwrap_or("").to_owned();
        let Some(expanded) = self.expand(&text)? else {
            return Ok(());
        };
        self.is_changed = true;
        // What is still to be filled in may become anything, and so stays a string with a placeholder.
        if !expanded.is_partial && is_written_plain(&text) {
            let read = decode::decode_str("", format!("value: {}\n", expanded.text));
            let document = read.documents.first().and_then(|document| document.tree.as_ref());
            if let Some(tree) = document.filter(|_| !read.is_refused() && read.documents.len() == 1)
                && let Some(entry) = tree.root().entry("value").filter(|_| tree.root().entries().len() == 1)
            {
                self.graft(id, tree, entry.value().target_id());
                return Ok(());
            }
        }
        let value = Value::Text(self.own(&expanded.text));
        self.set(id, value);
        Ok(())
    }

    fn key(&mut self, at: usize) -> Result<(), Refusal> {
        let Some(entry) = self.tree.entries.get(at).copied() else {
            return Ok(());
        };
        let text = self.tree.text(entry.key).to_owned();
        if let Some(expanded) = self.expand(&text)? {
            self.is_changed = true;
            let key = self.own(&expanded.text);
            if let Some(entry) = self.tree.entries.get_mut(at) {
                entry.key = key;
            }
        }
        Ok(())
    }

    fn set(&mut self, id: NodeId, value: Value) {
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            node.value = value;
            node.style = Style::Substituted;
        }
    }

    fn own(&mut self, text: &str) -> TextRef {
        let start = self.tree.owned.len();
        self.tree.owned.push_str(text);
        TextRef::Owned(Span::new(start, self.tree.owned.len()))
    }

    /// Puts a node of another tree in place of a string. All that comes with it stands where the string is written.
    fn graft(&mut self, id: NodeId, other: &Tree, other_id: NodeId) {
        let span = self.tree.node(id).span();
        let place = self.tree.places.as_ref().map(|places| {
            let file = places.of_nodes.get(id.0 as usize).copied();
            file.unwrap_or_default()
        });
        let shift = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (nodes, items, entries) = (
            shift(self.tree.nodes.len()),
            shift(self.tree.items.len()),
            shift(self.tree.entries.len()),
        );
        let moved = |id: NodeId| NodeId(id.0 + nodes);
        let run = |run: Run, by: u32| Run {
            start: run.start + by,
            len: run.len,
        };
        for node in &other.nodes {
            let value = match node.value {
                Value::Text(text) => Value::Text(self.own(other.text(text))),
                Value::Sequence(items_run) => Value::Sequence(run(items_run, items)),
                Value::Mapping(entries_run) => Value::Mapping(run(entries_run, entries)),
                Value::Alias(target) => Value::Alias(moved(target)),
                value @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_)) => value,
            };
            self.tree.nodes.push(NodeData {
                value,
                span,
                style: Style::Substituted,
            });
        }
        self.tree.items.extend(other.items.iter().map(|&item| moved(item)));
        for entry in &other.entries {
            let key = self.own(other.text(entry.key));
            self.tree.entries.push(EntryData {
                key,
                key_span: span,
                value: moved(entry.value),
                ..*entry
            });
        }
        if let (Some(places), Some(place)) = (&mut self.tree.places, place) {
            places.of_nodes.resize(self.tree.nodes.len(), place);
            places.of_keys.resize(self.tree.entries.len(), place);
        }
        if let Some(value) = self.tree.nodes.get(moved(other_id).0 as usize).map(|node| node.value) {
            self.set(id, value);
        }
    }
}

impl Tree {
    /// The same document again, to be changed.
    fn copy(&self) -> Self {
        Self {
            file: Arc::clone(&self.file),
            places: self.places.clone(),
            nodes: self.nodes.clone(),
            items: self.items.clone(),
            entries: self.entries.clone(),
            owned: self.owned.clone(),
            root: self.root,
            parents: OnceLock::new(),
        }
    }
}

/// Whether kustomize writes a string with a `$` in it without quotes, and on one line (`sigs.k8s.io/yaml goyaml.v2/emitterc.go`,
/// `yaml_emitter_analyze_scalar`).
fn is_written_plain(text: &str) -> bool {
    const INDICATORS: &str = "#,[]{}&*!|>'\"%@`";
    let is_first_fit = text.chars().next().is_some_and(|first| !INDICATORS.contains(first));
    let begins_like_collection = ["- ", "? ", ": ", "---", "..."]
        .iter()
        .any(|start| text.starts_with(start));
    let has_mark = text.contains(": ") || text.ends_with(':') || text.contains(" #") || text.contains("\t#");
    let is_padded = text.starts_with(' ') || text.ends_with(' ');
    is_first_fit && !begins_like_collection && !has_mark && !is_padded && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::{decode_str, write_json};

    fn substituted(text: &str, variables: &Variables) -> String {
        let decoded = decode_str("a.yaml", text);
        let root = decoded.documents[0].tree.as_ref().unwrap().root();
        let mut out = String::new();
        match substitute(root, variables) {
            Substitution::Nothing => write_json(root, &mut out),
            Substitution::Done(tree) => write_json(tree.root(), &mut out),
            Substitution::TooLong => out.push_str("too long"),
        }
        out
    }

    fn variables() -> Variables {
        Variables::from_iter([
            ("N", "3"),
            ("ON", "yes"),
            ("NAME", "web"),
            ("EMPTY", ""),
            ("QUOTE", "\""),
            ("BLOCK", "{cpu: 1, memory: [a, \"2\"]}"),
            ("COLON", "a: b"),
        ])
    }

    #[test]
    fn values_get_the_type_that_flux_gives_them() {
        for (text, expected) in [
            ("a: ${N}", r#"{"a":3}"#),
            ("a: \"${N}\"", r#"{"a":3}"#),
            ("a: ${QUOTE}${N}${QUOTE}", r#"{"a":"3"}"#),
            ("a: ${ON}", r#"{"a":true}"#),
            ("a: ${NAME}-${N}", r#"{"a":"web-3"}"#),
            ("a: ${EMPTY}", r#"{"a":null}"#),
            ("a: ${BLOCK}", r#"{"a":{"cpu":1,"memory":["a","2"]}}"#),
            ("a: ${NONE:=5}m", r#"{"a":"5m"}"#),
            ("a: |\n  n=${N}\n  b=$${N}\n", r#"{"a":"n=3\nb=${N}\n"}"#),
            // Kustomize has to quote this one.
            ("a: 'n: ${N}'", r#"{"a":"n: 3"}"#),
            ("${NAME}: {b: [1, '${N}']}", r#"{"web":{"b":[1,3]}}"#),
            // A mapping within a line is no YAML, and Flux fails.
            ("a: ${COLON}", r#"{"a":"a: b"}"#),
            ("a: ${NONE}", r#"{"a":"${NONE}"}"#),
            ("a: ${NAME}-${NONE}", r#"{"a":"web-${NONE}"}"#),
        ] {
            assert_eq!(substituted(text, &variables()), expected, "{text}");
        }
    }

    #[test]
    fn an_object_can_be_left_alone() {
        let text = "metadata: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\na: ${N}\n";
        assert!(substituted(text, &variables()).ends_with(r#""a":"${N}"}"#));
        assert_eq!(substituted("a: ${N:=1}", &Variables::default()), r#"{"a":"${N:=1}"}"#);
    }

    #[test]
    fn a_value_stays_where_it_is_written() {
        let decoded = decode_str("a.yaml", "a: 1\nb:\n  c: ${BLOCK}\n");
        let root = decoded.documents[0].tree.as_ref().unwrap().root();
        let Substitution::Done(tree) = substitute(root, &variables()) else {
            panic!("nothing was substituted");
        };
        let cpu = tree.root().at(&["b", "c", "cpu"]).unwrap();
        assert_eq!((cpu.as_i64(), cpu.source()), (Some(1), "${BLOCK}"));
        assert_eq!(cpu.style(), Style::Substituted);
        assert!(cpu.parent().is_some());
    }

    #[test]
    fn a_text_that_grows_without_bound_is_left_as_it_is() {
        let long: &'static str = Box::leak("x".repeat(limits::SUBSTITUTED_BYTES / 2).into_boxed_str());
        let variables = Variables::from_iter([("LONG", long)]);
        assert_eq!(substituted("a: ${LONG}${LONG}${LONG}", &variables), "too long");
        assert_eq!(
            substituted("[\"${LONG}\", \"${LONG}\", \"${LONG}\"]", &variables),
            "too long"
        );
    }
}
