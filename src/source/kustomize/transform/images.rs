//! `images` (kustomize api v0.18.0 `ImageTagTransformer`, `filters/imagetag`, `internal/image/image.go`).

use super::bound;
use crate::source::decode::Node;
use crate::source::kustomize::field_spec::{Create, FieldSpec};
use crate::source::kustomize::fields::{Shape, check_mapping};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Origin, Step, Value};

const FIELDS: [(&str, Shape); 5] = [
    ("digest", Shape::Text),
    ("name", Shape::Text),
    ("newName", Shape::Text),
    ("newTag", Shape::Text),
    ("tagSuffix", Shape::Text),
];

/// A value that is no image is passed over so quickly that several are one step.
const VALUES_IN_A_STEP: usize = 4;

/// One instruction.
struct Image<'t> {
    name: &'t str,
    new_name: &'t str,
    new_tag: &'t str,
    digest: &'t str,
    tag_suffix: &'t str,
    /// The value that a person edits to change the result.
    origin: Origin,
}

/// Sets names, tags and digests of images, in containers and at these places.
///
/// # Errors
/// When kustomize refuses a value or a place, or a name is a pattern.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    bound(node.items().len(), node, Step::Images, layer)?;
    let images = node
        .items()
        .map(|item| read(item, layer))
        .collect::<Result<Vec<_>, _>>()?;
    set_all(resources, &images, places, &layer.origin(node, Step::Images))
}

/// Sets name, tag and digest of one image.
///
/// # Errors
/// As of [`apply`].
pub fn apply_one(
    resources: &mut Resources,
    layer: &Layer<'_>,
    item: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let image = read(item, layer)?;
    set_all(resources, &[image], places, &layer.origin(item, Step::Images))
}

fn set_all(
    resources: &mut Resources,
    images: &[Image<'_>],
    places: &[FieldSpec],
    origin: &Origin,
) -> Result<(), Problem> {
    let steps = resources.size().saturating_mul(images.len()) / VALUES_IN_A_STEP;
    resources.spend(steps, origin)?;
    for at in 0..resources.len() {
        // A CustomResourceDefinition has no images, whatever its fields are called.
        if resources
            .get(at)
            .is_none_or(|resource| resource.kind() == "CustomResourceDefinition")
        {
            continue;
        }
        let Some(resource) = resources.get_mut(at) else {
            continue;
        };
        for image in images {
            set_in_containers(&mut resource.value, image)?;
            set_at_places(&mut resource.value, image, places)?;
        }
    }
    Ok(())
}

fn read<'t>(item: Node<'t>, layer: &Layer<'_>) -> Result<Image<'t>, Problem> {
    check_mapping(item, &FIELDS, layer)?;
    let text = |field: &str| item.str_at(&[field]).unwrap_or("");
    let is_set = |field: &&str| !text(field).is_empty();
    let editable = ["newTag", "digest", "tagSuffix", "newName"].into_iter().find(is_set);
    let image = Image {
        name: text("name"),
        new_name: text("newName"),
        new_tag: text("newTag"),
        digest: text("digest"),
        tag_suffix: text("tagSuffix"),
        origin: layer.origin(editable.and_then(|field| item.get(field)).unwrap_or(item), Step::Images),
    };
    // kustomize takes the name for a regular expression. A dot, the one sign of it that names have, is followed.
    if let Some(sign) = image.name.chars().find(|sign| r"\+*?()|[]{}^$".contains(*sign)) {
        return Err(Problem::not_understood_at(
            &layer.origin(item.get("name").unwrap_or(item), Step::Images),
            format!("kustomize takes `name` for a regular expression, and `{sign}` is a sign of it"),
        ));
    }
    Ok(image)
}

/// `image` of each item of whatever is called `containers` or `initContainers`, anywhere in the object (`filters/imagetag/legacy.go`).
fn set_in_containers(value: &mut Value, image: &Image<'_>) -> Result<(), Problem> {
    match &mut value.data {
        Data::List(items) => items.iter_mut().try_for_each(|item| set_in_containers(item, image)),
        Data::Map(fields) => fields.iter_mut().try_for_each(|field| {
            set_in_containers(&mut field.value, image)?;
            let is_containers = matches!(&*field.key, "containers" | "initContainers");
            match &mut field.value.data {
                Data::List(items) if is_containers => items.iter_mut().try_for_each(|item| set_in_item(item, image)),
                _ => Ok(()),
            }
        }),
        _ => Ok(()),
    }
}

fn set_in_item(item: &mut Value, image: &Image<'_>) -> Result<(), Problem> {
    match &item.data {
        Data::Null | Data::Map(_) => {}
        _ => {
            return Err(Problem::refused_at(
                &item.origin,
                "kustomize looks for an image here, and refuses what is no mapping",
            ));
        }
    }
    item.get_mut("image").map_or(Ok(()), |there| set(there, image))
}

fn set_at_places(object: &mut Value, image: &Image<'_>, places: &[FieldSpec]) -> Result<(), Problem> {
    places
        .iter()
        .try_for_each(|place| place.change_scalar(object, Create::Never, &image.origin, &mut |value| set(value, image)))
}

fn set(value: &mut Value, image: &Image<'_>) -> Result<(), Problem> {
    scalar::refuse_collection(value)?;
    let Data::Text(old) = &value.data else {
        // Neither null nor a number is the name of an image that anybody has.
        return Ok(());
    };
    if !is_meant(old, image.name) {
        return Ok(());
    }
    let new = renewed(old, image);
    if *new == **old
        && [image.new_name, image.new_tag, image.digest, image.tag_suffix]
            .iter()
            .all(|text| text.is_empty())
    {
        return Ok(());
    }
    scalar::set_untagged(value, new, &image.origin)
}

/// Whether an image has this name, with any tag or digest, or none.
fn is_meant(image: &str, name: &str) -> bool {
    let mut rest = image.chars();
    for wanted in name.chars() {
        let Some(there) = rest.next() else { return false };
        let fits = if wanted == '.' { there != '\n' } else { wanted == there };
        if !fits {
            return false;
        }
    }
    let without_sign = |text: &'_ str| -> usize {
        text.bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(byte))
            .count()
    };
    let mut rest = rest.as_str();
    if let Some(tag) = rest.strip_prefix(':') {
        rest = &tag[without_sign(tag)..];
    }
    if let Some(digest) = rest.strip_prefix("@sha256:") {
        rest = &digest[without_sign(digest)..];
    }
    rest.is_empty()
}

fn renewed(old: &str, image: &Image<'_>) -> String {
    let (name, tag, digest) = split(old);
    let name = if image.new_name.is_empty() {
        name
    } else {
        image.new_name
    };
    let (tag, digest) = match (image.new_tag, image.digest, image.tag_suffix) {
        ("", "", "") => (tag.to_owned(), digest),
        ("", "", suffix) => (format!("{tag}{suffix}"), ""),
        (new_tag, new_digest, _) => (new_tag.to_owned(), new_digest),
    };
    let mut new = name.to_owned();
    if !tag.is_empty() {
        new.push(':');
        new.push_str(&tag);
    }
    if !digest.is_empty() {
        new.push('@');
        new.push_str(digest);
    }
    new
}

/// Name, tag and digest. A colon before the first slash belongs to a port.
fn split(image: &str) -> (&str, &str, &str) {
    let path = image.find('/').unwrap_or(0);
    let find = |sign| image[path..].find(sign).map(|at| at + path);
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}
