//! A file that `configurations` names
//! (kustomize api v0.18.0 `internal/plugins/builtinconfig/loaddefaultconfig.go`).

use super::{Configuration, NameReference};
use crate::source::decode::Node;
use crate::source::kustomize::field_spec::{FieldSpec, is_field_name};
use crate::source::kustomize::go_struct::{Fields, Reading};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::read::is_first_document;
use crate::source::kustomize::value::{FileId, Origin, Step};
use crate::source::limits;

const LISTS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
];

impl Configuration {
    /// Reads the file that an item of `configurations` names.
    ///
    /// # Errors
    /// When there is no such file, or kustomize may read it otherwise.
    pub fn read(layer: &Layer<'_>, path: Node<'_>) -> Result<Self, Problem> {
        let file = layer.file_at(path)?;
        let Some(decoded) = layer.sources.decoded(file) else {
            return Err(Problem::refused_at(
                &layer.origin(path, Step::Resource),
                "there is no such file",
            ));
        };
        if let Some(fault) = decoded.faults.first() {
            let origin = Origin::new(file, fault.span, crate::source::decode::Style::Plain, Step::Resource);
            return Err(Problem::not_understood_at(
                &origin,
                format!("a configuration of kustomize with a fault: {}", fault.message),
            ));
        }
        let mut documents = decoded.documents.iter();
        let tree = documents.next().and_then(|document| document.tree.as_ref());
        let is_behind_another = tree.is_some_and(|tree| !is_first_document(tree.root()));
        if is_behind_another || documents.next().is_some() {
            return Err(Problem::not_understood_at(
                &layer.origin(path, Step::Resource),
                "a configuration of kustomize in several documents",
            ));
        }
        tree.map_or_else(|| Ok(Self::default()), |tree| configuration(tree.root(), file))
    }
}

