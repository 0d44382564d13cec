//! A document while it is built: what a transformer may change, each part with the place that it comes from.
//!
//! Recursive, since its depth is bounded: what is nested deeper than [`limits::RENDERED_DEPTH`] is refused where it is read.
//!
//! [`limits::RENDERED_DEPTH`]: crate::source::limits::RENDERED_DEPTH

use std::sync::Arc;

use crate::source::decode::Style;
use crate::source::limits;
use crate::source::text::Span;

/// Index of a file among the [`Sources`](super::sources::Sources) of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// What put a part of a document where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// It is written in a resource.
    Resource,
    /// A patch, of either sort.
    Patch,
    /// `namespace`
    Namespace,
    /// `namePrefix`
    NamePrefix,
    /// `nameSuffix`
    NameSuffix,
    /// `commonLabels` or `labels`
    Labels,
    /// `commonAnnotations`
    Annotations,
    /// `images`
    Images,
    /// `replicas`
    Replicas,
    /// `replacements`
    Replacement,
    /// `vars`
    Variable,
    /// `configMapGenerator` or `secretGenerator`
    Generator,
    /// A reference that follows the new name of the object it means.
    NameReference,
    /// Another program built it, and does not say how.
    Unknown,
}

impl Step {
    /// The field of a kustomization that does it, as a message names it; `None` for what is written in a resource.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        Some(match self {
            Self::Resource => return None,
            Self::Patch => "patches",
            Self::Namespace => "namespace",
            Self::NamePrefix => "namePrefix",
            Self::NameSuffix => "nameSuffix",
            Self::Labels => "labels",
            Self::Annotations => "commonAnnotations",
            Self::Images => "images",
            Self::Replicas => "replicas",
            Self::Replacement => "replacements",
            Self::Variable => "vars",
            Self::Generator => "generator",
            Self::NameReference => "nameReference",
            Self::Unknown => "unknown",
        })
    }
}

/// Where a part of a document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
    /// How it is written there.
    pub style: Style,
    /// What put it there.
    pub step: Step,
    /// What stood there before, if it replaced something.
    pub before: Option<Arc<Origin>>,
    /// Where it is written that the value goes here, if that is another place than the value's.
    pub put_at: Option<(FileId, Span)>,
}

impl Origin {
    /// A place that replaces nothing.
    #[must_use]
    pub fn new(file: FileId, span: Span, style: Style, step: Step) -> Self {
        Self {
            file,
            span,
            style,
            step,
            before: None,
            put_at: None,
        }
    }

    /// The same place, standing for what was at `old` before. Of very many places that stood for one another only the first is kept.
    #[must_use]
    pub fn instead_of(&self, old: &Self) -> Self {
        let old = if 1 + old.former().count() < limits::PLACES_REMEMBERED {
            old
        } else {
            old.first()
        };
        Self {
            before: Some(Arc::new(old.clone())),
            ..self.clone()
        }
    }

    /// The places of what stood there before, the last first.
    pub(super) fn former(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(self.before.as_deref(), |origin| origin.before.as_deref())
    }

    /// The place of what stood there first.
    #[must_use]
    pub fn first(&self) -> &Self {
        let mut origin = self;
        while let Some(before) = &origin.before {
            origin = before;
        }
        origin
    }
}

/// So many bytes of text take about as much memory as one value.
const BYTES_OF_A_VALUE: usize = 64;

/// A part of a document.
#[derive(Debug, Clone)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a [`Value`] is.
#[derive(Debug, Clone)]
pub enum Data {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Arc<str>),
    /// A list.
    List(Vec<Value>),
    /// A mapping; each key occurs once.
    Map(Vec<Field>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Field {
    /// The key.
    pub key: Arc<str>,
    /// Where the key is written.
    pub key_origin: Origin,
    /// The value.
    pub value: Value,
}

impl Value {
    /// A string.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Self {
            data: Data::Text(text.into()),
            origin,
        }
    }

    /// A mapping without entries.
    #[must_use]
    pub fn map(origin: Origin) -> Self {
        Self {
            data: Data::Map(Vec::new()),
            origin,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How many values there are in it, long texts and values with a history counted as several.
    #[must_use]
    pub fn size(&self) -> usize {
        let below: usize = match &self.data {
            Data::Text(text) => text.len() / BYTES_OF_A_VALUE,
            Data::List(items) => items.iter().map(Self::size).sum(),
            Data::Map(fields) => fields
                .iter()
                .map(|field| field.value.size() + field.key.len() / BYTES_OF_A_VALUE)
                .sum(),
            _ => 0,
        };
        // What is told of a value that did not come from a resource takes memory, too.
        let is_changed = self.origin.step.field().is_some();
        1 + below + usize::from(is_changed) + self.origin.former().count()
    }

    /// The fields of a mapping; none of anything else.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match &self.data {
            Data::Map(fields) => fields,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a field, null too.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.fields()
            .iter()
            .find(|field| &*field.key == key)
            .map(|field| &field.value)
    }

    /// The value of a field, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.data {
            Data::Map(fields) => fields
                .iter_mut()
                .find(|field| &*field.key == key)
                .map(|field| &mut field.value),
            _ => None,
        }
    }

    /// The value at the end of a way of keys.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The string at the end of a way of keys.
    #[must_use]
    pub fn str_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys).and_then(Self::as_str)
    }

    /// Sets a field of a mapping, at its old place or at the end. What it replaces is remembered. Of anything but a mapping it
    /// makes one.
    pub fn set(&mut self, key: &str, key_origin: &Origin, mut value: Self) {
        if let Some(old) = self.get_mut(key) {
            value.origin = value.origin.instead_of(&old.origin);
            *old = value;
            return;
        }
        let field = Field {
            key: key.into(),
            key_origin: key_origin.clone(),
            value,
        };
        match &mut self.data {
            Data::Map(fields) => fields.push(field),
            data => *data = Data::Map(vec![field]),
        }
    }

    /// Takes a field out of a mapping.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let Data::Map(fields) = &mut self.data else {
            return None;
        };
        let at = fields.iter().position(|field| &*field.key == key)?;
        Some(fields.remove(at).value)
    }

    /// Puts other data here, which came from `origin`.
    pub fn replace(&mut self, data: Data, origin: &Origin) {
        self.origin = origin.instead_of(&self.origin);
        self.data = data;
    }

    /// Whether two values are equal as JSON, wherever they come from; the order of fields is no difference.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "as JSON readers compare numbers"
        )]
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(one), Data::Bool(other)) => one == other,
            (Data::Int(one), Data::Int(other)) => one == other,
            (Data::Float(one), Data::Float(other)) => one == other,
            (Data::Int(whole), Data::Float(number)) | (Data::Float(number), Data::Int(whole)) => {
                *whole as f64 == *number
            }
            (Data::Text(one), Data::Text(other)) => one == other,
            (Data::List(one), Data::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.equals(other))
            }
            (Data::Map(one), Data::Map(fields)) => {
                one.len() == fields.len()
                    && one
                        .iter()
                        .all(|field| other.get(&field.key).is_some_and(|value| field.value.equals(value)))
            }
            _ => false,
        }
    }
}
