//! The paths of `vars` and `replacements`, with dots between their parts
//! (kyaml v0.18.1 `utils/pathsplitter.go` `SmarterPathSplitter`, `yaml/fns.go` `PathGetter`).

use super::problem::Problem;
use super::scalar::Spelling;
use super::value::{Data, Value};

/// Parts of a path. `\.` is a dot in a part, and so is one between brackets. Brackets around a key fall away; those around
/// `name=value` stay, and so does a pair without a dot in it.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut pieces = split_at_dots(path).into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        while !whole.ends_with(']')
            && let Some(next) = pieces.next()
        {
            whole.push('.');
            whole.push_str(&next);
        }
        parts.push(if whole.contains('=') {
            whole
        } else {
            whole.trim_matches(['[', ']']).to_owned()
        });
    }
    parts
}

/// `PathSplitter`: a backslash before a dot takes it into the part. One dot at the start is none.
fn split_at_dots(path: &str) -> Vec<String> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    for piece in path.split('.') {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'p> {
    /// A key.
    Key(&'p str),
    /// A position in a list.
    Position(usize),
    /// The last item, or for a target a key like any other.
    Hyphen,
    /// Every item.
    Every,
    /// The item whose field says this; its own text if the field is empty.
    Item {
        /// The field.
        field: &'p str,
        /// What it says.
        text: &'p str,
    },
    /// Brackets without `=`.
    Broken,
    /// A number below zero.
    Negative,
}

impl<'p> Part<'p> {
    pub(super) fn of(part: &'p str) -> Self {
        if let Ok(number) = part.parse::<i64>() {
            return usize::try_from(number).map_or(Self::Negative, Self::Position);
        }
        match part {
            "-" => Self::Hyphen,
            "*" => Self::Every,
            _ => match part.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
                Some(inner) => match inner.split_once('=') {
                    Some((field, text)) => Self::Item { field, text },
                    None => Self::Broken,
                },
                None => Self::Key(part),
            },
        }
    }
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(super) enum Lost {
    /// Something on the way is missing.
    Missing,
    /// kustomize stops with an error.
    Error(String),
    /// It is not certain what kustomize finds.
    Unclear(Problem),
}

/// A position below a value: of a field or an item on each level.
pub(super) type Location = Vec<usize>;

/// What a path leads to, and where it is.
pub(super) fn find<'v>(
    value: &'v Value,
    parts: &[String],
    spelling: Spelling<'_>,
) -> Result<(Location, &'v Value), Lost> {
    let mut location = Location::new();
    let mut here = value;
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let at = step(here, part, spelling)?;
        here = child(here, at).ok_or(Lost::Missing)?;
        location.push(at);
    }
    Ok((location, here))
}

fn step(here: &Value, part: &str, spelling: Spelling<'_>) -> Result<usize, Lost> {
    let due = |what: &str| Lost::Error(format!("`{part}` is looked for where no {what} is"));
    match Part::of(part) {
        Part::Key(key) => match &here.data {
            Data::Map(fields) => fields.iter().position(|field| &*field.key == key).ok_or(Lost::Missing),
            Data::Null => Err(Lost::Missing),
            _ => Err(due("mapping")),
        },
        Part::Position(at) => match &here.data {
            Data::List(items) if at < items.len() => Ok(at),
            Data::List(_) | Data::Null => Err(Lost::Missing),
            _ => Err(due("list")),
        },
        Part::Hyphen => match &here.data {
            Data::List(items) if !items.is_empty() => Ok(items.len() - 1),
            Data::List(_) | Data::Null => Err(Lost::Error("`-` is the last item, and the list is empty".to_owned())),
            _ => Err(due("list")),
        },
        Part::Item { field, text } => match &here.data {
            Data::List(items) => item(items, field, text, spelling),
            Data::Null => Err(Lost::Missing),
            _ => Err(due("list")),
        },
        Part::Every => Err(Lost::Error("`*` is not known here".to_owned())),
        Part::Broken => Err(Lost::Error(format!("`{part}` must be `[field=value]`"))),
        Part::Negative => Err(Lost::Error(format!("`{part}` is no position in a list"))),
    }
}

/// The first item whose field says a text, or that is a text (`ElementMatcher`).
fn item(items: &[Value], field: &str, text: &str, spelling: Spelling<'_>) -> Result<usize, Lost> {
    for (at, item) in items.iter().enumerate() {
        let asked = if field.is_empty() { Some(item) } else { item.get(field) };
        let Some(asked) = asked else { continue };
        if spelling.text(asked).map_err(Lost::Unclear)? == text {
            return Ok(at);
        }
    }
    Err(Lost::Missing)
}

