//! Rules in CEL.
//!
//! At hand are `self` (what the rule is about), `object` (the whole object), `relations` (what was computed across objects),
//! `profile` and `parameters`. Expressions are compiled once; a long one is refused, since the interpreter recurses over it.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context as CelContext, Program, Value};

use super::subject::{self, Case};
use crate::model::injection::InjectionVerdict;
use crate::policy::definition::{CelRule, Policy};
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::{Entry, Node, NodeKind};

/// Longest expression, in bytes: one of some 20,000 terms overflows an 8 MiB stack.
const EXPRESSION_BYTES: usize = 8 << 10;
/// Deepest value handed to an expression.
const DEPTH: usize = 64;

/// Findings of a rule in CEL.
///
/// # Errors
/// When an expression cannot be compiled, or does not give what it must.
pub fn evaluate(policy: &Policy, rule: &CelRule, context: Context<'_>) -> Result<Vec<Finding>, String> {
    let fault = compile(&rule.fault)?;
    let message = compile(&rule.message)?;
    let parameters = json_value(&serde_json::Value::Object(policy.parameters.clone().into_iter().collect()));
    let mut findings = Vec::new();
    for case in subject::cases(rule.on, context) {
        let mut variables = CelContext::default();
        variables.add_variable_from_value("self", node_value(case.node, 0));
        variables.add_variable_from_value("object", node_value(case.object.root(), 0));
        variables.add_variable_from_value("relations", relations_value(&case, context));
        variables.add_variable_from_value("parameters", parameters.clone());
        variables.add_variable_from_value("profile", context.profile.id.clone());
        match fault.execute(&variables) {
            Ok(Value::Bool(false)) => continue,
            Ok(Value::Bool(true)) => {}
            Ok(other) => return Err(format!("`fault` gives {other:?}, not a boolean")),
            // A field of another type than the expression expects is the schema's finding, not a fault of this rule.
            Err(_) => continue,
        }
        let text = match message.execute(&variables) {
            Ok(Value::String(text)) => text.to_string(),
            Ok(other) => return Err(format!("`message` gives {other:?}, not a string")),
            // A name of another type than the sentence expects, or none: the fault is no smaller for that.
            Err(_) => policy.title.clone(),
        };
        findings.push(finding(policy, rule, &case, text));
    }
    Ok(findings)
}

fn compile(expression: &str) -> Result<Program, String> {
    if expression.len() > EXPRESSION_BYTES {
        return Err(format!("an expression has at most {EXPRESSION_BYTES} bytes"));
    }
    Program::compile(expression).map_err(|error| format!("`{expression}`: {error}"))
}

fn finding(policy: &Policy, rule: &CelRule, case: &Case<'_>, message: String) -> Finding {
    let mut last: Vec<&str> = Vec::new();
    for path in &rule.at {
        let keys: Vec<&str> = path.split('.').collect();
        let (leaf, parents) = match keys.split_last() {
            Some((leaf, parents)) => (*leaf, parents),
            None => continue,
        };
        if let Some(parent) = case.node.at(parents)
            && let Some(entry) = parent.entry(leaf)
        {
            return Finding::at_entry(policy, case.object, parent, entry, message).labelled(&rule.label);
        }
        last = keys;
    }
    Finding::missing(policy, case.object, case.node, &last, message).labelled(&rule.label)
}

fn relations_value(case: &Case<'_>, context: Context<'_>) -> Value {
    let relations = context.relations;
    let mut values: HashMap<Key, Value> = HashMap::new();
    let names = |names: Vec<String>| Value::List(Arc::new(names.into_iter().map(Value::from).collect()));
    if let Some(set) = case.set {
        let selects = relations
            .certain_workloads(set)
            .map(|workload| workload.pod.object.identity.to_string())
            .collect();
        values.insert("selects".into(), names(selects));
        values.insert("isMeshProxy".into(), Value::Bool(set.mesh.is_some()));
    }
    if let Some(workload) = case.workload {
        let selected_by = relations
            .certain_sets(workload)
            .map(|set| set.set.name().to_owned())
            .collect();
        values.insert("selectedBy".into(), names(selected_by));
        let namespace = workload.pod.object.identity.namespace.name();
        values.insert(
            "namespace".into(),
            namespace.map_or(Value::Null, |name| Value::from(name.to_owned())),
        );
        let injection = match workload.injection.verdict {
            InjectionVerdict::Injected => "injected",
            InjectionVerdict::NotInjected => "not-injected",
            InjectionVerdict::Unknown => "unknown",
        };
        values.insert("injection".into(), Value::from(injection.to_owned()));
    }
    Value::Map(Map {
        map: Arc::new(values),
    })
}

fn node_value(node: Node<'_>, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    match node.kind() {
        NodeKind::Null => Value::Null,
        NodeKind::Boolean => Value::Bool(node.as_bool().unwrap_or(false)),
        // By hand: `cel::to_value` makes positive numbers unsigned, and then `replicas + 1` fails.
        NodeKind::Integer => Value::Int(node.as_i64().unwrap_or(0)),
        NodeKind::Float => Value::Float(node.as_f64().unwrap_or(0.0)),
        NodeKind::Text => Value::from(node.as_str().unwrap_or("").to_owned()),
        NodeKind::Sequence => Value::List(Arc::new(
            node.items().map(|item| node_value(item, depth + 1)).collect(),
        )),
        NodeKind::Mapping => Value::Map(Map {
            map: Arc::new(
                node.entries()
                    // For Kubernetes a null field is an absent one, and `has()` must say so.
                    .filter(|entry| !entry.value().is_null())
                    .map(|entry: Entry<'_>| (Key::from(entry.key().to_owned()), node_value(entry.value(), depth + 1)))
                    .collect(),
            ),
        }),
    }
}

fn json_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Float(number.as_f64().unwrap_or(0.0)), Value::Int),
        serde_json::Value::String(text) => Value::from(text.clone()),
        serde_json::Value::Array(items) => Value::List(Arc::new(items.iter().map(json_value).collect())),
        serde_json::Value::Object(fields) => Value::Map(Map {
            map: Arc::new(
                fields
                    .iter()
                    .map(|(key, value)| (Key::from(key.clone()), json_value(value)))
                    .collect(),
            ),
        }),
    }
}
