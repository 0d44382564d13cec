//! Rules in CEL.
//!
//! At hand are `self` (what the rule is about), `object` (the whole object), `relations` (what was computed across objects),
//! `profile` and `parameters`. Expressions are compiled once; a long one is refused, since the interpreter recurses over it.

mod fields;
mod value;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::iter;
use std::sync::{Arc, OnceLock};

use cel::objects::{Key, Map};
use cel::{Context as CelContext, Env, Program, Value};

use super::subject::{self, Case};
use crate::model::injection::InjectionVerdict;
use crate::policy::definition::{CelRule, Policy};
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::spelling;
use fields::Fields;

/// Longest expression, in bytes: one of some 20,000 terms overflows an 8 MiB stack.
const EXPRESSION_BYTES: usize = 8 << 10;

/// Findings of a rule in CEL.
///
/// # Errors
/// When an expression cannot be compiled, or does not give what it must.
pub fn evaluate(policy: &Policy, rule: &CelRule, context: Context<'_>) -> Result<Vec<Finding>, String> {
    let fault = compile(&rule.fault)?;
    let message = compile(&rule.message)?;
    let parameters = value::of_json(&serde_json::Value::Object(
        policy.parameters.clone().into_iter().collect(),
    ));
    let help = rule
        .help
        .iter()
        .map(|(name, expression)| Ok((name.as_str(), compile(expression)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let environment = environment();
    let judged = Variables::of(&[&fault]);
    let told = Variables::of(
        &iter::once(&message)
            .chain(help.iter().map(|(_, program)| program))
            .collect::<Vec<_>>(),
    );
    let mut findings = Vec::new();
    for case in subject::cases(rule.on, context) {
        let mut variables = CelContext::with_env(Arc::clone(&environment));
        judged.add(&mut variables, &case, context, &parameters);
        match fault.execute(&variables) {
            Ok(Value::Bool(true)) => {}
            // A field of another type than the expression expects is the schema's finding, not a fault of this rule.
            Ok(Value::Bool(false)) | Err(_) => continue,
            Ok(other) => return Err(format!("`fault` gives {other:?}, not a boolean")),
        }
        told.add(&mut variables, &case, context, &parameters);
        let text = match message.execute(&variables) {
            Ok(Value::String(text)) => text.to_string(),
            Ok(other) => return Err(format!("`message` gives {other:?}, not a string")),
            // A name of another type than the sentence expects, or none: the fault is no smaller for that.
            Err(_) => policy.title.clone(),
        };
        let help: Vec<(&str, String)> = help
            .iter()
            .map(|(name, program)| match program.execute(&variables) {
                Ok(Value::String(text)) => (*name, text.to_string()),
                _ => (*name, format!("<{name}>")),
            })
            .collect();
        let help: Vec<(&str, &str)> = help.iter().map(|(name, text)| (*name, text.as_str())).collect();
        findings.extend(finding(policy, rule, &case, text).map(|finding| finding.with_help(&help)));
    }
    Ok(findings)
}

/// The variables of some expressions. What they do not name is not converted: a SidecarSet has hundreds of values.
struct Variables<'p> {
    names: HashSet<&'static str>,
    fields_of_self: Fields<'p>,
    fields_of_object: Fields<'p>,
}

impl<'p> Variables<'p> {
    fn of(programs: &[&'p Program]) -> Self {
        let names = programs
            .iter()
            .flat_map(|program| {
                let references = program.references();
                VARIABLES.into_iter().filter(move |name| references.has_variable(name))
            })
            .collect();
        Self {
            names,
            fields_of_self: Fields::of("self", programs),
            fields_of_object: Fields::of("object", programs),
        }
    }

    fn add(&self, variables: &mut CelContext<'_, '_>, case: &Case<'_>, context: Context<'_>, parameters: &Value) {
        for &name in &self.names {
            let value = match name {
                "self" => value::of_node(case.node, &self.fields_of_self),
                "object" => value::of_node(case.object.root(), &self.fields_of_object),
                "relations" => relations_value(case, context),
                "parameters" => parameters.clone(),
                _ => Value::from(context.profile.id.clone()),
            };
            variables.add_variable_from_value(name, value);
        }
    }
}

/// What expressions can name.
const VARIABLES: [&str; 5] = ["self", "object", "relations", "parameters", "profile"];

/// The functions of CEL; making their table takes longer than most expressions do, so it is made once.
fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    Arc::clone(ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib())))
}

fn compile(expression: &str) -> Result<Program, String> {
    if expression.len() > EXPRESSION_BYTES {
        return Err(format!("an expression has at most {EXPRESSION_BYTES} bytes"));
    }
    Program::compile(expression).map_err(|error| format!("`{expression}`: {error}"))
}

/// The finding, unless what is missing is there under a misspelt name: `unknown-field` says so already.
fn finding(policy: &Policy, rule: &CelRule, case: &Case<'_>, message: String) -> Option<Finding> {
    let is_misspelt = |path: &String| spelling::is_misspelt(case.node, &path.split('.').collect::<Vec<_>>());
    if rule.at.iter().any(is_misspelt) {
        return None;
    }
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
            return Some(Finding::at_entry(policy, case.object, parent, entry, message).labelled(&rule.label));
        }
        last = keys;
    }
    Some(Finding::missing(policy, case.object, case.node, &last, message).labelled(&rule.label))
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
        let namespaces: BTreeSet<&str> = relations
            .certain_workloads(set)
            .filter_map(|workload| workload.pod.object.identity.namespace.name())
            .collect();
        let namespaces = namespaces.into_iter().map(str::to_owned).collect();
        values.insert("namespaces".into(), names(namespaces));
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
    Value::Map(Map { map: Arc::new(values) })
}
