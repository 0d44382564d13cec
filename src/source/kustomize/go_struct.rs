//! Mappings as Go reads them into its own types: the case of keys does not matter, and a type that does not fit is an error
//! (`encoding/json`).

use super::problem::Problem;
use super::value::{FileId, Origin, Step};
use crate::source::decode::{Node, NodeKind};

/// Whether Go's JSON reader takes a key for a field: letters of two further alphabets count as ASCII ones (`encoding/json` `foldName`).
pub(super) fn is_same_to_go(key: &str, name: &str) -> bool {
    let folded = key.chars().map(|character| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(name.chars().map(|character| character.to_ascii_lowercase()))
}

/// The fields of a mapping, by the names that are known.
#[derive(Debug, Clone)]
pub(super) struct Fields<'t> {
    whole: Node<'t>,
    found: Vec<(&'static str, Node<'t>)>,
    reading: Reading,
    file: FileId,
    step: Step,
}

/// How strictly Go reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What a kustomization says: unknown keys and other types are errors. Unknown keys may mean something to another version, though.
    Kustomization,
    /// A file of configurations: unknown keys are errors, other types are converted in ways that are not followed here.
    Configuration,
    /// Any other file: unknown keys mean nothing.
    File,
}

impl<'t> Fields<'t> {
    /// Takes the fields of a mapping; null has none.
    pub(super) fn of(
        node: Node<'t>,
        known: &[&'static str],
        reading: Reading,
        (file, step): (FileId, Step),
    ) -> Result<Self, Problem> {
        let mut fields = Self {
            whole: node,
            found: Vec::new(),
            reading,
            file,
            step,
        };
        if !matches!(node.kind(), NodeKind::Mapping | NodeKind::Null) {
            return Err(Problem::refused_at(
                &fields.origin(node),
                format!("a mapping is due here, not {}", node.kind().with_article()),
            ));
        }
        for entry in node.entries() {
            let at = || Origin::new(file, entry.key_span(), entry.key_style(), step);
            let key = entry.key();
            let name = known.iter().copied().find(|name| is_same_to_go(key, name));
            match name {
                Some(name) if fields.found.iter().any(|(other, _)| *other == name) => {
                    return Err(Problem::not_understood_at(&at(), format!("`{name}` stands here twice")));
                }
                Some(name) => fields.found.push((name, entry.value())),
                None if reading == Reading::File => {}
                None => {
                    let known = known.join("`, `");
                    return Err(Problem::not_understood_at(
                        &at(),
                        format!("`{key}` is no field that kustomize 5.5 knows here; it knows `{known}`"),
                    ));
                }
            }
        }
        Ok(fields)
    }

    /// The place of a node of the same file.
    pub(super) fn origin(&self, node: Node<'_>) -> Origin {
        Origin::new(self.file, node.span(), node.style(), self.step)
    }

    /// The place of the mapping.
    pub(super) fn whole(&self) -> Origin {
        self.origin(self.whole)
    }

    /// A field that is not null.
    pub(super) fn get(&self, name: &str) -> Option<Node<'t>> {
        let found = self.found.iter().find(|(known, _)| *known == name);
        found.map(|(_, node)| *node).filter(|node| !node.is_null())
    }

    /// The place of a field, or of the mapping where there is none.
    pub(super) fn place(&self, name: &str) -> Origin {
        self.origin(self.get(name).unwrap_or(self.whole))
    }

    /// A string; empty where there is none.
    pub(super) fn text(&self, name: &str) -> Result<&'t str, Problem> {
        self.of_kind(name, "a string", Node::as_str)
            .map(Option::unwrap_or_default)
    }

    /// A boolean; false where there is none.
    pub(super) fn boolean(&self, name: &str) -> Result<bool, Problem> {
        self.of_kind(name, "`true` or `false`", Node::as_bool)
            .map(Option::unwrap_or_default)
    }

    /// A whole number; zero where there is none.
    pub(super) fn integer(&self, name: &str) -> Result<i64, Problem> {
        self.of_kind(name, "a whole number", Node::as_i64)
            .map(Option::unwrap_or_default)
    }

    /// The items of a list; none where there is no list.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Node<'t>>, Problem> {
        let items = |node: Node<'t>| (node.kind() == NodeKind::Sequence).then(|| node.items().collect());
        self.of_kind(name, "a list", items).map(Option::unwrap_or_default)
    }

    fn of_kind<T>(&self, name: &str, due: &str, read: impl Fn(Node<'t>) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(node) = self.get(name) else {
            return Ok(None);
        };
        if let Some(value) = read(node) {
            return Ok(Some(value));
        }
        let message = format!("`{name}` is {due}, not {}", node.kind().with_article());
        Err(match self.reading {
            Reading::Kustomization => Problem::refused_at(&self.origin(node), message),
            Reading::Configuration | Reading::File => Problem::not_understood_at(&self.origin(node), message),
        })
    }
}
