//! Decoded documents to values, by kustomize's own reading of YAML.
//!
//! It differs from kubectl's: kustomize reads with go-yaml v3, for which `yes`, `on` and `y` are strings, keys must be strings,
//! and no key may stand twice (`sigs.k8s.io/yaml` v1.4.0 `goyaml.v3`). A document of which it is not sure that both read it alike
//! is not understood, rather than read wrong.

use super::problem::Problem;
use super::resource::Resource;
use super::value::{Data, Field, FileId, Origin, Step, Value};
use crate::source::decode::{Decoded, Fault, FaultKind, Node, NodeKind, Style};
use crate::source::limits;
use crate::source::text::Span;

/// Where the text of a decoded document stands: in a file of its own, or in a string of another file.
#[derive(Clone, Copy)]
pub(super) struct Placing<'p> {
    /// The file that the places are in.
    pub(super) file: FileId,
    /// What puts the values where they are.
    pub(super) step: Step,
    /// From spans of the decoded text to spans of the file; `None` when they are the same.
    pub(super) map: Option<&'p dyn Fn(Span) -> Span>,
}

impl Placing<'_> {
    pub(super) fn origin(&self, span: Span, style: Style) -> Origin {
        let span = self.map.map_or(span, |map| map(span));
        Origin::new(self.file, span, style, self.step)
    }

    pub(super) fn of(&self, node: Node<'_>) -> Origin {
        self.origin(node.span(), node.style())
    }
}

/// The mappings of a file, one a document; empty documents are passed over.
pub(super) fn documents(decoded: &Decoded, placing: Placing<'_>) -> Result<Vec<Value>, Problem> {
    if let Some(fault) = decoded.faults.iter().find(|fault| is_in_doubt(fault)) {
        let origin = placing.origin(fault.span, Style::Plain);
        return Err(match fault.kind {
            // It is found at the end, if the key is still there: a patch may have merged or deleted it (kyaml v0.18.1 `yaml/walk/map.go`).
            FaultKind::DuplicateKey => Problem::not_understood_at(
                &origin,
                format!(
                    "kustomize refuses this, unless a patch takes it away: {}",
                    fault.message
                ),
            ),
            // A name is a text for kustomize, whatever number it may be.
            FaultKind::InvalidNumber | FaultKind::InvalidTag => {
                Problem::not_understood_at(&origin, format!("kustomize may read this otherwise: {}", fault.message))
            }
            // A patch that no object is there for is hardly read.
            FaultKind::InvalidKey if placing.step == Step::Patch => {
                Problem::not_understood_at(&origin, format!("kustomize may read this patch: {}", fault.message))
            }
            // In front of all others kustomize lets go-yaml read on behind it (kyaml v0.18.1 `kio/byteio_reader.go` `splitDocuments`).
            FaultKind::Separator if is_at_an_end(fault.span, decoded.file.text()) => {
                Problem::not_understood_at(&origin, "a document that begins in the line of its separator")
            }
            FaultKind::InvalidUtf8 => {
                Problem::refused_at(&origin, format!("kustomize refuses the file: {}", fault.message))
            }
            _ if fault.kind.is_refusal() => {
                Problem::refused_at(&origin, format!("this file cannot be read: {}", fault.message))
            }
            _ => Problem::not_understood_at(&origin, format!("kustomize may read this otherwise: {}", fault.message)),
        });
    }
    if let Some((at, mark)) = decoded
        .file
        .text()
        .char_indices()
        .find(|(_, character)| *character == '\u{feff}')
    {
        let origin = placing.origin(Span::new(at, at + mark.len_utf8()), Style::Plain);
        return Err(Problem::not_understood_at(&origin, "a byte order mark within a file"));
    }
    let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
    trees.map(|tree| value(tree.root(), placing)).collect()
}

