//! `replacements`: a field of one object copied into fields of others
//! (kustomize api v0.18.0 `filters/replacement/replacement.go`, `internal/builtins/ReplacementTransformer.go`).

mod places;
mod put;
mod read;
mod select;
mod text_pattern;

#[cfg(test)]
mod tests;

use super::field_path::{self, Location};
use super::layer::Layer;
use super::problem::Problem;
use super::resource::Resources;
use super::scalar::Spelling;
use super::sources::Sources;
use super::value::{Data, Origin, Step, Value};
use crate::source::decode::Node;
use crate::source::limits;
use put::Budget;
use read::{Replacement, Source, Target};
use select::Identities;

/// What a look at who an object is and was takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 20;

/// What it takes to put even the smallest value into an object, in looks.
const LOOKS_AT_A_TARGET: usize = 20;

/// What is copied.
#[derive(Debug)]
struct Copied {
    /// The object that it is from.
    resource: usize,
    /// Where in the object it is, unless only a part of its text is copied.
    place: Option<Location>,
    value: Value,
    /// Its text, if it is a scalar; else empty.
    text: String,
}

impl Copied {
    /// To be called when the object that it is from was changed: what is copied then is what the source has become.
    fn follow(&mut self, object: &Value, spelling: Spelling<'_>) -> Result<(), Problem> {
        let place = self.place.as_ref().and_then(|place| field_path::at(object, place));
        if let Some(value) = place.filter(|value| !matches!(value.data, Data::List(_) | Data::Map(_))) {
            self.text = spelling.text(value)?.into_owned();
            self.value = value.clone();
        }
        Ok(())
    }
}

/// Carries out the `replacements` of a kustomization.
///
/// # Errors
/// When a source is not one object, a field is not there, or something is put in a way that is not followed here.
pub(super) fn apply(resources: &mut Resources, layer: &Layer<'_>, list: Node<'_>) -> Result<(), Problem> {
    let origin = layer.origin(list, Step::Replacement);
    let files = list.items().filter_map(|item| layer.file_at(item.get("path")?).ok());
    let files = files.filter_map(|file| layer.sources.file(file));
    let length: usize = files.map(|file| file.text().len()).sum();
    resources.spend(length + resources.len() * STEPS_OF_AN_OBJECT, &origin)?;
    let mut identities = Identities::of(resources);
    let mut budget = Budget::new(limits::REPLACED_BYTES);
    let done =
        carry_out(resources, layer, list, &mut identities, &mut budget).map_err(|problem| problem.or_at(&origin));
    let spent = resources.spend(identities.comparisons() + budget.looks(), &origin);
    done.and(spent)
}

fn carry_out(
    resources: &mut Resources,
    layer: &Layer<'_>,
    list: Node<'_>,
    identities: &mut Identities,
    budget: &mut Budget,
) -> Result<(), Problem> {
    for replacement in read::replacements(layer, list)? {
        let Replacement {
            source,
            targets,
            origin,
        } = replacement;
        let (Some(source), Some(targets)) = (source, targets) else {
            return Err(Problem::refused_at(
                &origin,
                "a replacement needs a `source` and at least one of `targets`",
            ));
        };
        let mut copied = copied(resources, &source, identities, layer.sources)?;
        for target in &targets {
            put_into(resources, target, &mut copied, identities, budget, layer.sources)?;
        }
    }
    resources.retain(|resource| !resource.is_empty());
    Ok(())
}

