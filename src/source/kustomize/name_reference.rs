//! References that follow the new names of what they mean
//! (kustomize api v0.18.0 `internal/accumulator/namereferencetransformer.go`, `filters/nameref/nameref.go`).

mod candidates;
mod referrer;

use super::configuration::Configuration;
use super::field_spec::{Create, FieldSpec};
use super::problem::Problem;
use super::resource::{ResourceId, Resources};
use super::sources::Sources;
use super::value::{Data, Origin, Step, Value};
use candidates::Candidates;
use referrer::{Place, Referrer, Renamed};

#[cfg(test)]
mod tests;

/// Writes the new names of objects where other objects name them.
///
/// # Errors
/// When a name may mean several objects, or a place of a reference holds none.
pub(super) fn fix_references(
    resources: &mut Resources,
    configuration: &Configuration,
    sources: &Sources,
) -> Result<(), Problem> {
    let candidates = Candidates::of(resources);
    let mut comparisons = 0;
    for at in 0..resources.len() {
        let mut referrer: Option<Referrer<'_>> = None;
        for names in &configuration.name_references {
            for spec in &names.referrers {
                let Some(resource) = resources.get(at) else { break };
                if !selects(spec, candidates.original_id(at)) {
                    continue;
                }
                let referrer = match &mut referrer {
                    Some(known) => known,
                    new => new.insert(Referrer::new(resource, at, &candidates, sources, comparisons)?),
                };
                referrer.spend(1, &resource.value.origin)?;
                let place = Place {
                    names,
                    path: &spec.path,
                    role: referrer::role(resource, &spec.path)?,
                };
                if !is_changed(&resource.value, referrer, &place)? {
                    continue;
                }
                if is_identity(&spec.path) {
                    return Err(Problem::not_understood_at(
                        &resource.value.origin,
                        "a configuration of kustomize by which the name of one object follows that of another",
                    ));
                }
                if let Some(resource) = resources.get_mut(at) {
                    change(&mut resource.value, referrer, &place)?;
                    referrer.spend(resource.settling_cost(), &resource.value.origin)?;
                    resource.settle_shared()?;
                }
            }
        }
        comparisons = referrer.map_or(comparisons, |referrer| referrer.comparisons);
    }
    Ok(())
}

/// Whether an object of this id may refer by such a field (kyaml v0.18.1 `resid/gvk.go` `IsSelected`).
fn selects(spec: &FieldSpec, id: &ResourceId) -> bool {
    let fits = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
    fits(&spec.kind, &id.kind) && fits(&spec.group, &id.group) && fits(&spec.version, &id.version)
}

/// Whether the field says who the object is. kustomize changes objects in no certain order.
fn is_identity(path: &[String]) -> bool {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        keys.as_slice(),
        ["metadata" | "kind" | "apiVersion"] | ["metadata", "name" | "namespace", ..]
    )
}

/// Whether any reference at such a place gets a new name. Objects of which none does stay shared with the base that they are from.
fn is_changed(value: &Value, referrer: &mut Referrer<'_>, place: &Place<'_>) -> Result<bool, Problem> {
    let mut is_changed = false;
    find(value, place.path, &mut |found| {
        // An empty list, as `[]` in the way of keys asks for.
        let Some(found) = found else {
            is_changed = true;
            return Ok(());
        };
        each_reference(found, &mut |reference| {
            is_changed |= referrer.renamed(reference, place)?.is_some();
            Ok(())
        })
    })?;
    Ok(is_changed)
}

/// The places at the end of a way of keys, as [`FieldSpec::change`] finds them; `None` for what it would make a list.
fn find(
    value: &Value,
    path: &[String],
    visit: &mut dyn FnMut(Option<&Value>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let Some((step, rest)) = path.split_first() else {
        return visit(Some(value));
    };
    match &value.data {
        Data::Null => Ok(()),
        Data::List(items) => items.iter().try_for_each(|item| find(item, path, visit)),
        Data::Map(_) => {
            let (key, is_list) = step
                .strip_suffix("[]")
                .map_or((step.as_str(), false), |key| (key, true));
            match value.get(key) {
                Some(next) if next.is_null() && is_list => visit(None),
                Some(next) => find(next, rest, visit),
                None => Ok(()),
            }
        }
        _ => Err(Problem::refused_at(
            &value.origin,
            format!(
                "a mapping or a list is due here, since `{}` is looked for below",
                path.join("/")
            ),
        )),
    }
}

/// The references in what is found at a place: itself, or its items.
fn each_reference(found: &Value, visit: &mut dyn FnMut(&Value) -> Result<(), Problem>) -> Result<(), Problem> {
    match &found.data {
        Data::Null => Ok(()),
        Data::List(items) => items.iter().try_for_each(|item| match &item.data {
            Data::Null => Ok(()),
            Data::List(_) => Err(Problem::refused_at(
                &item.origin,
                "a name is due here, or a mapping with one, not a list in a list",
            )),
            _ => visit(item),
        }),
        _ => visit(found),
    }
}

fn change(value: &mut Value, referrer: &mut Referrer<'_>, place: &Place<'_>) -> Result<(), Problem> {
    let spec = FieldSpec {
        path: place.path.to_vec(),
        ..FieldSpec::default()
    };
    let origin = value.origin.clone();
    let mut rename = |reference: &mut Value| {
        if let Some(renamed) = referrer.renamed(reference, place)? {
            apply(reference, &renamed);
        }
        Ok(())
    };
    spec.change(value, Create::Never, &origin, &mut |found| match &mut found.data {
        Data::Null => Ok(()),
        Data::List(items) => items.iter_mut().try_for_each(&mut rename),
        _ => rename(found),
    })
}

fn apply(reference: &mut Value, renamed: &Renamed) {
    // What a person edits is the reference as it is written.
    let written = |value: &Value| Origin {
        step: Step::NameReference,
        before: None,
        ..value.origin.clone()
    };
    let set = |value: &mut Value, text: &str| {
        if value.as_str() != Some(text) {
            let origin = written(value);
            value.replace(Data::Text(text.into()), &origin);
        }
    };
    if !matches!(reference.data, Data::Map(_)) {
        set(reference, &renamed.name);
        return;
    }
    let at = reference.get("name").map_or_else(|| written(reference), written);
    if let Some(name) = reference.get_mut("name") {
        set(name, &renamed.name);
    }
    let Some(namespace) = &renamed.namespace else { return };
    match reference.get_mut("namespace") {
        Some(there) => set(there, namespace),
        None => reference.set("namespace", &at, Value::text(namespace.as_str(), at.clone())),
    }
}
