//! A strategic merge patch put on an object, as kustomize does it: not as the API server does
//! (kyaml v0.18.1 `yaml/merge2/merge2.go`, `yaml/walk/walk.go`, `yaml/walk/map.go`).
//!
//! What only the patch has is merged with itself, so that nulls and directives in it are gone, too. `$setElementOrder`,
//! `$deleteFromPrimitiveList` and `$retainKeys` mean nothing to kustomize: they stay in the object.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directive::{self, Directive};
use super::merge_keys::Place;
use super::nodes::{Content, Entry, PartId, Parts, Shape};
use super::quoting::Quoting;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Data, Origin};

/// What comes of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merged {
    /// Nothing: it is taken away.
    Nothing,
    /// This part; a field that comes to null is taken away.
    Part(PartId),
    /// This null, which stays since somebody wrote it in the object.
    WrittenNull(PartId),
}

impl From<Option<PartId>> for Merged {
    fn from(part: Option<PartId>) -> Self {
        part.map_or(Self::Nothing, Self::Part)
    }
}

/// Merges a part of the patch into a part of the object, of which either may be missing. The part of the object is changed.
pub(super) fn merge(
    parts: &mut Parts<'_>,
    object: Option<PartId>,
    patch: Option<PartId>,
    place: Place,
) -> Result<Merged, Problem> {
    parts.step(1)?;
    let Some(any) = patch.or(object) else {
        return Ok(Merged::Nothing);
    };
    let place = [object, patch]
        .into_iter()
        .flatten()
        .fold(place, |place, side| place_of(parts, side, place));
    match (common_shape(parts, object, patch)?, place) {
        (None | Some(Shape::Mapping), _) => merge_mappings(parts, object, patch, place),
        (Some(Shape::List), Place::List(list)) => super::keyed_list::merge(parts, object, patch, list),
        (Some(Shape::List), Place::DoubtfulList) => Err(Problem::not_understood_at(
            &parts.get(any).origin,
            "a list that kustomize may merge, in an object within another one",
        )),
        (Some(Shape::List | Shape::Scalar), _) => Ok(Merged::Part(any)),
    }
}

fn place_of(parts: &Parts<'_>, side: PartId, place: Place) -> Place {
    let text = |key: &str| match &parts.get(parts.field(side, key)?).content {
        Content::Scalar(Data::Text(text)) => Some(text),
        _ => None,
    };
    match (text("apiVersion"), text("kind")) {
        (Some(api_version), Some(kind)) => place.or_of(api_version, kind),
        _ => place,
    }
}

/// The shape of both, as far as they have one.
fn common_shape(parts: &Parts<'_>, object: Option<PartId>, patch: Option<PartId>) -> Result<Option<Shape>, Problem> {
    let shape = |side: Option<PartId>| side.and_then(|side| Some((side, parts.shape(side)?)));
    match (shape(object), shape(patch)) {
        (Some((object, there)), Some((patch, wanted))) if there != wanted => Err(Problem::refused_at(
            &parts.get(patch).origin,
            format!(
                "the patch has {} here, the object {}; kustomize refuses to merge them",
                wanted.with_article(),
                there.with_article()
            ),
        )
        .with_related(&parts.get(object).origin, "what the object has")),
        (Some((_, shape)), _) | (None, Some((_, shape))) => Ok(Some(shape)),
        (None, None) => Ok(None),
    }
}

fn merge_mappings(
    parts: &mut Parts<'_>,
    object: Option<PartId>,
    patch: Option<PartId>,
    place: Place,
) -> Result<Merged, Problem> {
    let merged = choose_mapping(parts, object, patch)?;
    let Merged::Part(into) = merged else {
        return Ok(merged);
    };
    let mut fields: BTreeMap<Arc<str>, Sides> = BTreeMap::new();
    for entry in parts.entries(into) {
        fields.entry(Arc::clone(&entry.key)).or_default().object = Some(entry.value);
    }
    for entry in patch.into_iter().flat_map(|patch| parts.entries(patch)) {
        let sides = fields.entry(Arc::clone(&entry.key)).or_default();
        sides.patch = Some((entry.value, entry.key_origin.clone()));
    }
    parts.step(fields.len())?;
    let mut outcome = BTreeMap::new();
    for (key, sides) in fields {
        let (value, key_origin) = sides.patch.unzip();
        let field = merge(parts, sides.object, value, place.field(&key))?;
        outcome.insert(key, (field, key_origin));
    }
    put_fields(parts, into, outcome)?;
    Ok(merged)
}

