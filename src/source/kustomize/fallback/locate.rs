//! Documents that another program built, at the files that they come from: kustomize says which file that is
//! (`buildMetadata: [originAnnotations]`), and what stands there as well gives each field its bytes.

use super::{OVERLAY, REPOSITORY};
use crate::source::decode::{Decoded, Node, NodeKind, Style, decode_str};
use crate::source::folder::join;
use crate::source::kustomize::freeze;
use crate::source::kustomize::graph::Graph;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::read::{self, Placing};
use crate::source::kustomize::rendering::RenderedObject;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, FileId, Origin, Step, Value};
use crate::source::text::Place;

const ORIGIN: &str = "config.kubernetes.io/origin";

/// The objects of a built stream.
pub(super) fn objects(
    decoded: &Decoded,
    folder: &str,
    graph: &Graph,
    sources: &Sources,
) -> Result<Vec<RenderedObject>, Problem> {
    let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
    trees.map(|tree| object(tree.root(), folder, graph, sources)).collect()
}

fn object(root: Node<'_>, folder: &str, graph: &Graph, sources: &Sources) -> Result<RenderedObject, Problem> {
    let lost = || Problem::not_understood("where an object that was built comes from is not known");
    let own = graph.kustomizations.get(folder).and_then(|known| known.files.first());
    let own = own
        .and_then(|decoded| sources.find(decoded.file.path()))
        .ok_or_else(lost)?;
    let said = root.at(&["metadata", "annotations", ORIGIN]).and_then(Node::as_str);
    let file = said.and_then(|said| origin_file(said, sources)).unwrap_or(own);
    let written = said.and_then(|_| like(root, sources, file));
    let start = match written {
        Some(node) => Origin::new(file, node.span(), node.style(), Step::Resource),
        None => Origin::new(file, crate::source::text::Span::default(), Style::Block, Step::Unknown),
    };
    let mut value = read::value(
        root,
        Placing {
            file,
            step: Step::Unknown,
            map: None,
        },
    )?;
    place(&mut value, written, &start);
    forget_origin(&mut value);
    let namespace_set_at = namespace_set_at(folder, graph);
    Ok(RenderedObject {
        document: freeze::freeze(&value, sources).ok_or_else(lost)?,
        namespace_set_at,
    })
}

/// The file that an origin names: `path` of what was written, `configuredIn` of what was generated.
fn origin_file(said: &str, sources: &Sources) -> Option<FileId> {
    let decoded = decode_str("", said);
    let root = decoded.documents.first()?.tree.as_ref()?.root();
    let path = root.str_at(&["path"]).or_else(|| root.str_at(&["configuredIn"]))?;
    let name = join(OVERLAY, path)?;
    sources.find(name.strip_prefix(REPOSITORY)?.strip_prefix('/')?)
}

/// The object of a file that a built one was: of its kind, and of a name that is within its own.
fn like<'s>(built: Node<'_>, sources: &'s Sources, file: FileId) -> Option<Node<'s>> {
    let (kind, name) = (built.str_at(&["kind"])?, built.str_at(&["metadata", "name"])?);
    let trees = sources
        .decoded(file)?
        .documents
        .iter()
        .filter_map(|document| document.tree.as_ref());
    let mut candidates: Vec<Node<'s>> = trees
        .map(|tree| tree.root())
        .filter(|root| root.str_at(&["kind"]) == Some(kind))
        .filter(|root| {
            root.str_at(&["metadata", "name"])
                .is_some_and(|written| name.contains(written))
        })
        .collect();
    // The longest name that fits is the one.
    candidates.sort_by_key(|root| std::cmp::Reverse(root.str_at(&["metadata", "name"]).map_or(0, str::len)));
    candidates.first().copied()
}

/// Gives each part of a built value the place of what is written like it, or of what is nearest around it.
fn place(value: &mut Value, written: Option<Node<'_>>, around: &Origin) {
    let file = around.file;
    let here = written.map(|node| Origin::new(file, node.span(), node.style(), Step::Resource));
    let near = Origin {
        step: Step::Unknown,
        ..around.clone()
    };
    let is_as_written = written.is_some_and(|node| is_same(value, node));
    value.origin = match &here {
        Some(here) if is_as_written => here.clone(),
        Some(here) => Origin {
            step: Step::Unknown,
            ..here.clone()
        },
        None => near.clone(),
    };
    let around = here.unwrap_or(near);
    match &mut value.data {
        Data::Map(fields) => {
            for field in fields {
                let entry = written.and_then(|node| node.entry(&field.key));
                field.key_origin = match entry {
                    Some(entry) => Origin::new(file, entry.key_span(), entry.key_style(), Step::Resource),
                    None => around.clone(),
                };
                place(
                    &mut field.value,
                    entry.map(crate::source::decode::Entry::value),
                    &around,
                );
            }
        }
        Data::List(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let like = written.and_then(|list| item_like(list, item, at));
                place(item, like, &around);
            }
        }
        _ => {}
    }
}

/// The item of a list that a built one was: of its name, or at its position.
fn item_like<'t>(list: Node<'t>, item: &Value, at: usize) -> Option<Node<'t>> {
    let named = item.str_at(&["name"]);
    match named {
        Some(name) => list.items().find(|written| written.str_at(&["name"]) == Some(name)),
        None => list.items().nth(at),
    }
}

/// Whether a scalar is as it is written; of collections their parts are asked.
fn is_same(value: &Value, node: Node<'_>) -> bool {
    match &value.data {
        Data::Map(_) => node.kind() == NodeKind::Mapping,
        Data::List(_) => node.kind() == NodeKind::Sequence,
        Data::Null => node.is_null(),
        Data::Bool(value) => node.as_bool() == Some(*value),
        Data::Int(value) => node.as_i64() == Some(*value),
        Data::Float(value) => node.as_f64().is_some_and(|number| number.to_bits() == value.to_bits()),
        Data::Text(text) => node.as_str() == Some(text) || node.source() == &**text,
    }
}

fn forget_origin(value: &mut Value) {
    let Some(metadata) = value.get_mut("metadata") else {
        return;
    };
    let is_empty = metadata.get_mut("annotations").is_some_and(|annotations| {
        annotations.remove(ORIGIN);
        annotations.fields().is_empty()
    });
    if is_empty {
        metadata.remove("annotations");
    }
}

/// Where the kustomization itself says the namespace.
fn namespace_set_at(folder: &str, graph: &Graph) -> Vec<Place> {
    let root = graph.kustomizations.get(folder).and_then(|known| known.root());
    root.and_then(|root| root.get("namespace"))
        .map(Node::place)
        .into_iter()
        .collect()
}
