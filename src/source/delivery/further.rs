//! What Flux and Argo CD change of the objects that they deliver, and is not done here: by patches, images, components and the like.
//!
//! Which objects it is about is read as far as it is plain; where it is not, it is about all. What is found in these objects is not certain.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::{Said, is_unfilled};
use crate::source::decode::{self, Node, NodeKind, objects};
use crate::source::limits;

/// One change that is not done here.
#[derive(Debug, Clone)]
pub struct FurtherChange {
    /// Who makes it, and where that is written.
    pub said: Arc<Said>,
    /// What that means for an object, to follow the name of who says it.
    pub what: String,
    objects: Changed,
    may_add_objects: bool,
}

/// The objects that a change is about.
#[derive(Debug, Clone)]
enum Changed {
    All,
    /// Labels and annotations are added, to all.
    Metadata,
    /// Those with containers of these images.
    Images(Vec<String>),
    /// Those that one of these may mean.
    Some(Vec<Pattern>),
    /// None whose content matters here: only names change.
    Names,
}

/// Which objects a patch is for; `None` for any.
#[derive(Debug, Clone, Default)]
struct Pattern {
    kind: Option<Regex>,
    name: Option<Regex>,
}

/// How far an object is another one in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Any field may be.
    Anything,
    /// It may have more labels and annotations.
    Metadata,
}

impl FurtherChange {
    /// What a field of a Kustomization of Flux, or of the `kustomize` of an Application, does.
    pub(super) fn of_field(said: &Arc<Said>, field: &str, node: Node<'_>) -> Self {
        let said = said.at(node);
        let objects = match field {
            "images" => images(node),
            "replicas" => Changed::Some(named(node)),
            "patches" | "patchesJson6902" | "patchesStrategicMerge" => patches(node),
            "commonLabels" | "commonAnnotations" | "commonMetadata" => Changed::Metadata,
            "namePrefix" | "nameSuffix" | "forceCommonLabels" => Changed::Names,
            _ => Changed::All,
        };
        Self {
            said,
            what: format!("changes it by `{field}`, which is not done here"),
            objects,
            may_add_objects: field == "components",
        }
    }

    /// That what a chart renders is not quite what will run.
    #[must_use]
    pub fn of_chart(said: &Arc<Said>, gap: &str) -> Self {
        Self {
            said: Arc::clone(said),
            what: format!("installs it, but {gap}"),
            objects: Changed::All,
            may_add_objects: false,
        }
    }

    /// Whether objects may come with it of which nothing is known.
    #[must_use]
    pub fn may_add_objects(&self) -> bool {
        self.may_add_objects
    }

    /// What it changes of an object, if it does.
    #[must_use]
    pub fn extent(&self, object: Node<'_>) -> Option<Extent> {
        let is_changed = match &self.objects {
            Changed::All => true,
            Changed::Metadata => return Some(Extent::Metadata),
            Changed::Images(images) => has_image(object, images),
            Changed::Some(patterns) => patterns.iter().any(|pattern| pattern.may_mean(object)),
            Changed::Names => false,
        };
        is_changed.then_some(Extent::Anything)
    }
}

impl Pattern {
    /// That of a target, whose kind and name are regular expressions (`kustomize api v0.18.0 types/selector.go`, `NewSelectorRegex`).
    fn of_target(node: Node<'_>) -> Self {
        let expression = |key: &str| expression(node.str_at(&[key])?);
        Self {
            kind: expression("kind"),
            name: expression("name"),
        }
    }

    /// That of an object which is a patch itself.
    fn of_patch(node: Node<'_>) -> Self {
        let exactly = |keys: &[&str]| exactly(node.str_at(keys)?);
        Self {
            kind: exactly(&["kind"]),
            name: exactly(&["metadata", "name"]),
        }
    }

    fn may_mean(&self, object: Node<'_>) -> bool {
        let fits = |wanted: &Option<Regex>, keys: &[&str]| {
            let found = object.str_at(keys).filter(|text| !is_unfilled(text));
            match (wanted, found) {
                (Some(wanted), Some(found)) => wanted.is_match(found),
                _ => true,
            }
        };
        fits(&self.kind, &["kind"]) && fits(&self.name, &["metadata", "name"])
    }
}

/// A regular expression for all of a text; `None`, which is any text, for one that is none, or is not known.
fn expression(text: &str) -> Option<Regex> {
    if text.is_empty() || text.len() > limits::TARGET_BYTES || is_unfilled(text) {
        return None;
    }
    let mut builder = RegexBuilder::new(&format!("^(?:{text})$"));
    builder
        .size_limit(limits::PATTERN_BYTES)
        .dfa_size_limit(limits::PATTERN_BYTES)
        .build()
        .ok()
}

fn exactly(text: &str) -> Option<Regex> {
    if is_unfilled(text) {
        return None;
    }
    expression(&regex::escape(text))
}

/// The objects that a list names.
fn named(list: Node<'_>) -> Vec<Pattern> {
    let items = list.items();
    items
        .map(|item| Pattern {
            kind: None,
            name: item.str_at(&["name"]).and_then(exactly),
        })
        .collect()
}

fn patches(list: Node<'_>) -> Changed {
    if list.items().len() > limits::INSTRUCTIONS {
        return Changed::All;
    }
    let mut patterns = Vec::new();
    for patch in list.items() {
        if let Some(target) = patch.get("target") {
            patterns.push(Pattern::of_target(target));
            continue;
        }
        // `patchesStrategicMerge` has the objects themselves, `patches` their text.
        let text = patch.str_at(&["patch"]).or_else(|| patch.as_str());
        let Some(text) = text else {
            patterns.push(Pattern::of_patch(patch));
            continue;
        };
        let decoded = decode::decode_str("", text);
        if decoded.is_refused() || is_unfilled(text) {
            return Changed::All;
        }
        let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
        patterns.extend(
            trees
                .flat_map(|tree| objects::objects(tree.root()).0)
                .map(|object| Pattern::of_patch(object.node)),
        );
    }
    Changed::Some(patterns)
}

/// The images of a Flux Kustomization are mappings, those of an Application texts: `name=new:tag` (`argo-cd
/// pkg/apis/application/v1alpha1/types.go`, `KustomizeImage`).
fn images(list: Node<'_>) -> Changed {
    let mut names = Vec::new();
    for item in list.items() {
        let text = item.str_at(&["name"]).or_else(|| item.as_str());
        let Some(text) = text.filter(|text| !is_unfilled(text)) else {
            return Changed::All;
        };
        let name = text.split_once('=').map_or(text, |(name, _)| name);
        names.push(without_tag(name).to_owned());
    }
    Changed::Images(names)
}

/// An image without its tag and digest.
fn without_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Whether a field `image` anywhere in an object has one of these names.
fn has_image(object: Node<'_>, names: &[String]) -> bool {
    let mut pending = vec![object];
    while let Some(node) = pending.pop() {
        match node.kind() {
            NodeKind::Sequence => pending.extend(node.items()),
            NodeKind::Mapping => {
                for entry in node.entries() {
                    let image = entry.value().as_str().filter(|_| entry.key() == "image");
                    if image.is_some_and(|image| names.iter().any(|name| name == without_tag(image))) {
                        return true;
                    }
                    pending.push(entry.value());
                }
            }
            _ => {}
        }
    }
    false
}
