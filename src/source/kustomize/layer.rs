//! One kustomization at the time its instructions are carried out: what transformers ask for files and places.

use std::sync::Arc;

use super::problem::Problem;
use super::read::{self, Placing};
use super::resource::Resource;
use super::schema::Known;
use super::sources::Sources;
use super::value::{FileId, Origin, Step, Value};
use crate::source::decode::{self, Decoded, Entry, Node, Style};
use crate::source::folder::join_relative;
use crate::source::text::{SourceFile, Span};

/// One kustomization.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'b> {
    /// The files.
    pub sources: &'b Sources,
    /// The kustomization file.
    pub file: FileId,
    /// Its folder, relative to the root of the repository; empty for the root.
    pub folder: &'b str,
    /// What is known of types while it is built.
    pub schema: Known<'b>,
}

impl Layer<'_> {
    /// The place of a node of the kustomization file, or of what was made of other files.
    #[must_use]
    pub fn origin(&self, node: Node<'_>, step: Step) -> Origin {
        Origin::new(self.file_of(node.file()), node.span(), node.style(), step)
    }

    /// The place of a key, as [`origin`](Self::origin) gives it of a node.
    #[must_use]
    pub fn key_origin(&self, entry: Entry<'_>, step: Step) -> Origin {
        Origin::new(
            self.file_of(entry.key_file()),
            entry.key_span(),
            entry.key_style(),
            step,
        )
    }

    /// A file of which a node says that it stands there.
    fn file_of(&self, file: &Arc<SourceFile>) -> FileId {
        let is_own = self.sources.file(self.file).is_some_and(|own| Arc::ptr_eq(own, file));
        let other = || self.sources.find(file.path());
        if is_own {
            self.file
        } else {
            other().unwrap_or(self.file)
        }
    }

    /// The decoded file that a string of the kustomization names, relative to its folder.
    ///
    /// # Errors
    /// When there is no such file, or it lies outside the folder of the kustomization: kustomize reads none there
    /// (kustomize api v0.18.0 `internal/loader/loadrestrictions.go`).
    pub fn file_at(&self, path: Node<'_>) -> Result<FileId, Problem> {
        let written = path.as_str().unwrap_or_default();
        let origin = self.origin(path, Step::Resource);
        let Some(name) = join_relative(self.folder, written) else {
            return Err(Problem::refused_at(
                &origin,
                format!("`{written}` lies outside the repository"),
            ));
        };
        self.check_within(&name, written, &origin)?;
        self.sources
            .find(&name)
            .ok_or_else(|| Problem::refused_at(&origin, format!("there is no file `{name}`")))
    }

    /// Refuses a file outside the folder of the kustomization.
    pub(super) fn check_within(&self, name: &str, written: &str, origin: &Origin) -> Result<(), Problem> {
        let is_within =
            self.folder.is_empty() || name.strip_prefix(self.folder).is_some_and(|rest| rest.starts_with('/'));
        if is_within {
            return Ok(());
        }
        Err(Problem::refused_at(
            origin,
            format!("kustomize refuses to read `{written}`: a file must lie in the folder of the kustomization"),
        ))
    }

    /// What is made of a file that the kustomization names.
    pub(super) fn read_file<R>(
        &self,
        path: Node<'_>,
        step: Step,
        read: impl FnOnce(&Decoded, Placing<'_>) -> Result<R, Problem>,
    ) -> Result<R, Problem> {
        let file = self.file_at(path)?;
        let Some(decoded) = self.sources.decoded(file) else {
            return Err(Problem::refused_at(&self.origin(path, step), "there is no such file"));
        };
        let Some(decoded_as_yaml) = as_yaml(decoded.file.text()) else {
            return read(decoded, Placing { file, step, map: None });
        };
        let map = |span| behind_opening(span, 0);
        let map: Option<&dyn Fn(Span) -> Span> = Some(&map);
        read(&decoded_as_yaml, Placing { file, step, map })
    }

    /// The objects of a file that the kustomization names.
    ///
    /// # Errors
    /// When the file cannot be read as kustomize reads it.
    pub fn resources_at(&self, path: Node<'_>, step: Step) -> Result<Vec<Resource>, Problem> {
        self.read_file(path, step, read::resources)
    }

    /// What is made of a part of a string of the kustomization.
    pub(super) fn read_text<R>(
        &self,
        text: Node<'_>,
        part: &str,
        step: Step,
        read: impl FnOnce(&Decoded, Placing<'_>) -> Result<R, Problem>,
    ) -> Result<R, Problem> {
        let written = read::text_of(text);
        let skipped = (part.as_ptr() as usize).saturating_sub(written.as_ptr() as usize);
        let skipped = u32::try_from(skipped).unwrap_or_default();
        let inner = Inner::of(text, written);
        let is_behind_opening = is_like_json(part);
        let decoded = decoded_text(part);
        let map = |span: Span| {
            inner.span(if is_behind_opening {
                behind_opening(span, skipped)
            } else {
                shifted(span, skipped)
            })
        };
        let placing = Placing {
            file: self.file_of(text.file()),
            step,
            map: Some(&map),
        };
        read(&decoded, placing)
    }

    /// A node of the kustomization file as a value.
    ///
    /// # Errors
    /// When kustomize would read it otherwise than this code.
    pub fn value(&self, node: Node<'_>, step: Step) -> Result<Value, Problem> {
        read::value(
            node,
            Placing {
                file: self.file,
                step,
                map: None,
            },
        )
    }
}

/// Begins a document, and says that it is YAML.
const OPENING: &str = "---\n";

/// A text that begins with `{`, as YAML behind [`OPENING`]: kubectl takes it for JSON, which kustomize does not know.
fn as_yaml(text: &str) -> Option<Decoded> {
    is_like_json(text).then(|| decode::decode_str("", format!("{OPENING}{text}")))
}

fn is_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// A text of a kustomization, decoded as kustomize takes it: for YAML.
pub(super) fn decoded_text(text: &str) -> Decoded {
    as_yaml(text).unwrap_or_else(|| decode::decode_str("", text))
}

/// A span of a text behind [`OPENING`] as one of the text that the opening is not in, `skipped` bytes further on.
fn behind_opening(span: Span, skipped: u32) -> Span {
    let opening = Span::new(0, OPENING.len()).end;
    let back = |at: u32| at.saturating_sub(opening);
    shifted(
        Span {
            start: back(span.start),
            end: back(span.end),
        },
        skipped,
    )
}

fn shifted(span: Span, by: u32) -> Span {
    Span {
        start: span.start.saturating_add(by),
        end: span.end.saturating_add(by),
    }
}

/// From offsets in the value of a block scalar to offsets in the file.
struct Inner {
    whole: Span,
    /// Where each line of the value begins, and where in the file; empty if the value is not written line by line.
    lines: Vec<(u32, u32)>,
}

impl Inner {
    fn of(node: Node<'_>, value: &str) -> Self {
        let whole = node.span();
        let mut lines = Vec::new();
        if node.style() == Style::Literal {
            lines = literal_lines(node.source(), whole.start, value).unwrap_or_default();
        } else if node.source().len() == value.len() + 2 && node.source().get(1..value.len() + 1) == Some(value) {
            // In quotes, without an escape or a fold.
            lines.push((0, whole.start + 1));
        } else if node.source() == value {
            lines.push((0, whole.start));
        }
        Self { whole, lines }
    }

    fn offset(&self, at: u32) -> Option<u32> {
        let index = self.lines.partition_point(|(start, _)| *start <= at);
        let (start, place) = self.lines.get(index.checked_sub(1)?)?;
        Some(place + (at - start))
    }

    fn span(&self, span: Span) -> Span {
        match (self.offset(span.start), self.offset(span.end)) {
            (Some(start), Some(end)) if start <= end && end <= self.whole.end => Span { start, end },
            _ => self.whole,
        }
    }
}

/// Pairs the lines of a literal block with those of its source: each is its own, behind the indentation.
fn literal_lines(source: &str, start: u32, value: &str) -> Option<Vec<(u32, u32)>> {
    let body = source.find('\n')? + 1;
    let mut lines = Vec::new();
    let mut in_value = 0;
    let mut in_source = body;
    let mut written = source[body..].split_inclusive('\n');
    for line in value.split_inclusive('\n') {
        let raw = written.next()?;
        let text = line.trim_end_matches('\n');
        let content = raw.trim_end_matches(['\n', '\r']);
        let indent = content.len().checked_sub(text.len());
        let at = match indent {
            Some(indent) if content.get(indent..) == Some(text) => indent,
            // A blank line may be shorter than the indentation.
            _ if text.is_empty() => content.len(),
            _ => return None,
        };
        lines.push((in_value, start + u32::try_from(in_source + at).ok()?));
        in_value += u32::try_from(line.len()).ok()?;
        in_source += raw.len();
    }
    Some(lines)
}
