//! An object and a patch while they are merged: parts with an identity, which both may share, as kustomize's have.

use std::sync::Arc;

use super::budget::Budget;
use super::quoting::Quoting;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::scalar::text_of;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Field, Origin, Value};
use crate::source::limits;

/// Index of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartId(usize);

/// A part of an object or a patch.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// What it is.
    pub(super) content: Content,
    /// Where it comes from.
    pub(super) origin: Origin,
    /// Whether kustomize would write it in quotes.
    pub(super) quoting: Quoting,
    /// Whether it is a null of which nothing is written.
    pub(super) is_left_out: bool,
}

/// What a part is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Neither a list nor a mapping.
    Scalar(Data),
    /// A list.
    List(Vec<PartId>),
    /// A mapping; each key occurs once.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: Arc<str>,
    /// Where the key is written.
    pub(super) key_origin: Origin,
    /// The value.
    pub(super) value: PartId,
}

/// The sorts of content; null is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string, a number, a boolean.
    Scalar,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

impl Shape {
    /// As a message names it.
    pub(super) fn with_article(self) -> &'static str {
        match self {
            Self::Scalar => "a plain value",
            Self::List => "a list",
            Self::Mapping => "a mapping",
        }
    }
}

/// All parts of one object and one patch.
pub(super) struct Parts<'b> {
    all: Vec<Part>,
    sources: &'b Sources,
    budget: &'b mut Budget,
}

impl<'b> Parts<'b> {
    /// No parts yet.
    pub(super) fn new(sources: &'b Sources, budget: &'b mut Budget) -> Self {
        Self {
            all: Vec::new(),
            sources,
            budget,
        }
    }

    /// Takes account of looks at parts.
    pub(super) fn step(&mut self, count: usize) -> Result<(), Problem> {
        self.budget.step(count)
    }

    /// Adds a value with all that is in it. `is_rewritten` says that kustomize has written it anew since it was read.
    pub(super) fn take(&mut self, value: Value, is_rewritten: bool) -> PartId {
        let quoting = Quoting::of(&value, is_rewritten);
        let content = match value.data {
            Data::List(items) => Content::List(items.into_iter().map(|item| self.take(item, is_rewritten)).collect()),
            Data::Map(fields) => Content::Mapping(
                fields
                    .into_iter()
                    .map(|field| Entry {
                        key: field.key,
                        key_origin: field.key_origin,
                        value: self.take(field.value, is_rewritten),
                    })
                    .collect(),
            ),
            scalar => Content::Scalar(scalar),
        };
        let is_null = matches!(content, Content::Scalar(Data::Null));
        self.push(Part {
            content,
            is_left_out: is_null && !is_rewritten && value.origin.span.is_empty(),
            origin: value.origin,
            quoting,
        })
    }

    /// Adds a part.
    pub(super) fn push(&mut self, part: Part) -> PartId {
        self.all.push(part);
        PartId(self.all.len() - 1)
    }

    /// The part.
    pub(super) fn get(&self, id: PartId) -> &Part {
        &self.all[id.0]
    }

    /// The part, to be changed.
    pub(super) fn get_mut(&mut self, id: PartId) -> &mut Part {
        &mut self.all[id.0]
    }

    /// A part as a value. One that stands in several places becomes several.
    pub(super) fn value(&mut self, id: PartId) -> Result<Value, Problem> {
        let mut count = 0;
        self.value_below(id, 0, &mut count)
    }

    fn value_below(&mut self, id: PartId, depth: usize, count: &mut usize) -> Result<Value, Problem> {
        *count += 1;
        if depth > limits::RENDERED_DEPTH || *count > limits::RENDERED_NODES {
            return Err(
                Problem::too_large("a patch would make this object too large, or nest it too deep")
                    .or_at(&self.get(id).origin),
            );
        }
        let Part { content, origin, .. } = self.get(id).clone();
        let data = match content {
            Content::Scalar(data) => data,
            Content::List(items) => Data::List(
                items
                    .into_iter()
                    .map(|item| self.value_below(item, depth + 1, count))
                    .collect::<Result<_, _>>()?,
            ),
            Content::Mapping(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                for entry in entries {
                    fields.push(Field {
                        key: entry.key,
                        key_origin: entry.key_origin,
                        value: self.value_below(entry.value, depth + 1, count)?,
                    });
                }
                Data::Map(fields)
            }
        };
        Ok(Value { data, origin })
    }

    /// The sort of content; `None` for null.
    pub(super) fn shape(&self, id: PartId) -> Option<Shape> {
        match &self.get(id).content {
            Content::Scalar(Data::Null) => None,
            Content::Scalar(_) => Some(Shape::Scalar),
            Content::List(_) => Some(Shape::List),
            Content::Mapping(_) => Some(Shape::Mapping),
        }
    }

    /// Whether it is null.
    pub(super) fn is_null(&self, id: PartId) -> bool {
        self.shape(id).is_none()
    }

    /// Whether it is null, or a mapping without entries.
    pub(super) fn is_null_or_empty_mapping(&self, id: PartId) -> bool {
        match &self.get(id).content {
            Content::Scalar(data) => matches!(data, Data::Null),
            Content::List(_) => false,
            Content::Mapping(entries) => entries.is_empty(),
        }
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self, id: PartId) -> &[PartId] {
        match &self.get(id).content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(&self, id: PartId) -> &[Entry] {
        match &self.get(id).content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a field, null too.
    pub(super) fn field(&self, id: PartId, key: &str) -> Option<PartId> {
        let entry = self.entries(id).iter().find(|entry| &*entry.key == key)?;
        Some(entry.value)
    }

    /// Takes a field out of a mapping.
    pub(super) fn remove_field(&mut self, id: PartId, key: &str) {
        if let Content::Mapping(entries) = &mut self.get_mut(id).content {
            entries.retain(|entry| &*entry.key != key);
        }
    }

    /// The characters that kustomize compares: of a scalar as it is written, none of a list or a mapping.
    pub(super) fn text(&self, id: PartId) -> Result<Arc<str>, Problem> {
        let part = self.get(id);
        match &part.content {
            Content::Scalar(Data::Text(text)) => Ok(Arc::clone(text)),
            Content::Scalar(data) => {
                let value = Value {
                    data: data.clone(),
                    origin: part.origin.clone(),
                };
                // In objects that were written anew numbers that look odd became usual ones; keys are no such numbers.
                Ok(text_of(&value, false, self.sources)?.into())
            }
            Content::List(_) | Content::Mapping(_) => Ok("".into()),
        }
    }
}
