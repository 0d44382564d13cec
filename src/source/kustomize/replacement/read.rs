//! What `replacements` say (kustomize api v0.18.0 `types/replacement.go`, `internal/builtins/ReplacementTransformer.go`).

use super::super::go_struct::{Fields, Reading};
use super::super::layer::Layer;
use super::super::problem::Problem;
use super::super::read::is_first_document;
use super::super::value::{FileId, Origin, Step};
use super::select::{IdSelector, Selector};
use crate::source::decode::{Node, NodeKind, Style};
use crate::source::limits;

/// One replacement.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) source: Option<Source>,
    pub(super) targets: Option<Vec<Target>>,
    pub(super) origin: Origin,
}

/// Where the value is from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) id: IdSelector,
    pub(super) field_path: String,
    pub(super) options: Options,
    /// Where the object is named.
    pub(super) origin: Origin,
    /// Where the field is named.
    pub(super) path_origin: Origin,
}

/// Where it goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) select: Option<Selector>,
    pub(super) reject: Vec<Selector>,
    pub(super) fields: Vec<Field>,
    pub(super) options: Options,
    pub(super) origin: Origin,
}

/// A path of a target.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) path: String,
    pub(super) parts: Vec<String>,
    pub(super) origin: Origin,
}

/// Which part of a text is meant.
#[derive(Debug)]
pub(super) struct Options {
    delimiter: String,
    pub(super) index: i64,
    pub(super) create: bool,
    pub(super) origin: Origin,
}

impl Options {
    /// What stands between parts, if parts are meant.
    pub(super) fn delimiter(&self) -> Option<&str> {
        Some(self.delimiter.as_str()).filter(|delimiter| !delimiter.is_empty())
    }
}

const NAME: &str = "metadata.name";

/// How a mapping is read, and from which file.
#[derive(Debug, Clone, Copy)]
struct Place {
    file: FileId,
    reading: Reading,
}

impl Place {
    fn fields<'t>(self, node: Node<'t>, known: &[&'static str]) -> Result<Fields<'t>, Problem> {
        Fields::of(node, known, self.reading, (self.file, Step::Replacement))
    }
}

/// The replacements of a kustomization, also those of files that it names.
pub(super) fn replacements(layer: &Layer<'_>, list: Node<'_>) -> Result<Vec<Replacement>, Problem> {
    let place = Place {
        file: layer.file,
        reading: Reading::Kustomization,
    };
    let mut read = Vec::new();
    for item in list.items() {
        let fields = place.fields(item, &["source", "targets", "path"])?;
        let path = fields.text("path")?;
        if path.is_empty() {
            read.push(replacement(item, place)?);
            continue;
        }
        if fields.get("source").is_some() || !fields.list("targets")?.is_empty() {
            return Err(Problem::refused_at(
                &fields.place("path"),
                "a replacement has either `path`, or `source` and `targets`",
            ));
        }
        if let Some(node) = fields.get("path") {
            read.extend(of_file(layer, node)?);
        }
        if read.len() > limits::REPLACEMENTS {
            let limit = limits::REPLACEMENTS;
            return Err(Problem::too_large(format!("more than {limit} replacements")).or_at(&fields.whole()));
        }
    }
    Ok(read)
}

/// A file with one replacement, or a list of them.
fn of_file(layer: &Layer<'_>, path: Node<'_>) -> Result<Vec<Replacement>, Problem> {
    let file = layer.file_at(path)?;
    let origin = layer.origin(path, Step::Replacement);
    let Some(decoded) = layer.sources.decoded(file) else {
        return Err(Problem::refused_at(&origin, "there is no such file"));
    };
    if let Some(fault) = decoded.faults.first() {
        let origin = Origin::new(file, fault.span, Style::Plain, Step::Replacement);
        return Err(Problem::not_understood_at(
            &origin,
            format!("a file of replacements with a fault: {}", fault.message),
        ));
    }
    let mut trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
    let (Some(tree), None) = (trees.next(), trees.next()) else {
        return Err(Problem::not_understood_at(
            &origin,
            "a file of replacements that is not one document",
        ));
    };
    if !is_first_document(tree.root()) {
        return Err(Problem::not_understood_at(
            &origin,
            "a file of replacements with something before it, which may be a document of its own",
        ));
    }
    let place = Place {
        file,
        reading: Reading::File,
    };
    let root = tree.root();
    match root.kind() {
        NodeKind::Mapping => Ok(vec![replacement(root, place)?]),
        NodeKind::Sequence => root.items().map(|item| replacement(item, place)).collect(),
        kind => Err(Problem::refused_at(
            &Origin::new(file, root.span(), root.style(), Step::Replacement),
            format!(
                "a replacement or a list of them is due here, not {}",
                kind.with_article()
            ),
        )),
    }
}

fn replacement(node: Node<'_>, place: Place) -> Result<Replacement, Problem> {
    let fields = place.fields(node, &["source", "targets", "path"])?;
    let source = fields.get("source").map(|node| source(node, place)).transpose()?;
    let targets = fields.list("targets")?;
    // An empty list of a kustomization is none at all when kustomize comes to it.
    let is_given = fields.get("targets").is_some() && (place.reading == Reading::File || !targets.is_empty());
    let targets = targets
        .into_iter()
        .map(|node| target(node, place))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Replacement {
        source,
        targets: is_given.then_some(targets),
        origin: fields.whole(),
    })
}

