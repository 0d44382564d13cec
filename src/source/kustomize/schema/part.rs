//! The way from a type to its fields and items (kyaml v0.18.1 `openapi/openapi.go` `Field`, `Elements`, `PatchStrategyAndKeyList`).

use super::{Definition, Schema};

/// So many definitions stand for one another at most; [`Schema::read`] refuses more.
pub(super) const REFERENCES: usize = 32;

/// Definitions of Kubernetes itself, as kustomize has them built in.
const KUBERNETES: &str = "io.k8s.";

/// A schema within a schema.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::kustomize) struct Part<'s> {
    schema: &'s Schema,
    id: u32,
    is_mixed: bool,
}

/// Where a step leads.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::kustomize) enum Reached<'s> {
    /// Nowhere that is known.
    Nothing,
    /// Here.
    Part(Part<'s>),
    /// To what may be another one.
    Doubt,
}

impl<'s> Part<'s> {
    pub(super) fn new(schema: &'s Schema, id: u32, is_mixed: bool) -> Self {
        Self { schema, id, is_mixed }
    }

    fn definition(self) -> Option<&'s Definition> {
        self.schema.definitions.get(self.id as usize)
    }

    /// The schema of a field.
    pub(in crate::source::kustomize) fn field(self, name: &str) -> Reached<'s> {
        let definition = self.definition();
        let field = definition.and_then(|definition| definition.fields.get(name).copied().or(definition.additional));
        self.resolved(field)
    }

    /// The schema of the items of a list.
    pub(in crate::source::kustomize) fn item(self) -> Reached<'s> {
        let list = self.definition().filter(|definition| definition.is_list);
        self.resolved(list.and_then(|list| list.items))
    }

    /// The fields by which items are told apart, if they are merged.
    pub(in crate::source::kustomize) fn merged(self) -> Option<&'s [String]> {
        self.definition()?.merged.as_deref()
    }

    /// What stands for it in the end.
    fn resolved(self, id: Option<u32>) -> Reached<'s> {
        let Some(mut id) = id else { return Reached::Nothing };
        for _ in 0..=REFERENCES {
            let part = Self { id, ..self };
            let Some(definition) = part.definition() else {
                return Reached::Nothing;
            };
            let Some(name) = &definition.reference else {
                return Reached::Part(part);
            };
            if self.is_mixed && name.starts_with(KUBERNETES) {
                return Reached::Doubt;
            }
            match self.schema.by_name.get(name) {
                Some(next) => id = *next,
                None => return Reached::Nothing,
            }
        }
        Reached::Doubt
    }
}
