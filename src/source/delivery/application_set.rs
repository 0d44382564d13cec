//! Argo CD's `ApplicationSet`, as far as its generators look at Git only: lists, and the folders of the repository
//! (`argoproj/argo-cd applicationset/generators/list.go`, `git.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::argo;
use super::{Deliverer, Reader, Said};
use crate::source::decode::{Node, NodeKind};
use crate::source::limits;

/// What a template is filled in with, by the name that it calls it by.
type Parameters = BTreeMap<String, String>;

/// Reads a set: one Application for each parameters of its generators.
pub(super) fn read(object: &Deliverer<'_>, reader: &mut Reader<'_>) {
    let said = object.says_at("Argo CD ApplicationSet", None);
    let root = object.root();
    let Some(template) = root.at(&["spec", "template"]) else {
        return;
    };
    let Some(spec) = template.get("spec") else {
        return;
    };
    if root.at(&["spec", "templatePatch"]).is_some() {
        reader.undecided(&said, "a templatePatch may change its Applications");
        return;
    }
    let is_go = root.at(&["spec", "goTemplate"]).and_then(Node::as_bool) == Some(true);
    let mut all = Vec::new();
    for generator in root.at(&["spec", "generators"]).into_iter().flat_map(Node::items) {
        match parameters(generator, is_go, reader) {
            Ok(found) => all.extend(found),
            Err(why) => reader.undecided(&said, why),
        }
    }
    if all.len() > limits::GENERATED_APPLICATIONS {
        let limit = limits::GENERATED_APPLICATIONS;
        reader.undecided(&said, format!("it makes more than {limit} Applications"));
        return;
    }
    for parameters in all {
        one(template, spec, is_go, &parameters, &said, reader);
    }
}

fn one(
    template: Node<'_>,
    spec: Node<'_>,
    is_go: bool,
    parameters: &Parameters,
    said: &Arc<Said>,
    reader: &mut Reader<'_>,
) {
    let name = template.str_at(&["metadata", "name"]).unwrap_or("");
    let text = |text: &str| fill(text, is_go, parameters);
    argo::application(spec, name, said, &text, reader);
}

/// The parameters that one generator makes, or why they are not known.
fn parameters(generator: Node<'_>, is_go: bool, reader: &Reader<'_>) -> Result<Vec<Parameters>, String> {
    if generator.get("selector").is_some() {
        return Err("a selector chooses among what a generator makes".to_owned());
    }
    let Some((kind, options)) = generator.entries().next().map(|entry| (entry.key(), entry.value())) else {
        return Ok(Vec::new());
    };
    if options.get("template").is_some() {
        return Err("a generator has a template of its own".to_owned());
    }
    match kind {
        "list" if options.get("elementsYaml").is_none() => Ok(options
            .get("elements")
            .into_iter()
            .flat_map(Node::items)
            .map(flat)
            .collect()),
        "git" if options.get("directories").is_some() && options.get("pathParamPrefix").is_none() => {
            directories(options, is_go, reader)
        }
        "git" => Err("its git generator reads files".to_owned()),
        kind => Err(format!("its {kind} generator asks more than Git")),
    }
}

/// The strings, numbers and booleans of an element, nested ones by dotted names.
fn flat(element: Node<'_>) -> Parameters {
    let mut parameters = Parameters::new();
    let mut pending = vec![(String::new(), element, 0)];
    while let Some((name, node, depth)) = pending.pop() {
        match node.kind() {
            NodeKind::Mapping if depth < limits::PARAMETER_DEPTH => {
                pending.extend(node.entries().map(|entry| {
                    let name = if name.is_empty() {
                        entry.key().to_owned()
                    } else {
                        format!("{name}.{}", entry.key())
                    };
                    (name, entry.value(), depth + 1)
                }));
            }
            NodeKind::Text => {
                parameters.insert(name, node.as_str().unwrap_or("").to_owned());
            }
            NodeKind::Integer | NodeKind::Boolean => {
                parameters.insert(name, node.source().to_owned());
            }
            _ => {}
        }
    }
    parameters
}

