//! `openapi`: the schema by which kustomize merges patches and tells which kinds have a namespace
//! (kyaml v0.18.1 `openapi/openapi.go`).
//!
//! There is one for a whole run of kustomize. The first kustomization that it loads and that has one sets it, from there on for all, also for
//! those above; later ones are passed over. One of a file takes the place of the schema that kustomize has built in, unless that was
//! needed before: then both hold.

mod part;
mod read;
pub mod run;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) use part::{Part, Reached};

/// What is known of types in a part of a run.
#[derive(Debug, Clone, Copy, Default)]
pub enum Known<'s> {
    /// What kustomize has built in.
    #[default]
    BuiltIn,
    /// What a file says, and nothing else.
    Custom(&'s Schema),
    /// What a file says, and perhaps what kustomize has built in: before it or behind it.
    Mixed(&'s Schema),
}

/// A schema of a file.
#[derive(Debug, Default)]
pub struct Schema {
    definitions: Vec<Definition>,
    by_name: HashMap<String, u32>,
    /// By `apiVersion` and kind; nothing where two definitions say that they are one type.
    by_type: BTreeMap<(String, String), Option<u32>>,
    /// Types that have paths, none of them in a namespace.
    cluster_scoped: BTreeSet<(String, String)>,
}

/// One schema within a schema.
#[derive(Debug, Default)]
struct Definition {
    fields: HashMap<String, u32>,
    /// What all fields hold that are not named.
    additional: Option<u32>,
    items: Option<u32>,
    /// Whether it is a list, and nothing else.
    is_list: bool,
    /// Another one that stands for this one.
    reference: Option<String>,
    /// The fields by which the items of a list are told apart, if they are merged.
    merged: Option<Vec<String>>,
}

/// What a schema says of a type.
#[derive(Debug, Clone, Copy)]
pub(super) enum OfType<'s> {
    /// Nothing.
    Nothing,
    /// This.
    Part(Part<'s>),
    /// More than one thing.
    Several,
}

impl Schema {
    /// What it says of a type; with `is_mixed`, definitions of Kubernetes may be others than its own.
    pub(super) fn of_type(&self, api_version: &str, kind: &str, is_mixed: bool) -> OfType<'_> {
        match self.by_type.get(&(api_version.to_owned(), kind.to_owned())) {
            None => OfType::Nothing,
            Some(None) => OfType::Several,
            Some(Some(id)) => OfType::Part(Part::new(self, *id, is_mixed)),
        }
    }

    /// Whether it says that a kind has no namespace.
    #[must_use]
    pub fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        !self.cluster_scoped.is_empty() && self.cluster_scoped.contains(&(api_version.to_owned(), kind.to_owned()))
    }
}

impl<'s> Known<'s> {
    /// The schema of a file, if there is one.
    #[must_use]
    pub fn custom(self) -> Option<&'s Schema> {
        match self {
            Self::BuiltIn => None,
            Self::Custom(schema) | Self::Mixed(schema) => Some(schema),
        }
    }
}