fn copied(
    resources: &Resources,
    source: &Source,
    identities: &mut Identities,
    sources: &Sources,
) -> Result<Copied, Problem> {
    let at = identities.one(&source.id, resources, &source.origin)?;
    let Some(resource) = resources.get(at) else {
        return Err(Problem::refused_at(&source.origin, "there is no such object"));
    };
    let spelling = Spelling {
        is_rewritten: resource.is_rewritten,
        sources,
    };
    let of = resource.id().to_string();
    if resource.value.at(&["metadata", "annotations"]).is_none()
        && source.field_path.starts_with("metadata.annotations")
    {
        return Err(Problem::not_understood_at(
            &source.path_origin,
            "a replacement that takes annotations of an object without any",
        ));
    }
    let (place, value) = field_path::find(&resource.value, &field_path::split(&source.field_path), spelling)
        .map_err(|lost| lost.problem(&source.field_path, &of, &source.path_origin))?;
    let is_empty = match &value.data {
        Data::Null => true,
        Data::List(items) => items.is_empty(),
        Data::Map(fields) => fields.is_empty(),
        _ => false,
    };
    if is_empty {
        return Err(Problem::refused_at(
            &source.path_origin,
            format!(
                "the field `{}` of {of} is empty, and kustomize refuses to copy it",
                source.field_path
            ),
        )
        .with_related(&value.origin, "the empty field"));
    }
    refuse_notes(
        &place,
        resource.value.at(&["metadata"]).is_some(),
        &resource.value,
        &source.path_origin,
    )?;
    let is_scalar = !matches!(value.data, Data::List(_) | Data::Map(_));
    let Some(delimiter) = source.options.delimiter() else {
        return Ok(Copied {
            resource: at,
            place: Some(place),
            text: if is_scalar {
                spelling.text(value)?.into_owned()
            } else {
                String::new()
            },
            value: value.clone(),
        });
    };
    if !is_scalar {
        return Err(Problem::refused_at(
            &source.path_origin,
            "a `delimiter` takes text apart, and the source is a list or a mapping",
        ));
    }
    let text = spelling.text(value)?;
    let part = usize::try_from(source.options.index)
        .ok()
        .and_then(|index| text.split(delimiter).nth(index));
    let Some(part) = part else {
        return Err(Problem::refused_at(
            &source.options.origin,
            format!(
                "what is taken has {} parts between `{delimiter}`, counted from 0, and no part {}",
                text.split(delimiter).count(),
                source.options.index
            ),
        ));
    };
    Ok(Copied {
        resource: at,
        place: None,
        text: part.to_owned(),
        value: Value {
            data: Data::Text(part.into()),
            origin: value.origin.clone(),
        },
    })
}

/// kustomize keeps its notes in annotations while it builds: what copies or replaces all of them is not followed.
fn refuse_notes(place: &[usize], has_metadata: bool, value: &Value, origin: &Origin) -> Result<(), Problem> {
    let here = field_path::at(value, place);
    let is_around = match place {
        [] => has_metadata,
        [_] => here.is_some_and(|here| {
            value
                .get("metadata")
                .is_some_and(|metadata| std::ptr::eq(here, metadata))
        }),
        [_, _] => here.is_some_and(|here| {
            let annotations = value.at(&["metadata", "annotations"]);
            annotations.is_some_and(|annotations| std::ptr::eq(here, annotations))
        }),
        _ => false,
    };
    if is_around {
        return Err(Problem::not_understood_at(
            origin,
            "a replacement that takes or sets all annotations of an object",
        ));
    }
    Ok(())
}

fn put_into(
    resources: &mut Resources,
    target: &Target,
    copied: &mut Copied,
    identities: &mut Identities,
    budget: &mut Budget,
    sources: &Sources,
) -> Result<(), Problem> {
    let Some(select) = &target.select else {
        return Err(Problem::refused_at(&target.origin, "a target needs a `select`"));
    };
    for at in 0..resources.len() {
        let Some(resource) = resources.get(at) else { break };
        if !identities.is_target(at, resource, select, &target.reject, sources)? {
            continue;
        }
        budget.look_at(LOOKS_AT_A_TARGET)?;
        let id = resource.id().to_string();
        let Some(resource) = resources.get_mut(at) else { break };
        for field in &target.fields {
            let spelling = Spelling {
                is_rewritten: resource.is_rewritten,
                sources,
            };
            let made = target.options.create.then(|| places::Made::like(&copied.value));
            let mut found = Vec::new();
            places::find(&mut resource.value, field, made, spelling, budget, &mut found)
                .map_err(|lost| lost.problem(&field.path, &id, &field.origin))?;
            if found.is_empty() {
                let hint = if made.is_some() {
                    ""
                } else {
                    "; `options: {create: true}` makes it"
                };
                return Err(Problem::refused_at(
                    &field.origin,
                    format!("{id} has no field `{}`{hint}", field.path),
                ));
            }
            for place in found {
                refuse_notes(&place.location, true, &resource.value, &field.origin)?;
                put::put(resource, at, &place, copied, target, field, budget, sources)?;
                budget.spend(resource.settling_cost())?;
                resource.settle_shared()?;
                if at == copied.resource {
                    copied.follow(&resource.value, spelling)?;
                }
            }
        }
        resource.check_identity()?;
        identities.refresh(at, resource);
    }
    Ok(())
}