/// One set of parameters for each folder that fits; hidden ones never do (`applicationset/services/repo_service.go`).
fn directories(options: Node<'_>, is_go: bool, reader: &Reader<'_>) -> Result<Vec<Parameters>, String> {
    let mut patterns = Vec::new();
    for item in options.get("directories").into_iter().flat_map(Node::items) {
        let Some(pattern) = item.str_at(&["path"]).filter(|path| !path.contains(['[', '\\', '{'])) else {
            return Err("a pattern of its git generator is not plain".to_owned());
        };
        let is_excluded = item.get("exclude").and_then(Node::as_bool) == Some(true);
        patterns.push((pattern, is_excluded));
    }
    let values = options.get("values").map(flat).unwrap_or_default();
    if values.values().any(|value| value.contains("{{")) {
        return Err("the values of its git generator are templates themselves".to_owned());
    }
    let fits = |folder: &str| {
        let matching = |excluded: bool| {
            patterns
                .iter()
                .any(|(pattern, is_excluded)| *is_excluded == excluded && matches_path(pattern, folder))
        };
        matching(false) && !matching(true)
    };
    let is_hidden = |folder: &str| folder.split('/').any(|part| part.starts_with('.'));
    Ok(reader
        .found
        .known
        .iter()
        .filter(|folder| !is_hidden(folder) && fits(folder))
        .map(|folder| {
            let mut parameters = of_folder(folder, is_go);
            parameters.extend(
                values
                    .iter()
                    .map(|(name, value)| (format!("values.{name}"), value.clone())),
            );
            parameters
        })
        .collect())
}

fn of_folder(folder: &str, is_go: bool) -> Parameters {
    let base = folder.rsplit('/').next().unwrap_or(folder);
    let mut parameters = Parameters::from([
        ("path.basename".to_owned(), base.to_owned()),
        ("path.basenameNormalized".to_owned(), normalized(base)),
    ]);
    parameters.insert((if is_go { "path.path" } else { "path" }).to_owned(), folder.to_owned());
    for (at, part) in folder.split('/').enumerate() {
        let name = if is_go {
            format!("path.segments {at}")
        } else {
            format!("path[{at}]")
        };
        parameters.insert(name, part.to_owned());
    }
    parameters
}

/// A name that Kubernetes takes (`applicationset/utils/utils.go`, `SanitizeName`).
fn normalized(name: &str) -> String {
    const LONGEST: usize = 253;
    let fit =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character);
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|character| if fit(character) { character } else { '-' })
        .take(LONGEST)
        .collect();
    name.trim_matches(['-', '.']).to_owned()
}

/// Go's `path.Match` without classes and escapes: `*` and `?` do not cross `/`.
fn matches_path(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if matches_part(pattern, part) => {}
            _ => return false,
        }
    }
}

fn matches_part(pattern: &str, part: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let part: Vec<char> = part.chars().collect();
    super::envsubst::is_match(&pattern, &part)
}

/// Fills the `{{…}}` of a text in; `None` if one of them asks for more than a parameter.
fn fill(text: &str, is_go: bool, parameters: &Parameters) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        filled.push_str(&rest[..open]);
        let inner = &rest[open + 2..];
        let close = inner.find("}}")?;
        filled.push_str(parameters.get(&name_of(inner[..close].trim(), is_go)?)?);
        rest = &inner[close + 2..];
    }
    filled.push_str(rest);
    (!filled.contains("${")).then_some(filled)
}

/// The parameter that an expression names.
fn name_of(expression: &str, is_go: bool) -> Option<String> {
    if !is_go {
        return Some(expression.to_owned());
    }
    let expression = expression.strip_prefix("index ").map_or(expression, str::trim_start);
    let name = expression.strip_prefix('.')?;
    let mut words = name.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), None, _) => Some(name.to_owned()),
        (Some(list), Some(at), None) => Some(format!("{list} {at}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_both_dialects_are_filled_in() {
        let legacy = of_folder("apps/My_Web", false);
        let go = of_folder("apps/My_Web", true);
        for (text, is_go, expected) in [
            ("{{path}}/{{ path.basename }}", false, Some("apps/My_Web/My_Web")),
            ("{{path[0]}}-{{path.basenameNormalized}}", false, Some("apps-my-web")),
            ("{{ .path.path }}", true, Some("apps/My_Web")),
            (
                "{{.path.basename}}-{{index .path.segments 0}}",
                true,
                Some("My_Web-apps"),
            ),
            ("{{ .path.basename | lower }}", true, None),
            ("{{name}}", false, None),
            ("{{path", false, None),
            ("plain", true, Some("plain")),
        ] {
            let parameters = if is_go { &go } else { &legacy };
            assert_eq!(fill(text, is_go, parameters).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_star_stays_within_its_folder() {
        for (pattern, path, is_match) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/base", false),
            ("apps/*/prod", "apps/web/prod", true),
            ("*", "apps", true),
            ("apps/w?b", "apps/web", true),
            ("apps", "app", false),
        ] {
            assert_eq!(matches_path(pattern, path), is_match, "{pattern} {path}");
        }
    }
}
