//! What a thing is: plain data and the questions that can be answered from it alone, without files, YAML or a cluster.

pub mod image;
pub mod injection;
pub mod int_or_percent;
pub mod kruise_version;
pub mod overlap;
pub mod placeholder;
pub mod quantity;
pub mod selector;
pub mod verdict;