fn source(node: Node<'_>, place: Place) -> Result<Source, Problem> {
    let known = ["group", "version", "kind", "name", "namespace", "fieldPath", "options"];
    let fields = place.fields(node, &known)?;
    Ok(Source {
        id: id_selector(&fields)?,
        field_path: Some(fields.text("fieldPath")?)
            .filter(|path| !path.is_empty())
            .unwrap_or(NAME)
            .to_owned(),
        options: options(&fields, place)?,
        origin: fields.whole(),
        path_origin: fields.place("fieldPath"),
    })
}

fn target(node: Node<'_>, place: Place) -> Result<Target, Problem> {
    let fields = place.fields(node, &["select", "reject", "fieldPaths", "options"])?;
    let mut paths = Vec::new();
    for path in fields.list("fieldPaths")? {
        let Some(text) = path.as_str() else {
            return Err(Problem::refused_at(&fields.origin(path), "a path is a string"));
        };
        paths.push((text, fields.origin(path)));
    }
    if paths.is_empty() {
        paths.push((NAME, fields.whole()));
    }
    let field = |(path, origin): (&str, Origin)| Field {
        path: path.to_owned(),
        parts: super::field_path::split(path),
        origin,
    };
    let rejected = fields.list("reject")?.into_iter();
    Ok(Target {
        select: fields.get("select").map(|node| selector(node, place)).transpose()?,
        reject: rejected.map(|node| selector(node, place)).collect::<Result<_, _>>()?,
        fields: paths.into_iter().map(field).collect(),
        options: options(&fields, place)?,
        origin: fields.whole(),
    })
}

fn selector(node: Node<'_>, place: Place) -> Result<Selector, Problem> {
    let known = [
        "group",
        "version",
        "kind",
        "name",
        "namespace",
        "annotationSelector",
        "labelSelector",
    ];
    let fields = place.fields(node, &known)?;
    Ok(Selector::new(
        id_selector(&fields)?,
        (fields.text("annotationSelector")?, fields.place("annotationSelector")),
        (fields.text("labelSelector")?, fields.place("labelSelector")),
    ))
}

fn id_selector(fields: &Fields<'_>) -> Result<IdSelector, Problem> {
    let text = |name: &str| fields.text(name).map(str::to_owned);
    Ok(IdSelector {
        group: text("group")?,
        version: text("version")?,
        kind: text("kind")?,
        name: text("name")?,
        namespace: text("namespace")?,
    })
}

/// `encoding` is known, and does nothing.
fn options(of: &Fields<'_>, place: Place) -> Result<Options, Problem> {
    let Some(node) = of.get("options") else {
        return Ok(Options {
            delimiter: String::new(),
            index: 0,
            create: false,
            origin: of.whole(),
        });
    };
    let fields = place.fields(node, &["delimiter", "index", "encoding", "create"])?;
    fields.text("encoding")?;
    Ok(Options {
        delimiter: fields.text("delimiter")?.to_owned(),
        index: fields.integer("index")?,
        create: fields.boolean("create")?,
        origin: fields.place("index"),
    })
}
