//! The built-in evaluators: one file each, one line each in the table.

mod decoder_fault;
mod file_mode;
mod object_schema;
mod object_type;
mod renamed_key;
mod skipped_path;
mod string_due;
mod unreadable_path;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// A function that finds the faults of a policy.
pub(crate) type Evaluate = fn(&Policy, Context<'_>) -> Vec<Finding>;

/// Every built-in evaluator, by the name that policy files call it by.
const BUILTINS: &[(&str, Evaluate)] = &[
    ("decoder-fault", decoder_fault::evaluate),
    ("file-mode", file_mode::evaluate),
    ("incomplete-type", object_type::incomplete),
    ("misspelt-type", object_type::misspelt),
    ("renamed-key", renamed_key::evaluate),
    ("skipped-path", skipped_path::evaluate),
    ("string-due", string_due::evaluate),
    ("unknown-field", object_schema::unknown_field),
    ("unreadable-path", unreadable_path::evaluate),
    ("wrong-type", object_schema::wrong_type),
];

/// The built-in evaluator of this name.
pub(crate) fn find(name: &str) -> Option<Evaluate> {
    BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, evaluate)| evaluate)
}
