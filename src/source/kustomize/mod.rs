//! Kustomizations, built in our own code on the decoded tree, so that each part of the result still knows its bytes.
//!
//! ```text
//! sources ─ read (documents → values) ─ build (a kustomization → resources, by transformers) ─ freeze (values → trees)
//! ```
//!
//! What is followed is kustomize 5.5 (kustomize api v0.18.0, kyaml v0.18.1), which kubectl 1.32 has within. What this code
//! is not sure to build as kustomize does is [not understood](problem::BuildVerdict::NotUnderstood): no result is better than a wrong one.

mod allowance;
mod build;
mod circles;
pub mod cluster_scoped;
pub mod configuration;
pub mod fallback;
mod field_path;
pub mod field_spec;
pub mod fields;
pub mod finish;
pub mod freeze;
pub mod generate;
mod go_struct;
pub mod graph;
pub mod hash;
mod label_selector;
pub mod layer;
mod name_reference;
mod odd_text;
pub mod patch;
pub mod plugin;
pub mod problem;
mod read;
pub mod rendering;
mod replacement;
pub mod resource;
mod scalar;
pub mod schema;
mod shared;
pub mod sources;
#[cfg(test)]
mod testing;
pub mod transform;
pub mod value;
pub mod variable;
