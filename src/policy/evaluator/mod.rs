//! Who decides whether there is a fault: built-in functions, CEL, JSON Schema.

pub mod builtin;
pub mod cel;
pub mod schema;
mod subject;
