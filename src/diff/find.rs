//! The value at a path.

use serde_json::Value;

use super::canonical;
use super::items;
use super::path::PathElement;
use super::schema;
use super::schema::shape::Shape;

/// The value at a path of an object, if there is one.
pub(crate) fn value<'v>(object: &'v Value, path: &[PathElement], shape: Option<Shape<'_>>) -> Option<&'v Value> {
    let (mut value, mut shape) = (object, shape);
    for (depth, element) in path.iter().enumerate() {
        let items = shape.and_then(|shape| shape.items());
        (value, shape) = match element {
            PathElement::Field(name) => (value.get(name)?, schema::field(shape, name, depth == 0)),
            PathElement::Index(index) => (value.get(index)?, items),
            PathElement::Item(item) => {
                let found = value
                    .as_array()?
                    .iter()
                    .find(|other| canonical::same(other, item, items));
                (found?, items)
            }
            PathElement::Key(pairs) => {
                let keys: Vec<String> = pairs.iter().map(|(key, _)| key.clone()).collect();
                let is_meant = |item: &&Value| items::key_of(item, &keys, items).as_ref() == Some(element);
                (value.as_array()?.iter().find(is_meant)?, items)
            }
        };
    }
    Some(value).filter(|value| !value.is_null())
}

/// The types along a path, from the whole object down, as far as they are known.
pub(crate) fn shapes<'s>(path: &[PathElement], root: Option<Shape<'s>>) -> Vec<Shape<'s>> {
    let mut shapes = Vec::new();
    let mut shape = root;
    for (depth, element) in path.iter().enumerate() {
        let Some(known) = shape else {
            return shapes;
        };
        shapes.push(known);
        shape = match element {
            PathElement::Field(name) => schema::field(shape, name, depth == 0),
            _ => known.items(),
        };
    }
    shapes.extend(shape);
    shapes
}

/// The names of the first fields of a path, as far as they are fields.
pub(crate) fn fields(path: &[PathElement]) -> Vec<&str> {
    path.iter()
        .map_while(|element| match element {
            PathElement::Field(name) => Some(name.as_str()),
            _ => None,
        })
        .collect()
}