/// A field in the object and in the patch.
#[derive(Debug, Default)]
struct Sides {
    object: Option<PartId>,
    patch: Option<(PartId, Origin)>,
}

/// Into which of the two mappings the fields are merged (kyaml `Merger.VisitMap`). Directives are taken out of the patch.
fn choose_mapping(parts: &mut Parts<'_>, object: Option<PartId>, patch: Option<PartId>) -> Result<Merged, Problem> {
    let there = object.filter(|&object| !parts.is_null(object));
    let (Some(there), Some(patch)) = (there, patch) else {
        if let (None, Some(patch)) = (there, patch) {
            // An unknown directive is left where it is.
            let directive = directive::take(parts, patch)?;
            return Ok(match directive {
                Ok(Directive::Delete) => Merged::Nothing,
                _ => Merged::Part(patch),
            });
        }
        return Ok(match object {
            Some(object) if there.is_none() => written_null(parts, object),
            object => object.into(),
        });
    };
    if parts.is_null(patch) {
        return Ok(Merged::Nothing);
    }
    Ok(match directive::take(parts, patch)?? {
        Directive::Delete => Merged::Nothing,
        Directive::Replace => Merged::Part(patch),
        Directive::Merge => Merged::Part(there),
    })
}

/// A null that is written stays, one that was left out does not.
fn written_null(parts: &Parts<'_>, object: PartId) -> Merged {
    if parts.get(object).is_left_out {
        Merged::Nothing
    } else {
        Merged::WrittenNull(object)
    }
}

fn put_fields(
    parts: &mut Parts<'_>,
    into: PartId,
    mut outcome: BTreeMap<Arc<str>, (Merged, Option<Origin>)>,
) -> Result<(), Problem> {
    let mut entries = Vec::with_capacity(outcome.len());
    for entry in parts.entries(into).to_vec() {
        match outcome.remove(&entry.key) {
            Some((Merged::Part(value), _)) if !parts.is_null(value) => {
                put(parts, entry.value, value)?;
                entries.push(entry);
            }
            Some((Merged::WrittenNull(_), _)) => entries.push(entry),
            _ => {}
        }
    }
    for (key, (merged, key_origin)) in outcome {
        if let (Merged::Part(value), Some(key_origin)) = (merged, key_origin)
            && !parts.is_null(value)
        {
            entries.push(Entry { key, key_origin, value });
        }
    }
    if let Content::Mapping(old) = &mut parts.get_mut(into).content {
        *old = entries;
    }
    Ok(())
}

/// Puts a value where another one was; it gets the quotes of that one.
fn put(parts: &mut Parts<'_>, there: PartId, value: PartId) -> Result<(), Problem> {
    if there == value {
        return Ok(());
    }
    let quoting = parts.get(there).quoting;
    let mut part = parts.get(value).clone();
    if let Content::Scalar(data) = &mut part.content {
        *data = in_the_style_of(parts, value, data, quoting)?;
    }
    part.quoting = quoting;
    part.origin = part.origin.instead_of(&parts.get(there).origin);
    *parts.get_mut(there) = part;
    Ok(())
}

/// What a scalar becomes in the quotes of another one.
fn in_the_style_of(parts: &Parts<'_>, value: PartId, data: &Data, quoting: Quoting) -> Result<Data, Problem> {
    // Not every text comes through as a block (see `odd_text`).
    let is_odd = |text: &str| match quoting {
        Quoting::Literal => text.starts_with('\t'),
        Quoting::Folded => {
            text.starts_with([' ', '\t', '\n'])
                || text.ends_with("\n\n")
                || text.contains("\n ")
                || text.contains("\n\t")
        }
        _ => false,
    };
    match (data, quoting) {
        (Data::Text(text), _) if is_odd(text) => Err(Problem::not_understood_at(
            &parts.get(value).origin,
            "a text with indented or empty lines in the place of a block, which kustomize may write otherwise",
        )),
        (Data::Text(_), _) | (_, Quoting::Plain) => Ok(data.clone()),
        (_, Quoting::Quoted | Quoting::Literal | Quoting::Folded) => Ok(Data::Text(parts.text(value)?)),
        (_, Quoting::Unknown) => Err(Problem::not_understood_at(
            &parts.get(value).origin,
            "whether this becomes a string depends on how kustomize wrote what was here before",
        )),
    }
}