fn child(value: &Value, at: usize) -> Option<&Value> {
    match &value.data {
        Data::Map(fields) => fields.get(at).map(|field| &field.value),
        Data::List(items) => items.get(at),
        _ => None,
    }
}

/// The part of a value at a location, to be changed.
pub(super) fn at_mut<'v>(value: &'v mut Value, location: &[usize]) -> Option<&'v mut Value> {
    let mut here = value;
    for &at in location {
        here = match &mut here.data {
            Data::Map(fields) => &mut fields.get_mut(at)?.value,
            Data::List(items) => items.get_mut(at)?,
            _ => return None,
        };
    }
    Some(here)
}

/// The part of a value at a location.
pub(super) fn at<'v>(value: &'v Value, location: &[usize]) -> Option<&'v Value> {
    location.iter().try_fold(value, |here, &at| child(here, at))
}

impl Lost {
    /// As a problem of a path that is written at `origin`.
    pub(super) fn problem(self, path: &str, of: &str, origin: &super::value::Origin) -> Problem {
        match self {
            Self::Missing => Problem::refused_at(origin, format!("{of} has no field `{path}`")),
            Self::Error(why) => {
                Problem::refused_at(origin, format!("kustomize refuses the path `{path}` for {of}: {why}"))
            }
            Self::Unclear(problem) => problem.or_at(origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::kustomize::testing::Fixture;

    /// From the tests of kyaml's splitter, and what its code says beyond them.
    #[test]
    fn a_path_is_split_at_dots_that_are_not_kept() {
        for (path, parts) in [
            ("a.b", vec!["a", "b"]),
            (".a.b", vec!["a", "b"]),
            (r"a\.b.c", vec!["a.b", "c"]),
            ("a.[name=b.c].d", vec!["a", "[name=b.c]", "d"]),
            ("a.[b.c/d].e", vec!["a", "b.c/d", "e"]),
            ("a.[b].c", vec!["a", "[b]", "c"]),
            ("a[0].b", vec!["a[0]", "b"]),
            ("a.[b.c", vec!["a", "b.c"]),
            ("a..b", vec!["a", "", "b"]),
            ("", vec![""]),
        ] {
            assert_eq!(split(path), parts, "{path}");
        }
    }

    #[test]
    fn a_path_leads_to_what_kustomize_finds() {
        let text = "\
kind: A
metadata: {name: a}
a: {b: 1, '-': x, '0': y}
list: [{name: x, n: 1}, {name: y, n: 0x10}, {name: y, n: 3}]
words: [p, '2', q]
empty: []
nothing:
";
        let mut fixture = Fixture::new("{}");
        let objects = fixture.objects(text);
        let value = &objects.get(0).unwrap().value;
        let spelling = Spelling {
            is_rewritten: false,
            sources: &fixture.sources,
        };
        let found = |path: &str| find(value, &split(path), spelling).map(|(location, _)| location);
        for (path, location) in [
            ("a.b", vec![2, 0]),
            (" a . b ", vec![2, 0]),
            ("list.[name=y].n", vec![3, 1, 1]),
            ("list.[n=3]", vec![3, 2]),
            ("list.[n=0x10]", vec![3, 1]),
            ("list.1", vec![3, 1]),
            ("list.-.name", vec![3, 2, 0]),
            ("words.[=2]", vec![4, 1]),
            ("nothing", vec![6]),
            ("", vec![]),
        ] {
            assert_eq!(found(path).ok(), Some(location), "{path}");
        }
        for (path, lost) in [
            ("a.c", "missing"),
            ("a.0", "error"),
            ("a.b.c", "error"),
            ("list.name", "error"),
            ("list.3", "missing"),
            ("list.-1", "error"),
            ("list.*", "error"),
            ("list.[name]", "error"),
            ("list.[name=z]", "missing"),
            ("list.[n=16]", "missing"),
            ("empty.-", "error"),
            ("nothing.a", "missing"),
            ("a.[name=x]", "error"),
        ] {
            let kind = match found(path) {
                Ok(location) => panic!("{path} leads to {location:?}"),
                Err(Lost::Missing) => "missing",
                Err(Lost::Error(_)) => "error",
                Err(Lost::Unclear(_)) => "unclear",
            };
            assert_eq!(kind, lost, "{path}");
        }
    }
}
