//! Rules in JSON Schema.

use super::subject::{self, Case};
use crate::policy::definition::{Policy, SchemaRule};
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, fill};
use crate::source::decode::{Node, write_json};

/// Findings of a rule in JSON Schema.
///
/// # Errors
/// When the schema cannot be used.
pub fn evaluate(policy: &Policy, rule: &SchemaRule, context: Context<'_>) -> Result<Vec<Finding>, String> {
    let validator = jsonschema::validator_for(&rule.schema).map_err(|error| error.to_string())?;
    let mut findings = Vec::new();
    for case in subject::cases(rule.on, context) {
        let mut text = String::new();
        write_json(case.node, &mut text);
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        for error in validator.iter_errors(&value) {
            let message = fill(&rule.message, &[("error", &error.to_string())]);
            let node = follow(&case, error.instance_path().as_str());
            findings.push(Finding::at(policy, case.object, node, message));
        }
    }
    Ok(findings)
}

/// The node at a JSON pointer below the case.
fn follow<'c>(case: &Case<'c>, pointer: &str) -> Node<'c> {
    let mut node = case.node;
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let next = match part.parse::<usize>() {
            Ok(index) if node.items().len() > 0 => node.items().nth(index),
            _ => node.entry(&part).map(crate::source::decode::Entry::value),
        };
        let Some(next) = next else {
            break;
        };
        node = next;
    }
    node
}
