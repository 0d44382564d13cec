//! `vars`: fields of objects that are put where `$(NAME)` stands
//! (kustomize api v0.18.0 `internal/accumulator/resaccumulator.go`, `types/var.go`, `filters/refvar`).

mod expand;
mod read;

use std::collections::{BTreeMap, HashMap};

use super::configuration::Configuration;
use super::field_path;
use super::field_spec::Create;
use super::layer::Layer;
use super::problem::Problem;
use super::resource::{Resource, ResourceId, Resources};
use super::scalar::Spelling;
use super::sources::Sources;
use super::value::{Data, Origin, Step, Value};
use crate::source::decode::Node;
use crate::source::limits;
use expand::Expansion;

/// A variable. Which object it takes its value from, that object knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The field that it takes.
    pub field_path: String,
    /// Where it is said.
    pub origin: Origin,
}

/// Adds the `vars` of a kustomization, and notes at the objects that they mean that they are meant.
///
/// # Errors
/// When one means several objects, or has the name of another.
pub(super) fn merge(
    variables: &mut Vec<Variable>,
    resources: &mut Resources,
    layer: &Layer<'_>,
    list: Node<'_>,
) -> Result<(), Problem> {
    let read = list
        .items()
        .map(|item| read::variable(item, layer))
        .collect::<Result<Vec<_>, _>>()?;
    let mut by_name: HashMap<String, Vec<(usize, ResourceId)>> = HashMap::new();
    for (at, resource) in resources.iter().enumerate() {
        for id in resource.ids() {
            by_name.entry(id.name.clone()).or_default().push((at, id));
        }
    }
    let mut looks = 0;
    for (variable, target) in &read {
        let known = by_name.get(&target.name).map_or(&[][..], Vec::as_slice);
        looks += known.len();
        if looks > limits::REPLACEMENT_STEPS {
            return Err(Problem::too_large("too many variables may mean too many objects").or_at(&variable.origin));
        }
        let mut meant: Vec<usize> = known
            .iter()
            .filter(|(_, id)| target.means(id))
            .map(|(at, _)| *at)
            .collect();
        meant.dedup();
        match meant.as_slice() {
            [] => {}
            [one] => {
                if let Some(resource) = resources.get_mut(*one) {
                    resource.variables.push(variable.name.clone());
                }
            }
            [one, other, ..] => {
                let name = |at: usize| {
                    resources
                        .get(at)
                        .map(|resource| resource.id().to_string())
                        .unwrap_or_default()
                };
                return Err(Problem::refused_at(
                    &variable.origin,
                    format!(
                        "the variable `{}` may mean {} or {}; give its `objref` a `namespace`",
                        variable.name,
                        name(*one),
                        name(*other)
                    ),
                ));
            }
        }
    }
    let read: Vec<Variable> = read.into_iter().map(|(variable, _)| variable).collect();
    merge_sets(variables, &read)
}

/// Adds variables to others.
///
/// # Errors
/// When two have one name.
pub(super) fn merge_sets(variables: &mut Vec<Variable>, others: &[Variable]) -> Result<(), Problem> {
    let mut names: BTreeMap<String, Origin> = variables
        .iter()
        .map(|known| (known.name.clone(), known.origin.clone()))
        .collect();
    for other in others {
        if let Some(known) = names.insert(other.name.clone(), other.origin.clone()) {
            let problem = Problem::refused_at(
                &other.origin,
                format!(
                    "kustomize refuses two variables of one name, `{}`, also the same one twice",
                    other.name
                ),
            );
            return Err(problem.with_related(&known, "the other one"));
        }
        variables.push(other.clone());
    }
    Ok(())
}

/// The value of a variable.
#[derive(Debug, Clone)]
struct Content {
    /// A string, a whole number or a boolean; `None` for what kustomize puts nowhere.
    data: Option<Data>,
    /// Where it stands.
    origin: Origin,
}

/// Puts the values of variables where they are named.
///
/// # Errors
/// When a variable has no value, or what kustomize looks into for variables is of a wrong type.
pub(super) fn resolve(
    resources: &mut Resources,
    variables: &[Variable],
    configuration: &Configuration,
    sources: &Sources,
) -> Result<(), Problem> {
    if variables.is_empty() {
        return Ok(());
    }
    let contents = contents(resources, variables, sources)?;
    let mut expansion = Expansion::new(&contents, limits::REPLACED_BYTES);
    for resource in resources.iter_mut() {
        let (api_version, kind) = (resource.api_version().to_owned(), resource.kind().to_owned());
        let origin = resource.value.origin.clone();
        let specs = configuration.variable_references.iter();
        for spec in specs.filter(|spec| spec.fits(&api_version, &kind)) {
            let mut is_changed = false;
            expansion.spend(1)?;
            spec.change(&mut resource.value, Create::Never, &origin, &mut |value| {
                is_changed |= put(value, &mut expansion)?;
                Ok(())
            })?;
            if is_changed {
                expansion.spend(resource.settling_cost())?;
                resource.settle_shared()?;
            }
        }
    }
    Ok(())
}

