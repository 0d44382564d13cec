//! The places in an object that a path of a target means, made where they are missing if that is asked for
//! (kyaml v0.18.1 `yaml/match.go` `PathMatcher`).

use super::super::field_path::{Location, Lost, Part};
use super::super::problem::Problem;
use super::super::scalar::Spelling;
use super::super::value::{Data, Origin, Step, Value};
use super::put::{Budget, untagged};
use super::read::Field;
use super::text_pattern::TextPattern;
use crate::source::limits;

/// What is made at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Scalar,
    List,
    Map,
}

impl Made {
    /// The sort of a value that is to be put there.
    pub(super) fn like(value: &Value) -> Self {
        match value.data {
            Data::List(_) => Self::List,
            Data::Map(_) => Self::Map,
            _ => Self::Scalar,
        }
    }

    /// What is made of a part, by what comes behind it (`getPathPartKind`).
    fn before(part: Option<&String>, last: Self) -> Self {
        match part.map(|part| Part::of(part)) {
            None | Some(Part::Key("")) => last,
            Some(Part::Position(_) | Part::Item { .. } | Part::Broken) => Self::List,
            Some(_) => Self::Map,
        }
    }

    fn value(self, origin: &Origin) -> Value {
        let data = match self {
            Self::Scalar => Data::Text("".into()),
            Self::List => Data::List(Vec::new()),
            Self::Map => Data::Map(Vec::new()),
        };
        Value {
            data,
            origin: origin.clone(),
        }
    }
}

/// A place that a path means.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) location: Location,
    /// Whether it was made just now.
    pub(super) is_new: bool,
}

/// Finds the places that a path means.
pub(super) fn find(
    value: &mut Value,
    field: &Field,
    made: Option<Made>,
    spelling: Spelling<'_>,
    budget: &mut Budget,
    found: &mut Vec<Found>,
) -> Result<(), Lost> {
    if field.parts.len() > limits::RENDERED_DEPTH {
        return Err(Lost::Unclear(Problem::too_large(format!(
            "a path of more than {} parts",
            limits::RENDERED_DEPTH
        ))));
    }
    let mut finder = Finder {
        made,
        spelling,
        // What is made comes from the path.
        origin: Origin {
            step: Step::Replacement,
            ..field.origin.clone()
        },
        budget,
        location: Location::new(),
        found,
    };
    finder.find(value, &field.parts, false)
}

struct Finder<'f> {
    made: Option<Made>,
    spelling: Spelling<'f>,
    origin: Origin,
    budget: &'f mut Budget,
    location: Location,
    found: &'f mut Vec<Found>,
}

