//! Argo CD: `Application` (`argoproj/argo-cd pkg/apis/application/v1alpha1/types.go`, `controller/state.go`,
//! `reposerver/repository/repository.go`).

use std::sync::Arc;

use super::application_set;
use super::chart::{ChartDelivery, ValuesSource};
use super::{DeliveredNamespace, Deliverer, Delivery, Reach, Reader, Said, Variables, is_unfilled};
use crate::source::decode::{Node, NodeKind, write_json};
use crate::source::folder;

pub(super) const APPLICATION: &str = "Application";
pub(super) const APPLICATION_SET: &str = "ApplicationSet";
const GROUP: &str = "argoproj.io";

/// Fields of `source.kustomize` that change more of the objects than is read here.
const FURTHER_KUSTOMIZE_FIELDS: [&str; 9] = [
    "namePrefix",
    "nameSuffix",
    "images",
    "replicas",
    "patches",
    "components",
    "commonLabels",
    "commonAnnotations",
    "forceCommonLabels",
];

pub(super) fn read(objects: &[Deliverer<'_>], reader: &mut Reader<'_>) {
    for object in objects {
        if object.is(GROUP, APPLICATION) {
            let said = object.says_at("Argo CD Application", None);
            if let Some(spec) = object.root().get("spec") {
                application(spec, object.name(), &said, &as_written, reader);
            }
        } else if object.is(GROUP, APPLICATION_SET) {
            application_set::read(object, reader);
        }
    }
}

/// What a string of an Application says; `None` for what is not plainly said.
pub(super) type Text<'t> = dyn Fn(&str) -> Option<String> + 't;

fn as_written(text: &str) -> Option<String> {
    (!is_unfilled(text)).then(|| text.to_owned())
}

/// What became of a field.
enum Field {
    Absent,
    Plain(String),
    NotPlain,
}

fn field(node: Node<'_>, keys: &[&str], text: &Text<'_>) -> Field {
    match node.str_at(keys).filter(|value| !value.is_empty()).map(text) {
        None => Field::Absent,
        Some(Some(plain)) => Field::Plain(plain),
        Some(None) => Field::NotPlain,
    }
}

/// Reads the spec of an Application; `text` fills a template in.
pub(super) fn application(spec: Node<'_>, name: &str, said: &Arc<Said>, text: &Text<'_>, reader: &mut Reader<'_>) {
    let way = ["destination", "namespace"];
    let at_namespace = spec.at(&way).map(|node| said.at(node));
    let namespace = match field(spec, &way, text) {
        Field::Plain(name) => DeliveredNamespace::Default(name),
        Field::Absent => DeliveredNamespace::AsWritten,
        Field::NotPlain => {
            reader.undecided(said, "its destination namespace is still to be filled in");
            DeliveredNamespace::AsWritten
        }
    };
    // With `sources` the single `source` counts for nothing (`types.go`, `GetSources`).
    let sources: Vec<Node<'_>> = match spec.get("sources") {
        Some(sources) if sources.items().len() > 0 => sources.items().collect(),
        _ => spec.get("source").into_iter().collect(),
    };
    let said = at_namespace.as_ref().unwrap_or(said);
    for source in sources {
        one_source(source, name, &namespace, said, text, reader);
    }
}

fn one_source(
    source: Node<'_>,
    name: &str,
    namespace: &DeliveredNamespace,
    said: &Arc<Said>,
    text: &Text<'_>,
    reader: &mut Reader<'_>,
) {
    // A chart of a Helm repository, or a source that only lends its files to others.
    if source.get("chart").is_some() {
        return;
    }
    let folder = match field(source, &["path"], text) {
        Field::Plain(path) => folder::join("", &path),
        Field::Absent => return,
        Field::NotPlain => {
            reader.undecided(said, "its path is still to be filled in");
            return;
        }
    };
    // The root exists in every repository, so that it proves nothing.
    let Some(folder) = folder.filter(|folder| !folder.is_empty() && reader.found.known.exists(folder)) else {
        return;
    };
    if source.get("plugin").is_some() {
        reader.undecided(said, "a plugin makes its manifests");
        return;
    }
    // `util/app/discovery/discovery.go`, `Discover`.
    if reader.found.known.is_chart(&folder) {
        chart(source, folder, name, namespace, said, text, reader);
        return;
    }
    let mut further = Vec::new();
    let (namespace, reach) = if reader.found.known.has_kustomization(&folder) {
        let options = source.get("kustomize");
        let option = |field: &str| options.and_then(|options| options.get(field));
        further = reader.further(said, &FURTHER_KUSTOMIZE_FIELDS, option);
        (kustomize(source, namespace, said, text, reader), Reach::Folder)
    } else {
        let directory = source.get("directory");
        let has = |field: &str| directory.is_some_and(|directory| directory.get(field).is_some());
        if has("include") || has("exclude") {
            reader.undecided(said, "it takes some files of its folder only");
            return;
        }
        let is_recursive = directory
            .and_then(|directory| directory.get("recurse"))
            .and_then(Node::as_bool);
        let reach = if is_recursive == Some(true) {
            Reach::Below
        } else {
            Reach::Folder
        };
        (namespace.clone(), reach)
    };
    reader.found.folders.push(Delivery {
        folder,
        reach,
        namespace,
        variables: Variables::default(),
        further,
        said: Arc::clone(said),
    });
}