/// Whether nothing stands before the root of a document that may be one of its own. Of files that are not manifests kustomize reads the
/// first document alone, also an empty one (`sigs.k8s.io/yaml` v1.4.0 `YAMLToJSON`).
pub(super) fn is_first_document(root: Node<'_>) -> bool {
    let before = root.file().text().get(..root.span().range().start).unwrap_or_default();
    // In its own line may stand what belongs to it, like an anchor.
    let (lines, own) = before.rsplit_once('\n').unwrap_or(("", before));
    let own = own.starts_with("---").then_some("---");
    let lines = lines.lines().map(str::trim);
    let mut marked = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .chain(own);
    let is_separator = |line: &str| {
        let rest = line.strip_prefix("---").map(str::trim_start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
    };
    marked.next().is_none_or(is_separator) && marked.next().is_none()
}

/// Whether no line stands before a span, or none behind it.
fn is_at_an_end(span: Span, text: &str) -> bool {
    let range = span.range();
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.start..).unwrap_or_default();
    !before.contains('\n') || !after.contains('\n')
}

pub(super) fn is_in_doubt(fault: &Fault) -> bool {
    match fault.kind {
        // kustomize asks for less than kubectl does of metadata.
        FaultKind::InvalidMetadata | FaultKind::NotAnObject => false,
        FaultKind::DuplicateKey
        | FaultKind::InvalidUtf8
        | FaultKind::MergeOverridesKey
        | FaultKind::IgnoredText
        | FaultKind::HiddenLineBreak => true,
        kind => kind.is_refusal(),
    }
}

/// The objects of a file of resources, lists taken apart as kustomize takes them apart
/// (kustomize api v0.18.0 `resource/factory.go` `RNodesFromBytes`; kyaml v0.18.1 `kio/byteio_reader.go`).
pub(super) fn resources(decoded: &Decoded, placing: Placing<'_>) -> Result<Vec<Resource>, Problem> {
    let mut found = Vec::new();
    // A separator in the last line, without a line feed behind it, separates nothing (`splitDocuments`).
    let mut separators = decoded.file.text().match_indices("\n---");
    let is_alone = !separators.any(|(at, found)| decoded.file.text()[at + found.len()..].contains('\n'));
    for document in documents(decoded, placing)? {
        take_apart(document, Part::Document { is_alone }, &mut found)?;
    }
    Ok(found)
}

/// What is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A document, perhaps the only one of its file.
    Document { is_alone: bool },
    /// An item of a list. kustomize writes it as JSON and reads it again, unless it is one of a `List` alone in its file.
    Item { is_rewritten: bool },
}

fn take_apart(document: Value, part: Part, found: &mut Vec<Resource>) -> Result<(), Problem> {
    let is_empty = match &document.data {
        Data::Null => true,
        Data::Map(fields) => fields.is_empty(),
        Data::List(items) => items.is_empty(),
        _ => false,
    };
    if is_empty {
        return Ok(());
    }
    if !matches!(document.data, Data::Map(_)) {
        return Err(Problem::refused_at(&document.origin, "a Kubernetes object is due here"));
    }
    let resource = Resource::new(document);
    resource.check_identity()?;
    let document = resource.value;
    let kind = document.str_at(&["kind"]).unwrap_or("");
    if kind.is_empty() {
        return Err(Problem::refused_at(
            &document.origin,
            "kustomize refuses an object without a `kind`",
        ));
    }
    if kind.ends_with("List") && document.get("items").is_some() {
        let Part::Document { is_alone } = part else {
            return Err(Problem::not_understood_at(&document.origin, "a list within a list"));
        };
        let is_rewritten = !(is_alone && matches!(kind, "List" | "ResourceList"));
        let mut document = document;
        let Some(items) = document.remove("items") else {
            return Ok(());
        };
        match items.data {
            Data::List(items) => {
                for item in items {
                    take_apart(item, Part::Item { is_rewritten }, found)?;
                }
            }
            Data::Null => {}
            _ => {
                return Err(Problem::not_understood_at(
                    &items.origin,
                    "the `items` of a list that are no list",
                ));
            }
        }
        return Ok(());
    }
    if !kind.ends_with("List") && document.str_at(&["metadata", "name"]).unwrap_or("").is_empty() {
        return Err(Problem::refused_at(
            &document.origin,
            format!("kustomize refuses a {kind} without a `metadata.name`"),
        ));
    }
    let mut resource = Resource::new(document);
    if part == (Part::Item { is_rewritten: true }) {
        resource.rewrite();
    }
    found.push(resource);
    Ok(())
}

/// A node as a value.
pub(super) fn value(node: Node<'_>, placing: Placing<'_>) -> Result<Value, Problem> {
    convert(node, placing, Reading::Kustomize, 0, &mut 0)
}