impl Finder<'_> {
    fn find(&mut self, here: &mut Value, parts: &[String], is_new: bool) -> Result<(), Lost> {
        self.budget.look().map_err(Lost::Unclear)?;
        let Some((part, rest)) = parts.split_first() else {
            self.found.push(Found {
                location: self.location.clone(),
                is_new,
            });
            return Ok(());
        };
        match Part::of(part) {
            Part::Position(at) => self.position(here, at, rest),
            Part::Every => self.every(here, rest),
            Part::Item { field, text } => self.item(here, field, text, rest),
            Part::Broken => Err(Lost::Error(format!("`{part}` must be `[field=value]`"))),
            Part::Key(_) | Part::Hyphen | Part::Negative => self.key(here, part, rest),
        }
    }

    fn below(&mut self, at: usize, here: &mut Value, rest: &[String], is_new: bool) -> Result<(), Lost> {
        self.location.push(at);
        let result = self.find(here, rest, is_new);
        self.location.pop();
        result
    }

    fn key(&mut self, here: &mut Value, key: &str, rest: &[String]) -> Result<(), Lost> {
        let origin = self.origin.clone();
        let fields = match &mut here.data {
            Data::Map(fields) if !key.is_empty() => fields,
            Data::Null if self.made.is_none() => return Ok(()),
            Data::Null => return Err(self.unclear("what kustomize makes of an empty field")),
            _ => return Err(Lost::Error(format!("`{key}` is looked for where no mapping is"))),
        };
        let known = fields.iter().position(|field| &*field.key == key);
        let (at, is_new) = match (known, self.made) {
            (Some(at), _) => (at, false),
            (None, None) => return Ok(()),
            (None, Some(made)) => {
                here.set(key, &origin, Made::before(rest.first(), made).value(&origin));
                (here.fields().len() - 1, true)
            }
        };
        match &mut here.data {
            Data::Map(fields) => self.below(at, &mut fields[at].value, rest, is_new),
            _ => Ok(()),
        }
    }

    fn position(&mut self, here: &mut Value, at: usize, rest: &[String]) -> Result<(), Lost> {
        let origin = self.origin.clone();
        let items = self.items(here)?;
        let mut is_new = false;
        if let Some(made) = self.made
            && items.len() == at
        {
            items.push(Made::before(rest.first(), made).value(&origin));
            is_new = true;
        }
        match items.get_mut(at) {
            Some(item) => self.below(at, item, rest, is_new),
            None => Err(Lost::Error(format!(
                "there is no item {at} in a list of {}",
                items.len()
            ))),
        }
    }

    fn every(&mut self, here: &mut Value, rest: &[String]) -> Result<(), Lost> {
        if here.is_null() {
            return Ok(());
        }
        for (at, item) in self.items(here)?.iter_mut().enumerate() {
            self.below(at, item, rest, false)?;
        }
        Ok(())
    }

    /// Items whose field matches a text, or that match it themselves; one is made if there is none.
    fn item(&mut self, here: &mut Value, field: &str, text: &str, rest: &[String]) -> Result<(), Lost> {
        let Some(pattern) = TextPattern::new(text) else {
            return Err(self.unclear(&format!("the regular expression `{text}`")));
        };
        if here.is_null() && self.made.is_none() {
            return Ok(());
        }
        let before = self.found.len();
        self.search(here, field, &pattern, rest)?;
        if self.found.len() > before || self.made.is_none() {
            return Ok(());
        }
        // kustomize looks again then, and finds what it made. If it does not, it makes more without end.
        if !pattern.matches_itself() {
            return Err(Lost::Error(format!(
                "kustomize makes items here without end, none of which matches `{text}`"
            )));
        }
        let made = self.made_item(field, text)?;
        let items = self.items(here)?;
        items.push(made);
        let at = items.len() - 1;
        let rest = if field.is_empty() { &[][..] } else { rest };
        self.below(at, &mut items[at], rest, false)?;
        if self.found.len() == before {
            return Err(Lost::Error("kustomize makes items here without end".to_owned()));
        }
        Ok(())
    }

    fn search(
        &mut self,
        here: &mut Value,
        field: &str,
        pattern: &TextPattern<'_>,
        rest: &[String],
    ) -> Result<(), Lost> {
        for (at, item) in self.items(here)?.iter_mut().enumerate() {
            self.budget.look().map_err(Lost::Unclear)?;
            let asked = if field.is_empty() {
                Some(&*item)
            } else {
                item.get(field)
            };
            let Some(asked) = asked else { continue };
            if matches!(asked.data, Data::List(_) | Data::Map(_)) {
                return Err(self.unclear("a regular expression that is held against a list or a mapping"));
            }
            let said = self.spelling.text(asked).map_err(Lost::Unclear)?;
            let matches = pattern.matches(asked, &said, self.spelling);
            if !matches.map_err(Lost::Unclear)? {
                continue;
            }
            // Behind an item that is asked itself kustomize goes no further.
            let rest = if field.is_empty() { &[][..] } else { rest };
            self.below(at, item, rest, false)?;
        }
        Ok(())
    }

    fn made_item(&self, field: &str, text: &str) -> Result<Value, Lost> {
        let value = Value {
            data: untagged(text, &self.origin).map_err(Lost::Unclear)?,
            origin: self.origin.clone(),
        };
        if field.is_empty() {
            return Ok(value);
        }
        let mut item = Value::map(self.origin.clone());
        item.set(field, &self.origin, value);
        Ok(item)
    }

    fn items<'v>(&self, here: &'v mut Value) -> Result<&'v mut Vec<Value>, Lost> {
        match &mut here.data {
            Data::List(items) => Ok(items),
            Data::Null if self.made.is_none() => Err(Lost::Error("an item is looked for in an empty field".to_owned())),
            Data::Null => Err(self.unclear("what kustomize makes of an empty field")),
            _ => Err(Lost::Error("an item is looked for where no list is".to_owned())),
        }
    }

    fn unclear(&self, what: &str) -> Lost {
        Lost::Unclear(Problem::not_understood_at(&self.origin, what))
    }
}
