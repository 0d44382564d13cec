//! The keys and values of a generated object, from literals and files (kustomize api v0.18.0 `kv/kv.go`,
//! `internal/generators/utils.go`). What they say is never told: it may be secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::env_file;
use crate::source::decode::Node;
use crate::source::folder::join_relative;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::odd_text;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Origin, Step};
use crate::source::limits;

/// What a key counts as, beside its text, in bytes.
const KEY_BYTES: usize = 32;

/// A value, and the literal or path that it comes from.
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) origin: Origin,
    /// Whether the key stands in the kustomization. In another file it may be a secret itself, alone in its line.
    pub(super) is_key_told: bool,
}

/// Reads the sources of one generator; `subject` is the object that messages name.
pub(super) struct Reader<'r> {
    pub(super) layer: &'r Layer<'r>,
    pub(super) subject: String,
    /// Bytes that may still be generated.
    pub(super) budget: &'r mut usize,
    pub(super) found: BTreeMap<Arc<str>, Content>,
}

/// The items of a list of strings.
fn strings<'t>(generator: Node<'t>, field: &str) -> impl Iterator<Item = (Node<'t>, &'t str)> {
    let items = generator.get(field).into_iter().flat_map(Node::items);
    items.map(|item| (item, item.as_str().unwrap_or_default()))
}

/// `envs`, and `env` behind them (`types/kustomization.go` `FixKustomization`).
fn env_files(generator: Node<'_>) -> impl Iterator<Item = (Node<'_>, &str)> {
    let single = generator.get("env").and_then(|node| Some((node, node.as_str()?)));
    strings(generator, "envs").chain(single.filter(|(_, path)| !path.is_empty()))
}

/// The paths that a generator reads.
pub(super) fn paths(generator: Node<'_>) -> Vec<(Node<'_>, String)> {
    let files = strings(generator, "files").filter_map(|(item, written)| Some((item, parse_file(written).ok()?.1)));
    let paths = env_files(generator).chain(files);
    paths.map(|(item, path)| (item, path.to_owned())).collect()
}

impl Reader<'_> {
    pub(super) fn read(&mut self, generator: Node<'_>) -> Result<(), Problem> {
        for (item, path) in env_files(generator) {
            let content = self.file(item, path)?;
            // It is read once more for each that takes it, though it may hold nothing but comments.
            self.spend(item, content.len())?;
            let Some(lines) = env_file::read(&content) else {
                return Err(Problem::refused_at(
                    &self.origin(item),
                    format!("kustomize refuses `{path}`: it is not all UTF-8"),
                ));
            };
            for (key, value) in lines {
                self.add(item, key, value.as_bytes(), false)?;
            }
        }
        for (item, written) in strings(generator, "literals") {
            let Some((key, value)) = written.split_once('=').filter(|(key, _)| !key.is_empty()) else {
                return Err(Problem::refused_at(
                    &self.origin(item),
                    "kustomize refuses this literal; write it as `key=value`",
                ));
            };
            odd_text::check_characters(written, &self.origin(item))?;
            self.add(item, key, without_quotes(value).as_bytes(), true)?;
        }
        for (item, written) in strings(generator, "files") {
            let (key, path) = parse_file(written).map_err(|why| {
                Problem::refused_at(&self.origin(item), format!("kustomize refuses `{written}`: {why}"))
            })?;
            let content = self.file(item, path)?;
            self.add(item, key, &content, true)?;
        }
        Ok(())
    }

    fn origin(&self, item: Node<'_>) -> Origin {
        self.layer.origin(item, Step::Generator)
    }

    fn spend(&mut self, item: Node<'_>, bytes: usize) -> Result<(), Problem> {
        let Some(rest) = self.budget.checked_sub(bytes) else {
            let limit = limits::GENERATED_BYTES >> 20;
            let problem = Problem::too_large(format!("the generators make more than {limit} MiB"));
            return Err(problem.or_at(&self.origin(item)));
        };
        *self.budget = rest;
        Ok(())
    }

    fn add(&mut self, item: Node<'_>, key: &str, bytes: &[u8], is_key_told: bool) -> Result<(), Problem> {
        self.spend(item, KEY_BYTES + key.len() + bytes.len())?;
        let origin = self.origin(item);
        if let Some(other) = self.found.get(key) {
            let subject = &self.subject;
            let key = if is_key_told {
                format!("the key `{key}`")
            } else {
                "a key in this file".to_owned()
            };
            return Err(Problem::refused_at(
                &origin,
                format!("kustomize refuses {key} of {subject}: it is there twice"),
            )
            .with_related(&other.origin, "the other one"));
        }
        let bytes = bytes.to_vec();
        let content = Content {
            bytes,
            origin,
            is_key_told,
        };
        self.found.insert(key.into(), content);
        Ok(())
    }

    fn file(&self, item: Node<'_>, path: &str) -> Result<Arc<[u8]>, Problem> {
        let origin = self.origin(item);
        let subject = &self.subject;
        let unknown = format!("so the content of {subject} is not known, nor the hash in its name");
        if path.starts_with("http://") || path.starts_with("https://") {
            return Err(Problem::undecided_at(
                &origin,
                format!("`{path}` needs the network, {unknown}; put a copy of the file in the repository"),
            ));
        }
        let Some(name) = join_relative(self.layer.folder, path) else {
            return Err(Problem::refused_at(
                &origin,
                format!("`{path}` lies outside the repository"),
            ));
        };
        self.layer.check_within(&name, path, &origin)?;
        match self.layer.sources.data(&name) {
            Some(Ok(content)) => Ok(Arc::clone(content)),
            Some(Err(why)) => Err(Problem::undecided_at(
                &origin,
                format!("`{name}` cannot be read ({why}), {unknown}"),
            )),
            None => Err(Problem::undecided_at(
                &origin,
                format!("`{name}` is not in the repository, {unknown}; whoever applies this must have the file"),
            )),
        }
    }
}

/// Key and path of an entry of `files`; the key is the file's name if none is given.
fn parse_file(written: &str) -> Result<(&str, &str), &'static str> {
    match written.split_once('=') {
        None => Ok((base_name(written), written)),
        Some((_, path)) if path.contains('=') => Err("there is more than one `=`"),
        Some(("", _)) => Err("there is no key before `=`"),
        Some((_, "")) => Err("there is no path behind `=`"),
        Some(pair) => Ok(pair),
    }
}

/// Go's `path.Base`.
fn base_name(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let path = path.trim_end_matches('/');
    match path.rsplit('/').next() {
        None | Some("") => "/",
        Some(name) => name,
    }
}

/// A value without the quotes around it, if the same stands at both ends.
fn without_quotes(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pair_of_equal_quotes_is_taken_away() {
        for (value, expected) in [
            ("'a'", "a"),
            ("\"a\"", "a"),
            ("\"a'", "\"a'"),
            ("'", "'"),
            ("''", ""),
            ("''a''", "'a'"),
            ("a", "a"),
            ("\"'a'\"", "'a'"),
        ] {
            assert_eq!(without_quotes(value), expected, "{value}");
        }
    }

    #[test]
    fn a_file_is_called_by_its_name_unless_a_key_is_given() {
        for (written, expected) in [
            ("a/b.txt", Some(("b.txt", "a/b.txt"))),
            ("k=a/b.txt", Some(("k", "a/b.txt"))),
            ("a/", Some(("a", "a/"))),
            ("=a", None),
            ("a=", None),
            ("a=b=c", None),
            ("=", None),
        ] {
            assert_eq!(parse_file(written).ok(), expected, "{written}");
        }
    }
}
