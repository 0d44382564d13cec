//! What is asked of the repository: policies as data, who evaluates them, and what they find.

pub mod catalog;
pub mod comparison;
pub mod definition;
pub mod documentation;
pub mod evaluate;
pub mod evaluator;
pub mod examples;
pub mod finding;
pub mod judge;
pub mod mend;
mod rendered;
pub mod schema;
pub mod suppression;
pub mod touched;
