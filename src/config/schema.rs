//! The JSON Schema of a configuration, and what it says of one in words for people.

use std::fmt::Write;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::file::ConfigurationFile;
use super::problem::Problem;
use crate::policy::finding::shortened;
use crate::policy::schema::fault::{allowed_fields, expected, follow};
use crate::policy::schema::instance::{Instance, TreeJson};
use crate::source::decode::{Entry, Node, NodeKind};
use crate::source::spelling;
use crate::source::text::Span;

/// The schema, as it is published.
#[must_use]
pub fn schema() -> Value {
    schema_of::<ConfigurationFile>()
}

fn schema_of<T: JsonSchema>() -> Value {
    // What a key that is left out means is said in words; `null` for it is not taken.
    let without_defaults = RecursiveTransform(|schema: &mut Schema| {
        schema.remove("default");
    });
    SchemaSettings::draft2020_12()
        .with_transform(without_defaults)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

struct Compiled {
    schema: Value,
    validator: Validator<TreeJson>,
}

/// Compiled when it is first asked for.
fn compiled() -> Result<&'static Compiled, String> {
    static COMPILED: OnceLock<Result<Compiled, String>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| compile(schema()));
    compiled.as_ref().map_err(Clone::clone)
}

fn compile(schema: Value) -> Result<Compiled, String> {
    let validator = jsonschema::options_for::<TreeJson>()
        .build(&schema)
        .map_err(|error| error.to_string())?;
    Ok(Compiled { schema, validator })
}

/// What the schema does not allow.
///
/// # Errors
/// If our schema cannot be compiled; every test of a configuration compiles it.
pub(super) fn problems(root: Node<'_>) -> Result<Vec<Problem>, String> {
    Ok(compiled()?.problems(root))
}

/// What the schema of another sort of file does not allow.
///
/// # Errors
/// As above.
pub(super) fn problems_of_type<T: JsonSchema>(root: Node<'_>) -> Result<Vec<Problem>, String> {
    Ok(compile(schema_of::<T>())?.problems(root))
}

impl Compiled {
    fn problems(&self, root: Node<'_>) -> Vec<Problem> {
        let errors = self.validator.iter_errors(Instance::Node(root));
        errors
            .flat_map(|error| problems_of(&error, &self.schema, root))
            .collect()
    }
}

fn problems_of(error: &ValidationError<'_>, schema: &Value, root: Node<'_>) -> Vec<Problem> {
    let Some(node) = follow(root, error.instance_path().as_str()) else {
        return Vec::new();
    };
    let problem = |message: String| vec![Problem::new(node.span(), message)];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let allowed = allowed_fields(schema, error.schema_path().as_str());
            let entries = unexpected.iter().filter_map(|key| node.entry(key));
            entries.map(|entry| unknown_key(entry, &allowed)).collect()
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            // Of a misspelt key it is said that it is unknown.
            if spelling::misspelt(node, key).is_some() {
                return Vec::new();
            }
            vec![Problem::new(first_key(node), format!("`{key}` is missing here"))]
        }
        ValidationErrorKind::Type { kind } => problem(wrong_type(node, &expected(kind))),
        ValidationErrorKind::Constant { expected_value } => problem(format!("this must be `{expected_value}`")),
        ValidationErrorKind::Enum { options } => problem(wrong_choice(node, options)),
        ValidationErrorKind::MinItems { .. } => problem("this list is empty; name at least one".to_owned()),
        ValidationErrorKind::MinLength { .. } | ValidationErrorKind::MinProperties { .. } => {
            problem("this is empty".to_owned())
        }
        ValidationErrorKind::MaxItems { limit } => {
            let list = error.instance_path().as_str().trim_start_matches('/').to_owned();
            vec![Problem::new(
                first_key(node),
                format!("more than {limit} items in `{list}`"),
            )]
        }
        ValidationErrorKind::Minimum { limit } => problem(format!("this is less than {limit}")),
        // Values with a pattern are judged by their own types, which say more.
        ValidationErrorKind::Pattern { .. } => Vec::new(),
        _ => problem("this is not allowed here".to_owned()),
    }
}

fn unknown_key(entry: Entry<'_>, allowed: &[&str]) -> Problem {
    let key = shortened(entry.key());
    let hint = match spelling::nearest(entry.key(), allowed.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", quoted(allowed)),
    };
    Problem::new(entry.key_span(), format!("unknown key `{key}`; {hint}"))
}

fn wrong_type(node: Node<'_>, due: &str) -> String {
    let mut message = format!("{due} is due here, this is {}", node.kind().with_article());
    let source = shortened(node.source());
    let is_scalar = matches!(node.kind(), NodeKind::Boolean | NodeKind::Integer | NodeKind::Float);
    if is_scalar && due == "a string" {
        let _ = write!(message, "; quote it: `\"{source}\"`");
    } else if node.kind() == NodeKind::Text && due == "a list" && !source.contains('\n') {
        let _ = write!(message, "; write `[{source}]`");
    }
    message
}

fn wrong_choice(node: Node<'_>, options: &Value) -> String {
    let known: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(written) = node.as_str() else {
        return format!(
            "one of {} is due here, this is {}",
            quoted(&known),
            node.kind().with_article()
        );
    };
    match spelling::nearest(written, known.iter().copied()) {
        Some(meant) => format!("unknown value `{written}`; did you mean `{meant}`?"),
        None => format!("unknown value `{}`; known here: {}", shortened(written), quoted(&known)),
    }
}

/// "`a`, `b`, `c`".
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Where a mapping or a list is pointed at as a whole: its first key, or its first item's.
fn first_key(node: Node<'_>) -> Span {
    let first_item = node.items().next().unwrap_or(node);
    let first_entry = first_item.entries().next();
    first_entry.map_or(node.span(), Entry::key_span)
}