fn fields<'t>(node: Node<'t>, known: &[&'static str], file: FileId) -> Result<Fields<'t>, Problem> {
    Fields::of(node, known, Reading::Configuration, (file, Step::Resource))
}

fn configuration(root: Node<'_>, file: FileId) -> Result<Configuration, Problem> {
    let lists = fields(root, LISTS, file)?;
    let specs = |name: &str| field_specs(&lists, name, file);
    let names = lists.list("nameReference")?.into_iter();
    let read = Configuration {
        name_prefix: specs("namePrefix")?,
        name_suffix: specs("nameSuffix")?,
        namespace: specs("namespace")?,
        common_labels: specs("commonLabels")?,
        labels: specs("labels")?,
        template_labels: specs("templateLabels")?,
        common_annotations: specs("commonAnnotations")?,
        name_references: names.map(|name| name_reference(name, file)).collect::<Result<_, _>>()?,
        variable_references: specs("varReference")?,
        images: specs("images")?,
        replicas: specs("replicas")?,
    };
    read.check_length().map_err(|problem| problem.or_at(&lists.whole()))?;
    // What stands twice in one file comes together as what stands in two.
    let mut merged = Configuration::default();
    merged
        .merge(&sorted(read))
        .map_err(|problem| problem.or_at(&lists.whole()))?;
    Ok(merged)
}

fn sorted(mut configuration: Configuration) -> Configuration {
    configuration.sort();
    configuration
}

fn name_reference(node: Node<'_>, file: FileId) -> Result<NameReference, Problem> {
    let name = fields(node, &["group", "version", "kind", "fieldSpecs"], file)?;
    Ok(NameReference {
        group: name.text("group")?.to_owned(),
        version: name.text("version")?.to_owned(),
        kind: name.text("kind")?.to_owned(),
        referrers: field_specs(&name, "fieldSpecs", file)?,
    })
}

fn field_specs(from: &Fields<'_>, name: &str, file: FileId) -> Result<Vec<FieldSpec>, Problem> {
    let read = |node| {
        let spec = fields(node, &["group", "version", "kind", "path", "create"], file)?;
        let path = spec.text("path")?;
        let (group, version, kind) = (spec.text("group")?, spec.text("version")?, spec.text("kind")?);
        let found = FieldSpec::new(group, version, kind, path, spec.boolean("create")?);
        if path.starts_with('/') || found.path.iter().any(|key| !is_field_name(key)) {
            return Err(Problem::not_understood_at(
                &spec.place("path"),
                format!("`{path}` is no plain way of keys; write keys with `/` between them, as in `spec/template`"),
            ));
        }
        if found.path.len() > limits::RENDERED_DEPTH {
            return Err(Problem::too_large("a way of too many keys").or_at(&spec.place("path")));
        }
        Ok(found)
    };
    from.list(name)?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::decode::decode_str;
    use crate::source::kustomize::sources::Sources;

    fn read(text: &str) -> Result<Configuration, Problem> {
        let mut sources = Sources::default();
        let file = sources.add_documents(Arc::new(decode_str("kustomization.yaml", "- more.yaml\n")));
        sources.add_documents(Arc::new(decode_str("more.yaml", text)));
        let layer = Layer {
            sources: &sources,
            file,
            folder: "",
        };
        let decoded = sources.decoded(file).unwrap();
        let list = decoded.documents[0].tree.as_ref().unwrap().root();
        Configuration::read(&layer, list.items().next().unwrap())
    }

    #[test]
    fn a_file_says_places_and_what_names_what() {
        let text = "\
nameReference:
- kind: Secret
  fieldSpecs: [{kind: Thing, path: spec/secret}]
- kind: Secret
  fieldSpecs: [{kind: Thing, path: spec/secret}, {kind: Thing, path: 'metadata/annotations/a\\/b'}]
commonLabels:
- {PATH: spec/labels, create: true, group: x, version: v1}
";
        let read = read(text).unwrap();
        let referrers = &read.name_references[0].referrers;
        assert_eq!(read.name_references.len(), 1);
        assert_eq!(referrers.len(), 2);
        assert_eq!(referrers[1].path, ["metadata", "annotations", "a/b"]);
        assert_eq!(read.common_labels, [FieldSpec::new("x", "v1", "", "spec/labels", true)]);
    }

    #[test]
    fn what_may_be_read_otherwise_is_not_understood() {
        for text in [
            "prefix: []\n",
            "images: [{path: /spec/image}]\n",
            "images: [{path: ''}]\n",
            "images: [{path: spec//image}]\n",
            "images: [{path: spec/0/image}]\n",
            "images: [{path: 'spec/[name=a]/image'}]\n",
            "images: [{path: spec, version: 1}]\n",
            "images: [{path: spec, Path: spec}]\n",
            "images: [{path: spec, path: spec}]\n",
            "images: []\n---\nimages: []\n",
        ] {
            let problem = read(text).unwrap_err();
            assert_eq!(
                problem.verdict,
                crate::source::kustomize::problem::BuildVerdict::NotUnderstood,
                "{text}"
            );
        }
    }

    #[test]
    fn no_more_fields_are_taken_than_can_be_followed() {
        let spec = |before: String, at| format!("{before}- path: a/b{at}\n");
        let many = (0..=limits::FIELD_SPECS).fold(String::new(), spec);
        let deep = format!("- {{path: {}}}\n", "a/".repeat(limits::RENDERED_DEPTH) + "a");
        for list in [many, deep] {
            let problem = read(&format!("images:\n{list}")).unwrap_err();
            assert_eq!(
                problem.verdict,
                crate::source::kustomize::problem::BuildVerdict::TooLarge
            );
        }
    }

    #[test]
    fn an_empty_file_says_nothing() {
        for text in ["", "# nothing\n", "{}\n", "images:\n"] {
            assert_eq!(read(text), Ok(Configuration::default()), "{text:?}");
        }
    }
}
