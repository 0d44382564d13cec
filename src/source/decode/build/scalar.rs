//! Scalars and aliases, as values and as keys.

use std::borrow::Cow;

use super::super::budget::Exceeded;
use super::super::fault::{Fault, FaultKind};
use super::super::scalar::{JsonNumber, Scalar, Tag, json_number, key_text, resolve, resolve_tagged};
use super::super::tree::{NodeData, Style, TextRef, Value};
use super::refusal::{collection_as_key, no_such_number};
use super::{Anchored, Builder, Frame, Key, KeyText, PendingKey, Source};
use crate::source::text::Span;

impl<'t> Builder<'t> {
    pub(super) fn scalar(
        &mut self,
        source: Source<'_>,
        style: Style,
        anchor: Option<&'t str>,
        tag: Option<Tag>,
        span: Span,
    ) {
        let text = source.text;
        let is_merge = text == "<<"
            && match tag {
                None => style == Style::Plain,
                Some(tag) => matches!(tag, Tag::Merge | Tag::Bare),
            };
        let expects_key = self.expects_key();
        let before = self.budget.now();
        // go-yaml does not decode the `<<` of a merge.
        if !(expects_key && is_merge) {
            self.spend(text.len(), span);
        }
        let resolved = match (style, tag) {
            (_, Some(tag)) => resolve_tagged(tag, text),
            (Style::Plain, None) => Ok(resolve(text)),
            (_, None) => Ok(Scalar::Text(Cow::Borrowed(text))),
        };
        let scalar = match resolved {
            Ok(scalar) => scalar,
            Err(message) => {
                self.refuse(Fault::new(FaultKind::InvalidTag, span, message));
                Scalar::Null
            }
        };
        let key = (expects_key || anchor.is_some()).then(|| self.key_of(&scalar, source));
        if anchor.is_some() || !expects_key {
            let value = self.value_of(scalar, source);
            let node = self.push(NodeData { value, span, style });
            if let Value::Float(number) = value
                && !number.is_finite()
            {
                self.unsayable.insert(node, no_such_number(span));
            }
            if let Some(name) = anchor {
                self.budget.close_anchored(node, before);
                self.anchors.insert(name, Anchored { node, key });
            }
            if !expects_key {
                self.place(node);
                return;
            }
        }
        if is_merge {
            self.set_key(Key::Merge(span));
        } else if let Some(key) = key {
            self.take_key(key, span, style);
        }
    }

    pub(super) fn alias(&mut self, name: &str, span: Span) {
        self.has_alias = true;
        let Some(&Anchored { node: target, key }) = self.anchors.get(name) else {
            self.refuse(Fault::new(
                FaultKind::Syntax,
                span,
                "no anchor of this name stands above",
            ));
            self.take_null(span);
            return;
        };
        let is_open = self.stack.iter().any(|frame| match frame {
            Frame::Sequence { node, .. } | Frame::Mapping { node, .. } => *node == target,
            Frame::KeyCollection { .. } => false,
        });
        if is_open {
            self.refuse(Fault::new(
                FaultKind::ExcessiveAliasing,
                span,
                "this alias stands inside its own anchor",
            ));
            self.take_null(span);
            return;
        }
        if self.budget.alias(target) == Err(Exceeded) {
            self.refuse_aliasing(span);
        }
        if self.expects_key() {
            let style = self.nodes[target.0 as usize].style;
            if let Some(key) = key {
                self.take_key(key, span, style);
            } else {
                self.refuse(collection_as_key(span));
                self.set_key(Key::Bad);
            }
            return;
        }
        let style = Style::Alias;
        let node = self.push(NodeData {
            value: Value::Alias(target),
            span,
            style,
        });
        self.place(node);
    }

    fn take_null(&mut self, span: Span) {
        if self.expects_key() {
            self.set_key(Key::Bad);
        } else {
            let node = self.push(NodeData {
                value: Value::Null,
                span,
                style: Style::Plain,
            });
            self.place(node);
        }
    }

    fn take_key(&mut self, key: KeyText, span: Span, style: Style) {
        if !key.is_sayable
            && let Some(Frame::Mapping { node, .. }) = self.stack.last()
        {
            let what = match self.key_str(key.text) {
                "" => "nothing".to_owned(),
                text => format!("`{text}`"),
            };
            self.unsayable.insert(
                *node,
                Fault::new(
                    FaultKind::InvalidKey,
                    span,
                    format!("{what} cannot be a key for Kubernetes; quote it"),
                ),
            );
        }
        self.set_key(Key::Text(PendingKey {
            text: key.text,
            span,
            style,
            is_text: key.is_text,
        }));
    }

    /// The scalar as the key of a JSON object.
    fn key_of(&mut self, scalar: &Scalar<'_>, source: Source<'_>) -> KeyText {
        let is_text = matches!(scalar, Scalar::Text(_));
        let (text, is_sayable) = match scalar {
            Scalar::Text(text) => (self.text_ref(text, source), true),
            other => match key_text(other) {
                Some(text) => (self.own(&text), true),
                None => (self.own(source.text), false),
            },
        };
        KeyText {
            text,
            is_text,
            is_sayable,
        }
    }

    fn value_of(&mut self, scalar: Scalar<'_>, source: Source<'_>) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Number(number) => match json_number(number) {
                JsonNumber::Int(value) => Value::Int(value),
                JsonNumber::Float(value) => Value::Float(value),
            },
            Scalar::Text(text) => Value::Text(self.text_ref(&text, source)),
        }
    }

    /// Text that stands in the file as it is stays there.
    fn text_ref(&mut self, text: &str, source: Source<'_>) -> TextRef {
        match source.place {
            Some(place) if place.len() == text.len() => TextRef::Source(place),
            _ => self.own(text),
        }
    }

    pub(super) fn place_in_file(&self, part: &str) -> Option<Span> {
        let text = self.file.text();
        let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let end = start + part.len();
        (end <= text.len()).then(|| Span::new(start, end))
    }

    fn own(&mut self, text: &str) -> TextRef {
        let start = self.owned.len();
        self.owned.push_str(text);
        TextRef::Owned(Span::new(start, self.owned.len()))
    }

    pub(super) fn key_str(&self, key: TextRef) -> &str {
        match key {
            TextRef::Source(span) => self.file.slice(span),
            TextRef::Owned(span) => self.owned.get(span.range()).unwrap_or(""),
        }
    }
}
