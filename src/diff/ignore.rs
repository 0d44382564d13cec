//! Which differences do not count, by the user's own rules.

use super::change::{Change, Class};
use super::path::PathElement;
use crate::live::reference::ObjectReference;

/// One rule. What is `None` fits everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// The rule as its author wrote it, for the report of what it took away.
    pub written: String,
    /// The kind.
    pub kind: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What of the object.
    pub what: Ignored,
}

/// What of an object does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// A field, and all below it.
    Path(PathPattern),
    /// Everything that a field manager wrote last.
    Manager(String),
}

/// A path with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// `*`: any one field or item.
    Any,
    Field(String),
    /// `[name=app]`, all of them.
    Key(Vec<(String, String)>),
    Index(usize),
}

impl PathPattern {
    /// Reads `spec.template.spec.containers[name=app].image`, `metadata.annotations["a.b/c"]`, `spec.containers[*].image`, or a JSON
    /// pointer: `/spec/replicas`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let steps = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(pointer_step).collect(),
            None => dotted(text)?,
        };
        if steps.is_empty() {
            return Err("the path is empty: name a field, such as `spec.replicas`".to_owned());
        }
        Ok(Self(steps))
    }

    /// Whether the pattern fits a path, or something above it.
    #[must_use]
    pub fn fits(&self, path: &[PathElement]) -> bool {
        self.0.len() <= path.len() && self.0.iter().zip(path).all(|(step, element)| step.fits(element))
    }
}

impl Step {
    fn fits(&self, element: &PathElement) -> bool {
        match (self, element) {
            (Self::Any, _) => true,
            (Self::Field(name), PathElement::Field(field)) => name == field,
            (Self::Field(name), PathElement::Index(index)) => name.parse() == Ok(*index),
            (Self::Index(at), PathElement::Index(index)) => at == index,
            (Self::Key(wanted), PathElement::Key(keys)) => wanted.iter().all(|(key, value)| {
                keys.iter().any(|(name, is)| {
                    name == key && is.as_str().map_or_else(|| is.to_string(), str::to_owned) == *value
                })
            }),
            (Self::Key(wanted), PathElement::Item(item)) => matches!(
                wanted.as_slice(),
                [(key, value)] if key.is_empty() && item.as_str() == Some(value)
            ),
            _ => false,
        }
    }
}

fn pointer_step(part: &str) -> Step {
    let name = part.replace("~1", "/").replace("~0", "~");
    if name == "*" { Step::Any } else { Step::Field(name) }
}

fn dotted(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside).ok_or_else(|| format!("`{text}` has a `[` without its `]`"))?;
            steps.push(bracket(&inside[..end], text)?);
            rest = &inside[end + 1..];
            continue;
        }
        let name = rest.strip_prefix('.').unwrap_or(rest);
        let end = name.find(['.', '[']).unwrap_or(name.len());
        if end == 0 {
            return Err(format!(
                "`{text}` has an empty part: two dots, or one at its end; write a name with dots in it as `[\"a.b\"]`"
            ));
        }
        steps.push(pointer_step(&name[..end]));
        rest = &name[end..];
    }
    Ok(steps)
}

/// The end of a bracket; one inside quotes does not count.
fn closing(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    for (at, char) in text.char_indices() {
        match char {
            '"' => is_quoted = !is_quoted,
            ']' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn bracket(inside: &str, whole: &str) -> Result<Step, String> {
    if inside == "*" {
        return Ok(Step::Any);
    }
    if inside.starts_with('"') {
        let name = serde_json::from_str(inside).map_err(|_| format!("`[{inside}]` in `{whole}` is no quoted name"))?;
        return Ok(Step::Field(name));
    }
    if let Ok(index) = inside.parse() {
        return Ok(Step::Index(index));
    }
    let pairs = inside.split(',').map(|pair| {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            format!("`[{inside}]` in `{whole}` is neither `[*]`, a number, `[\"name\"]` nor `[key=value]`")
        })?;
        Ok((key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
    });
    pairs.collect::<Result<_, String>>().map(Step::Key)
}

/// Takes away what the rules say; gives how many each took, in the order of the rules.
pub(crate) fn ignore(
    changes: &mut Vec<Change>,
    object: &ObjectReference,
    rules: &[IgnoreRule],
) -> Vec<(String, usize)> {
    let mut counts = Vec::new();
    for rule in rules.iter().filter(|rule| is_about(rule, object)) {
        let before = changes.len();
        changes.retain(|change| change.class != Class::Drift || !takes(&rule.what, change));
        if changes.len() < before {
            counts.push((rule.written.clone(), before - changes.len()));
        }
    }
    counts
}

fn is_about(rule: &IgnoreRule, object: &ObjectReference) -> bool {
    let fits = |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == is);
    fits(&rule.kind, Some(&object.kind))
        && fits(&rule.namespace, object.namespace.as_deref())
        && fits(&rule.name, Some(&object.name))
}

fn takes(what: &Ignored, change: &Change) -> bool {
    match what {
        Ignored::Path(pattern) => pattern.fits(&change.path.0),
        Ignored::Manager(manager) => change.actor.as_ref().is_some_and(|actor| actor.manager == *manager),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_fits_its_field_and_all_below_it() {
        let field = |name: &str| PathElement::Field(name.to_owned());
        let path = [
            field("spec"),
            field("containers"),
            PathElement::Key(vec![("name".to_owned(), json!("app"))]),
            field("image"),
        ];
        for (pattern, expected) in [
            ("spec.containers[name=app].image", true),
            ("spec.containers[*].image", true),
            ("/spec/containers/*/image", true),
            ("spec.containers", true),
            ("spec.*", true),
            ("spec.containers[name=other].image", false),
            ("spec.containers[name=app].image.deeper", false),
            ("spec.container", false),
        ] {
            assert_eq!(PathPattern::parse(pattern).unwrap().fits(&path), expected, "{pattern}");
        }
        let annotation = [field("metadata"), field("annotations"), field("a.b/c")];
        assert!(
            PathPattern::parse("metadata.annotations[\"a.b/c\"]")
                .unwrap()
                .fits(&annotation)
        );
        assert!(
            PathPattern::parse("/metadata/annotations/a.b~1c")
                .unwrap()
                .fits(&annotation)
        );
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_reason() {
        for text in ["", "spec..replicas", "spec.", "spec[", "spec[a]", "spec[\"a]"] {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
    }
}