/// A node as a value, by kubectl's reading of YAML, which kustomize has for JSON patches (`sigs.k8s.io/yaml` v1.4.0 `YAMLToJSON`).
pub(super) fn json_value(node: Node<'_>, placing: Placing<'_>) -> Result<Value, Problem> {
    convert(node, placing, Reading::Kubernetes, 0, &mut 0)
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Kustomize,
    Kubernetes,
}

fn convert(
    node: Node<'_>,
    placing: Placing<'_>,
    reading: Reading,
    depth: usize,
    count: &mut usize,
) -> Result<Value, Problem> {
    let origin = placing.of(node);
    if depth > limits::RENDERED_DEPTH {
        let limit = limits::RENDERED_DEPTH;
        return Err(Problem::too_large(format!("this is nested deeper than {limit} levels")).or_at(&origin));
    }
    *count += 1;
    if *count > limits::RENDERED_NODES {
        let limit = limits::RENDERED_NODES;
        return Err(Problem::too_large(format!("one object has more than {limit} values")).or_at(&origin));
    }
    let data = match node.kind() {
        NodeKind::Mapping => {
            let mut fields = Vec::with_capacity(node.entries().len());
            for entry in node.entries() {
                let key_origin = placing.origin(entry.key_span(), entry.key_style());
                let is_text = entry.key_is_text() || reading == Reading::Kubernetes;
                if is_plain(entry.key_style()) && looks_like_date(entry.key()) && reading == Reading::Kustomize {
                    return Err(Problem::not_understood_at(
                        &key_origin,
                        "kustomize makes a point in time of a date without quotes",
                    ));
                }
                // It is found at the end, where it is still there, and not at the top, which is read into a mapping of strings.
                if !is_text && !is_word(entry.key_file().slice(entry.key_span())) {
                    return Err(Problem::not_understood_at(
                        &key_origin,
                        format!(
                            "kustomize refuses the key `{}`, which is no string, unless a patch takes it away; write it in quotes",
                            entry.key()
                        ),
                    ));
                }
                if reading == Reading::Kustomize && matches!(entry.key(), "" | "<<") {
                    return Err(Problem::not_understood_at(
                        &key_origin,
                        format!(
                            "the key `{}`, which means more than itself at some steps of kustomize",
                            entry.key()
                        ),
                    ));
                }
                let key = if is_text {
                    entry.key()
                } else {
                    entry.key_file().slice(entry.key_span())
                };
                let value = entry.value();
                let is_left_out = value.is_null() && value.source().is_empty();
                if is_left_out && node.style() == Style::Flow && reading == Reading::Kustomize {
                    return Err(Problem::not_understood_at(
                        &key_origin,
                        format!(
                            "kustomize makes an empty string of what is left out behind `{key}:` in braces; write `\"\"` or `null`"
                        ),
                    ));
                }
                fields.push(Field {
                    key: key.into(),
                    key_origin,
                    value: convert(value, placing, reading, depth + 1, count)?,
                });
            }
            Data::Map(fields)
        }
        NodeKind::Sequence => Data::List(
            node.items()
                .map(|item| convert(item, placing, reading, depth + 1, count))
                .collect::<Result<_, _>>()?,
        ),
        _ if reading == Reading::Kubernetes => json_scalar(node),
        _ => scalar(node, &origin)?,
    };
    Ok(Value { data, origin })
}

fn is_plain(style: Style) -> bool {
    style == Style::Plain
}