fn kustomize(
    source: Node<'_>,
    namespace: &DeliveredNamespace,
    said: &Arc<Said>,
    text: &Text<'_>,
    reader: &mut Reader<'_>,
) -> DeliveredNamespace {
    let Some(options) = source.get("kustomize") else {
        return namespace.clone();
    };
    // `util/kustomize/kustomize.go`, `Build`: `kustomize edit set namespace`.
    match field(options, &["namespace"], text) {
        Field::Plain(name) => DeliveredNamespace::Override(name),
        Field::Absent => namespace.clone(),
        Field::NotPlain => {
            reader.undecided(said, "the namespace it sets by kustomize is still to be filled in");
            DeliveredNamespace::OverrideUnknown
        }
    }
}

fn chart(
    source: Node<'_>,
    folder: String,
    name: &str,
    namespace: &DeliveredNamespace,
    said: &Arc<Said>,
    text: &Text<'_>,
    reader: &mut Reader<'_>,
) {
    let helm = source.get("helm");
    let mut gap = None;
    let mut values = Vec::new();
    let is_set = |field: &str| helm.and_then(|helm| helm.get(field)).and_then(Node::as_bool) == Some(true);
    let may_lack_files = is_set("ignoreMissingValueFiles");
    for file in helm
        .and_then(|helm| helm.get("valueFiles"))
        .into_iter()
        .flat_map(Node::items)
    {
        // `$name/…` is a file of another source, `$ARGOCD_…` a variable, and a URL no file of Git at all; a pattern is not looked for. `/` is
        // the root of the repository.
        let plain = file
            .as_str()
            .and_then(text)
            .filter(|file| !file.contains('$') && !file.contains("://") && !file.contains(['*', '?', '[']));
        let path = plain.and_then(|file| match file.strip_prefix('/') {
            Some(absolute) => folder::join("", absolute),
            None => folder::join(&folder, &file),
        });
        match path {
            Some(path) if may_lack_files => values.push(ValuesSource::FileIfThere(path)),
            Some(path) => values.push(ValuesSource::File(path)),
            None => gap = Some("a file of its values is not plainly named, or not in this repository"),
        }
    }
    // `values` counts only without `valuesObject` (`types.go`, `ValuesString`).
    let object = helm.and_then(|helm| helm.get("valuesObject"));
    let inline = match object.filter(|node| node.kind() == NodeKind::Mapping) {
        Some(object) => {
            let mut json = String::new();
            write_json(object, &mut json);
            Some(json)
        }
        None => helm.and_then(|helm| helm.str_at(&["values"])).map(str::to_owned),
    };
    if let Some(inline) = inline {
        match text(&inline) {
            Some(inline) => values.push(ValuesSource::Inline(inline)),
            None => gap = Some("its values are still to be filled in"),
        }
    }
    for parameter in helm
        .and_then(|helm| helm.get("parameters"))
        .into_iter()
        .flat_map(Node::items)
    {
        let plain = |key: &str| parameter.str_at(&[key]).and_then(text);
        // A value may name variables of the build (`$ARGOCD_APP_NAME`).
        match (plain("name"), plain("value").filter(|value| !value.contains('$'))) {
            (Some(name), Some(value)) => values.push(ValuesSource::Set {
                name,
                value: with_commas(&value),
                is_string: parameter.get("forceString").and_then(Node::as_bool) == Some(true),
            }),
            _ => gap = Some("a parameter is still to be filled in"),
        }
    }
    for (field, why) in [
        ("fileParameters", "its file parameters are not read"),
        (
            "apiVersions",
            "it names the kinds of its cluster, which are not taken over",
        ),
        (
            "kubeVersion",
            "it names the version of its cluster, which is not taken over",
        ),
    ] {
        if helm.is_some_and(|helm| helm.get(field).is_some()) {
            gap = Some(why);
        }
    }
    let own_namespace = match helm.map_or(Field::Absent, |helm| field(helm, &["namespace"], text)) {
        Field::Plain(name) => Some(name),
        Field::Absent => match namespace {
            DeliveredNamespace::Default(name) => Some(name.clone()),
            _ => None,
        },
        Field::NotPlain => {
            gap = Some("the namespace of its release is still to be filled in");
            None
        }
    };
    if let Some(gap) = gap {
        reader.undecided(said, gap);
    }
    let release = match helm.map_or(Field::Absent, |helm| field(helm, &["releaseName"], text)) {
        Field::Plain(release) => Some(release),
        // The name of the Application (`reposerver/repository/repository.go`, `helmTemplate`).
        Field::Absent => text(name),
        Field::NotPlain => None,
    };
    reader.found.charts.push(ChartDelivery {
        chart: folder,
        release: release.filter(|release| !release.is_empty()),
        namespace: own_namespace,
        values,
        replaces_defaults: false,
        gap: gap.map(str::to_owned),
        said: Arc::clone(said),
        own: None,
    });
}

/// A value as Argo CD gives it to `--set`: commas do not end it, unless it is a list (`util/helm/cmd.go`, `cleanSetParameters`).
fn with_commas(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut escaped = String::with_capacity(value.len());
    let mut before = ' ';
    for character in value.chars() {
        if character == ',' && before != '\\' {
            escaped.push('\\');
        }
        escaped.push(character);
        before = character;
    }
    escaped
}
