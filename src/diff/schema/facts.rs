//! What is known of the fields of Kubernetes' and OpenKruise's own types beside their published schemas: `types.txt`.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

/// What is known of one field.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct FieldFacts {
    /// A Go value, not a pointer: `""`, `0`, `false`, and for a struct `{}`, mean "not set".
    pub(crate) zero_is_absent: bool,
    /// The items of the list are told apart by these fields.
    pub(crate) keys: Vec<String>,
    /// The list is a set.
    pub(crate) is_set: bool,
    /// A strategic merge patch merges the items by this field; empty for a list of scalars.
    pub(crate) patch_key: Option<String>,
    /// Fields that tell items apart for people only: the server takes the list as one value.
    pub(crate) shown_keys: Vec<String>,
    /// A strategic merge patch clears the fields that it does not name.
    pub(crate) retains_keys: bool,
    /// The map is one value.
    pub(crate) is_atomic: bool,
    /// The default, if it is no zero value.
    pub(crate) default: Option<Value>,
}

/// What is known of one type.
#[derive(Debug, Default)]
pub(crate) struct TypeFacts {
    /// The whole map is one value.
    pub(crate) is_atomic: bool,
    pub(crate) fields: HashMap<&'static str, FieldFacts>,
}

/// What is known of the type with this short name: `core.v1.Container`.
pub(crate) fn of_type(name: &str) -> Option<&'static TypeFacts> {
    static TYPES: OnceLock<HashMap<&'static str, TypeFacts>> = OnceLock::new();
    TYPES.get_or_init(|| read(include_str!("types.txt"))).get(name)
}

/// The last three parts of the name of a definition: group, version and kind without the package they are in.
pub(crate) fn short_name(definition: &str) -> &str {
    let third = definition.rmatch_indices('.').nth(2);
    third.map_or(definition, |(at, _)| &definition[at + 1..])
}

fn read(table: &'static str) -> HashMap<&'static str, TypeFacts> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?;
            let mut facts = TypeFacts::default();
            for word in words {
                read_word(word, &mut facts);
            }
            Some((name, facts))
        })
        .collect()
}

fn read_word(word: &'static str, facts: &mut TypeFacts) {
    if word == "atomic" {
        facts.is_atomic = true;
    } else if let Some(names) = word.strip_prefix("zero=").or_else(|| word.strip_prefix("struct=")) {
        for name in names.split(',') {
            facts.fields.entry(name).or_default().zero_is_absent = true;
        }
    } else if let Some((name, rules)) = word.split_once(':') {
        let field = facts.fields.entry(name).or_default();
        for rule in rules.split(';') {
            read_rule(rule, field);
        }
    }
}

fn read_rule(rule: &str, field: &mut FieldFacts) {
    let (name, argument) = rule.split_once('(').map_or((rule, ""), |(name, argument)| {
        (name, argument.strip_suffix(')').unwrap_or(argument))
    });
    let keys = || argument.split('+').map(str::to_owned).collect();
    match name {
        "zero" | "struct" => field.zero_is_absent = true,
        "set" => field.is_set = true,
        "map" => field.keys = keys(),
        "shown" => field.shown_keys = keys(),
        "patch" => field.patch_key = Some(argument.to_owned()),
        "retain" => field.retains_keys = true,
        "atomic" => field.is_atomic = true,
        "default" => field.default = serde_json::from_str(argument).ok(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        for line in include_str!("types.txt").lines().filter(|line| !line.starts_with('#')) {
            for word in line.split(' ').skip(1) {
                let mut facts = TypeFacts::default();
                read_word(word, &mut facts);
                let says = facts.is_atomic || facts.fields.values().any(|field| *field != FieldFacts::default());
                assert!(says, "{line}: {word}");
            }
        }
        let container = of_type(short_name("io.k8s.api.core.v1.Container")).unwrap();
        assert_eq!(container.fields["ports"].keys, ["containerPort", "protocol"]);
        assert_eq!(container.fields["ports"].patch_key.as_deref(), Some("containerPort"));
        let port = of_type("core.v1.ContainerPort").unwrap();
        assert_eq!(port.fields["protocol"].default, Some(Value::from("TCP")));
    }
}