/// What kubectl takes for a boolean, and go-yaml v3 for a string, unless it is read into a boolean.
fn is_word(source: &str) -> bool {
    !matches!(source, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        && source.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !source.is_empty()
        && !matches!(source, "null" | "Null" | "NULL")
}

fn scalar(node: Node<'_>, origin: &Origin) -> Result<Data, Problem> {
    let text = |text: &str| Data::Text(text.into());
    let is_plain = node.style() == Style::Plain && node.anchor_span().is_none();
    Ok(match node.kind() {
        NodeKind::Null | NodeKind::Mapping | NodeKind::Sequence => Data::Null,
        NodeKind::Boolean => match node.as_bool() {
            Some(_) if node.style() == Style::Plain && node.anchor_span().is_some() => {
                return Err(Problem::not_understood_at(origin, "a boolean behind an alias"));
            }
            Some(_) if is_plain && is_word(node.source()) => text(node.source()),
            value => Data::Bool(value.unwrap_or_default()),
        },
        NodeKind::Integer => Data::Int(node.as_i64().unwrap_or_default()),
        NodeKind::Float => Data::Float(node.as_f64().unwrap_or_default()),
        NodeKind::Text => {
            let written = text_of(node);
            if is_plain && looks_like_date(written) {
                return Err(Problem::not_understood_at(
                    origin,
                    "kustomize makes a point in time of a date without quotes",
                ));
            }
            text(written)
        }
    })
}

fn json_scalar(node: Node<'_>) -> Data {
    match node.kind() {
        NodeKind::Null | NodeKind::Mapping | NodeKind::Sequence => Data::Null,
        NodeKind::Boolean => Data::Bool(node.as_bool().unwrap_or_default()),
        NodeKind::Integer => Data::Int(node.as_i64().unwrap_or_default()),
        NodeKind::Float => Data::Float(node.as_f64().unwrap_or_default()),
        NodeKind::Text => Data::Text(text_of(node).into()),
    }
}

/// The string of a node. At the end of a text without a last line feed a block scalar has none either: kubectl adds it, and so does the
/// decoder, but kustomize does not.
pub(super) fn text_of(node: Node<'_>) -> &str {
    let text = node.as_str().unwrap_or_default();
    let file = node.file().text();
    let is_last = matches!(node.style(), Style::Literal | Style::Folded) && node.span().end as usize >= file.len();
    match text.strip_suffix('\n') {
        Some(shorter) if is_last && !file.ends_with(char::is_whitespace) => shorter,
        _ => text,
    }
}

/// Whether go-yaml v3 may take a plain scalar for a timestamp: four digits and a hyphen.
fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 7 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[5].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode;
    use crate::source::kustomize::problem::BuildVerdict::{NotUnderstood, Refused};
    use crate::source::kustomize::sources::Sources;
    use std::sync::Arc;

    fn verdict(text: &str) -> Option<crate::source::kustomize::problem::BuildVerdict> {
        let decoded = Arc::new(decode("objects.yaml", text.as_bytes().to_vec()));
        let file = Sources::default().add_documents(Arc::clone(&decoded));
        let placing = Placing {
            file,
            step: Step::Resource,
            map: None,
        };
        resources(&decoded, placing).err().map(|problem| problem.verdict)
    }

    #[test]
    fn what_only_some_steps_of_kustomize_take_is_not_understood() {
        for (text, expected) in [
            ("kind: A\nmetadata: {name: a, labels: {}, annotations: null}\n", None),
            ("kind: A\nmetadata: {name: 0x1F}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: .nan}\n", Some(NotUnderstood)),
            ("kind: true\nmetadata: {name: a}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a, namespace: []}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a, labels: [{}]}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a, annotations: a}\n", Some(NotUnderstood)),
            ("kind: AList\nmetadata: a\n", Some(NotUnderstood)),
            ("kind: AList\nitems: a\n", Some(NotUnderstood)),
            ("kind: AList\nitems: null\n", None),
            ("apiVersion: /v1\nkind: A\nmetadata: {name: a}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a}\n1: a\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a}\ny: {on: a}\n", None),
            ("kind: A\nmetadata: {name: a}\ndata: {1: a}\n", Some(NotUnderstood)),
            (
                "kind: A\nmetadata: {name: a}\ndata: {2001-01-01: a}\n",
                Some(NotUnderstood),
            ),
            (
                "kind: A\nmetadata: {name: a}\nspec: {a: 1, a: 1}\n",
                Some(NotUnderstood),
            ),
            ("--- {kind: A, metadata: {name: a}}\n", Some(NotUnderstood)),
            ("\u{feff}kind: A\nmetadata: {name: a}\n", None),
            ("\u{feff}\u{feff}kind: A\nmetadata: {name: a}\n", Some(NotUnderstood)),
            ("apiVersion: null\nkind: A\nmetadata: {name: a}\n", Some(NotUnderstood)),
            ("kind: A\nmetadata: {name: a}\ndata: {'<<': a}\n", Some(NotUnderstood)),
            ("metadata: {name: a}\n", Some(Refused)),
            ("kind: A\n", Some(Refused)),
        ] {
            assert_eq!(verdict(text), expected, "{text:?}");
        }
    }
}
