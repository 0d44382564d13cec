//! The text of a patch: kustomize reads it both ways, and takes it for a strategic merge patch or a JSON patch by what succeeds
//! (kustomize api v0.18.0 `internal/builtins/PatchTransformer.go`).

use super::through_json;
use crate::source::decode::{Decoded, FaultKind, Node, NodeKind, Style};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::read::{self, Placing};
use crate::source::kustomize::value::{Data, Step, Value};
use crate::source::text::Span;

/// A patch that is read.
#[derive(Debug)]
pub(super) enum PatchText {
    /// Strategic merge patches, one for each object; at least one.
    Strategic(Vec<Value>),
    /// The operations of a JSON patch.
    Json(Operations),
}

/// The operations of a JSON patch.
#[derive(Debug)]
pub(super) struct Operations {
    /// The operations, each a mapping or null.
    pub(super) list: Vec<Value>,
    /// Whether they are JSON, which kustomize takes as it is; YAML it writes anew as JSON.
    pub(super) is_json: bool,
}

/// Where the text of a patch is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'t> {
    /// In a file of this name.
    File(Node<'t>),
    /// In the kustomization: the node and the part of its text that counts.
    Inline(Node<'t>, &'t str),
}

impl<'t> Place<'t> {
    /// The node that names the file or holds the text.
    pub(super) fn node(self) -> Node<'t> {
        match self {
            Self::File(node) | Self::Inline(node, _) => node,
        }
    }

    /// What reading it takes, in steps: one for each byte.
    pub(super) fn steps(self, layer: &Layer<'_>) -> usize {
        match self {
            Self::Inline(_, text) => text.len(),
            Self::File(path) => {
                let file = layer.file_at(path).ok().and_then(|file| layer.sources.file(file));
                file.map_or(0, |file| file.text().len())
            }
        }
    }

    fn read<R>(
        self,
        layer: &Layer<'_>,
        read: impl FnOnce(&Decoded, Placing<'_>) -> Result<R, Problem>,
    ) -> Result<R, Problem> {
        match self {
            Self::File(path) => {
                let written = path.as_str().unwrap_or_default();
                if written.contains("://") {
                    return Err(Problem::undecided_at(
                        &layer.origin(path, Step::Patch),
                        format!("`{written}` is fetched over the network"),
                    ));
                }
                layer.read_file(path, Step::Patch, read)
            }
            Self::Inline(node, part) => layer.read_text(node, part, Step::Patch, read),
        }
    }
}

/// Reads a patch of either sort.
pub(super) fn read(place: Place<'_>, layer: &Layer<'_>) -> Result<PatchText, Problem> {
    let origin = layer.origin(place.node(), Step::Patch);
    let text = place.read(layer, |decoded, placing| {
        if is_json_patch(decoded) {
            return operations(decoded, placing).map(PatchText::Json);
        }
        strategic(decoded, placing).map(PatchText::Strategic)
    })?;
    match &text {
        PatchText::Strategic(patches) if patches.is_empty() => Err(Problem::refused_at(
            &origin,
            "kustomize refuses a patch without content",
        )),
        PatchText::Json(operations) if operations.list.is_empty() => Err(Problem::refused_at(
            &origin,
            "kustomize refuses a patch without operations",
        )),
        _ => Ok(text),
    }
}

/// Reads strategic merge patches.
pub(super) fn read_strategic(place: Place<'_>, layer: &Layer<'_>) -> Result<Vec<Value>, Problem> {
    place.read(layer, strategic)
}

/// Reads a JSON patch.
pub(super) fn read_operations(place: Place<'_>, layer: &Layer<'_>) -> Result<Operations, Problem> {
    place.read(layer, operations)
}

fn is_json_patch(decoded: &Decoded) -> bool {
    let first = decoded.documents.first().and_then(|document| document.tree.as_ref());
    first.is_some_and(|tree| tree.root().kind() == NodeKind::Sequence)
}

fn strategic(decoded: &Decoded, placing: Placing<'_>) -> Result<Vec<Value>, Problem> {
    if has_empty_start(decoded) {
        return Err(Problem::not_understood_at(
            &placing.origin(Span::default(), Style::Plain),
            "a patch that begins with an empty document",
        ));
    }
    let found = read::resources(decoded, placing)?;
    let patches: Vec<Value> = found.into_iter().map(|resource| resource.value).collect();
    for patch in &patches {
        super::notes::refuse_own(patch)?;
    }
    Ok(patches)
}

/// Whether an empty document stands before the first one: kustomize takes it for an empty JSON patch.
fn has_empty_start(decoded: &Decoded) -> bool {
    let lines = decoded.file.text().lines();
    let before = lines.take_while(|line| line.is_empty() || line.starts_with('#') || line.starts_with("---"));
    before.filter(|line| line.starts_with("---")).count() > 1
}

fn operations(decoded: &Decoded, placing: Placing<'_>) -> Result<Operations, Problem> {
    if let Some(fault) = decoded.faults.iter().find(|fault| read::is_in_doubt(fault)) {
        let origin = placing.origin(fault.span, Style::Plain);
        return Err(if fault.kind.is_refusal() && fault.kind != FaultKind::DuplicateKey {
            Problem::refused_at(&origin, format!("this patch cannot be read: {}", fault.message))
        } else {
            Problem::not_understood_at(&origin, format!("kustomize may read this otherwise: {}", fault.message))
        });
    }
    let text = decoded.file.text();
    let whole = placing.origin(Span::new(0, text.len()), Style::Plain);
    let is_json = text.starts_with('[');
    if is_json {
        check_json(text).map_err(|problem| problem.or_at(&whole))?;
    }
    let root = match decoded.documents.as_slice() {
        [only] => only.tree.as_ref().map(|tree| tree.root()),
        [] => None,
        _ => {
            return Err(Problem::not_understood_at(
                &whole,
                "a JSON patch with other documents behind it",
            ));
        }
    };
    let Some(root) = root else {
        return Ok(Operations {
            list: Vec::new(),
            is_json,
        });
    };
    let mut patch = read::json_value(root, placing)?;
    through_json::write_nulls(&mut patch);
    let Data::List(list) = patch.data else {
        return Err(Problem::refused_at(
            &patch.origin,
            "a JSON patch is a list of operations, each with `op` and `path`",
        ));
    };
    if let Some(wrong) = list.iter().find(|item| !matches!(item.data, Data::Map(_) | Data::Null)) {
        return Err(Problem::refused_at(
            &wrong.origin,
            "an operation of a JSON patch is a mapping with `op` and `path`",
        ));
    }
    Ok(Operations { list, is_json })
}

/// What begins with `[` is read as JSON, and as nothing else.
fn check_json(text: &str) -> Result<(), Problem> {
    if let Err(fault) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err(if fault.to_string().contains("recursion limit") {
            Problem::not_understood("JSON that is nested deep")
        } else {
            Problem::refused(format!(
                "kustomize reads a patch that begins with `[` as JSON, and this is none: {fault}; write it as YAML, one operation a line"
            ))
        });
    }
    if text.contains("\\u") || text.contains("\\/") {
        return Err(Problem::not_understood(
            "JSON with characters that are written as escapes",
        ));
    }
    Ok(())
}
