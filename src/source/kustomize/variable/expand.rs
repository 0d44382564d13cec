//! `$(NAME)` in a text (kustomize api v0.18.0 `filters/refvar/expand.go`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Content;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Data, Origin};

/// Puts values into texts, up to a limit of what comes of it in all.
#[derive(Debug)]
pub(super) struct Expansion<'c> {
    contents: &'c BTreeMap<&'c str, Content>,
    bytes_left: usize,
}

/// What follows a `$`.
enum Found<'t> {
    /// `(NAME)`
    Variable(&'t str),
    /// Another `$`: one of the two stays.
    Dollar,
    /// Nothing of meaning.
    Other,
}

impl<'c> Expansion<'c> {
    pub(super) fn new(contents: &'c BTreeMap<&'c str, Content>, bytes: usize) -> Self {
        Self {
            contents,
            bytes_left: bytes,
        }
    }

    /// What a text becomes, if it becomes another, and where that stands if the whole text is a variable.
    pub(super) fn expand(&mut self, text: &str) -> Result<Option<(Data, Option<&'c Origin>)>, Problem> {
        let mut expanded = String::new();
        let mut rest = text;
        let last_closer = text.rfind(')').unwrap_or_default();
        while let Some(at) = rest.find('$') {
            let (before, behind) = rest.split_at(at);
            let behind = &behind[1..];
            if behind.is_empty() {
                break;
            }
            self.push(&mut expanded, before)?;
            let is_closed = text.len() - behind.len() < last_closer;
            let taken = match found(behind, is_closed)? {
                Found::Variable(name) => {
                    let content = self.contents.get(name);
                    let data = content.and_then(|content| content.data.as_ref());
                    if text.len() == name.len() + 3 {
                        return match (content, data) {
                            (Some(content), Some(data)) => {
                                self.spend(data_text(data).len())?;
                                Ok(Some((data.clone(), Some(&content.origin))))
                            }
                            _ => Ok(None),
                        };
                    }
                    match data {
                        Some(data) => self.push(&mut expanded, &data_text(data))?,
                        None => self.push(&mut expanded, &format!("$({name})"))?,
                    }
                    name.len() + 2
                }
                Found::Dollar => {
                    self.push(&mut expanded, "$")?;
                    1
                }
                Found::Other => {
                    self.push(&mut expanded, "$")?;
                    self.push(&mut expanded, &behind[..1])?;
                    1
                }
            };
            rest = &behind[taken..];
        }
        self.push(&mut expanded, rest)?;
        Ok((expanded != text).then(|| (Data::Text(expanded.into()), None)))
    }

    fn push(&mut self, to: &mut String, text: &str) -> Result<(), Problem> {
        self.spend(text.len())?;
        to.push_str(text);
        Ok(())
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Problem> {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.bytes_left = left;
                Ok(())
            }
            None => Err(Problem::too_large(
                "the variables of this kustomization make too much text in all",
            )),
        }
    }
}

/// What stands behind a `$`; `is_closed` says that there is a `)` in it.
fn found(behind: &str, is_closed: bool) -> Result<Found<'_>, Problem> {
    match behind.as_bytes().first() {
        Some(b'$') => Ok(Found::Dollar),
        Some(b'(') if is_closed => Ok(behind
            .find(')')
            .map_or(Found::Other, |end| Found::Variable(&behind[1..end]))),
        // Go takes the first byte of it for a character of its own.
        Some(first) if !first.is_ascii() => Err(Problem::not_understood(
            "kustomize garbles a character behind a `$` that is not ASCII",
        )),
        _ => Ok(Found::Other),
    }
}

fn data_text(data: &Data) -> Cow<'_, str> {
    match data {
        Data::Text(text) => Cow::Borrowed(text),
        Data::Int(number) => number.to_string().into(),
        Data::Bool(value) => value.to_string().into(),
        Data::Null | Data::Float(_) | Data::List(_) | Data::Map(_) => "".into(),
    }
}