fn contents<'v>(
    resources: &Resources,
    variables: &'v [Variable],
    sources: &Sources,
) -> Result<BTreeMap<&'v str, Content>, Problem> {
    let mut holders: HashMap<&str, &Resource> = HashMap::new();
    for resource in resources.iter() {
        for name in &resource.variables {
            holders.entry(name).or_insert(resource);
        }
    }
    let mut sorted: Vec<&Variable> = variables.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let mut contents = BTreeMap::new();
    for variable in sorted {
        let Some(holder) = holders.get(variable.name.as_str()) else {
            return Err(Problem::refused_at(
                &variable.origin,
                format!(
                    "the variable `{}` means no object of this kustomization; its `objref` must have the very `apiVersion`, `kind` and \
                     `name` of one",
                    variable.name
                ),
            ));
        };
        contents.insert(variable.name.as_str(), content(holder, variable, sources)?);
    }
    Ok(contents)
}

/// `GetFieldValue` of kyaml v0.18.1 `yaml/rnode.go`.
fn content(holder: &Resource, variable: &Variable, sources: &Sources) -> Result<Content, Problem> {
    let parts: Vec<String> = field_path::split(&variable.field_path)
        .into_iter()
        .flat_map(with_position)
        .collect();
    let of = format!("the object that the variable `{}` means", variable.name);
    let spelling = Spelling {
        is_rewritten: holder.is_rewritten,
        sources,
    };
    let (_, value) = field_path::find(&holder.value, &parts, spelling)
        .map_err(|lost| lost.problem(&variable.field_path, &of, &variable.origin))?;
    let data = match &value.data {
        Data::Text(_) | Data::Bool(_) => Some(value.data.clone()),
        // Go reads decimal digits, and refuses anything else.
        Data::Int(number) if number.to_string() == spelling.text(value)? => Some(value.data.clone()),
        // Anything else is its text.
        Data::Null if !holder.is_rewritten => Some(Data::Text(spelling.text(value)?.into())),
        Data::List(_) | Data::Map(_) => None,
        Data::Null | Data::Int(_) | Data::Float(_) => {
            return Err(Problem::not_understood_at(
                &value.origin,
                format!(
                    "how kustomize writes this, as the value of the variable `{}`",
                    variable.name
                ),
            ));
        }
    };
    Ok(Content {
        data,
        origin: value.origin.clone(),
    })
}

/// `a[0]` is `a.0` here (`convertSliceIndex`).
fn with_position(part: String) -> Vec<String> {
    let split = part.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match split {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let name = Some(name).filter(|name| !name.is_empty());
            name.into_iter().chain([digits]).map(str::to_owned).collect()
        }
        _ => vec![part],
    }
}

/// `Filter.set` of `filters/refvar/refvar.go`. Says whether anything became another.
fn put(value: &mut Value, expansion: &mut Expansion<'_>) -> Result<bool, Problem> {
    let mut is_changed = false;
    match &mut value.data {
        Data::Text(_) => is_changed = put_in_text(value, expansion)?,
        Data::Map(fields) => {
            for field in fields {
                is_changed |= put_in_text(&mut field.value, expansion)?;
            }
        }
        Data::List(items) => {
            for item in items {
                if item.as_str().is_none() {
                    return Err(Problem::refused_at(
                        &item.origin,
                        "kustomize looks for variables here and refuses what is no string; write it in quotes",
                    ));
                }
                is_changed |= put_in_text(item, expansion)?;
            }
        }
        Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) => {}
    }
    Ok(is_changed)
}

fn put_in_text(value: &mut Value, expansion: &mut Expansion<'_>) -> Result<bool, Problem> {
    let Some(text) = value.as_str() else {
        return Ok(false);
    };
    let expanded = expansion.expand(text).map_err(|problem| problem.or_at(&value.origin))?;
    let Some((data, source)) = expanded else {
        return Ok(false);
    };
    // The whole text is a variable: its value is to be edited. Else it is the text around it.
    let origin = Origin {
        step: Step::Variable,
        before: None,
        ..source.unwrap_or(&value.origin).clone()
    };
    value.replace(data, &origin);
    Ok(true)
}

#[cfg(test)]
mod tests;
