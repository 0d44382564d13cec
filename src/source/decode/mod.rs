//! Bytes to documents, as the API server's clients read them, with the bytes each value came from.
//!
//! ```text
//! bytes ─ encoding ─ split ─ plain | yaml | json (events) ─ build ─ tree
//! ```
//!
//! kubectl stops at the first document it cannot read; here each piece stands for itself, so that one bad document never
//! loses its neighbours.

mod budget;
mod build;
pub mod comments;
mod encoding;
mod events;
pub mod fault;
mod hidden_breaks;
mod json;
mod metadata;
pub mod objects;
mod plain;
mod scalar;
pub mod skim;
mod split;
mod timestamp;
pub mod tree;
mod unfold;
mod write;
mod write_yaml;
mod yaml;

use std::sync::Arc;

pub use fault::{Fault, FaultKind};
pub(crate) use json::is_json;
pub(crate) use scalar::{Scalar, resolve};
pub use tree::{Entry, Node, NodeId, NodeKind, Style, Tree};
pub use write::{to_json, write_json, write_object};
pub use write_yaml::write_yaml;

use super::text::{SourceFile, Span};
use build::{Built, Outcome};
use skim::{Skim, Wanted};
use yaml::YamlSource;

/// One document of a file, or the piece of text that should have been one.
#[derive(Debug)]
pub struct Document {
    /// Position among the documents of the file, from 0.
    pub index: usize,
    /// The bytes of the piece.
    pub span: Span,
    /// What was read; `None` when kubectl refuses the piece, or nobody asks for what is in it.
    pub tree: Option<Arc<Tree>>,
    /// What is in it when nobody asks for it: proven to be without fault, and not built.
    pub skimmed: Option<Skimmed>,
}

impl Document {
    /// Whether kubectl refuses the piece.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.tree.is_none() && self.skimmed.is_none()
    }
}

/// An object that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skimmed {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`.
    pub kind: String,
}

/// A whole file.
#[derive(Debug)]
pub struct Decoded {
    /// The text that all spans count in.
    pub file: Arc<SourceFile>,
    /// The documents that hold something, or should.
    pub documents: Vec<Document>,
    /// What is wrong or odd, in the order of the file.
    pub faults: Vec<Fault>,
}

impl Decoded {
    /// Whether any piece of the file could not be read.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.faults.iter().any(|fault| fault.kind.is_refusal())
    }

    /// The pieces that should have been a document and could not be read.
    pub fn refused(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(|document| document.is_refused())
    }

    /// The document whose piece a span stands in.
    #[must_use]
    pub fn document_around(&self, span: Span) -> Option<&Document> {
        // Documents stand in the order of the file.
        let after = self
            .documents
            .partition_point(|document| document.span.start <= span.start);
        let document = self.documents.get(after.checked_sub(1)?)?;
        (span.end <= document.span.end).then_some(document)
    }
}

/// Decodes a file.
#[must_use]
pub fn decode(path: impl Into<String>, bytes: Vec<u8>) -> Decoded {
    decode_wanted(path, bytes, None)
}

/// Decodes a file, but builds no document of which it can be proven that it is of no kind in `wanted` and has no fault.
#[must_use]
pub fn decode_wanted(path: impl Into<String>, bytes: Vec<u8>, wanted: Option<&Wanted>) -> Decoded {
    let (file, faults) = encoding::decode_text(path.into(), bytes);
    decode_file(Arc::new(file), faults, wanted)
}

/// Decodes text that is UTF-8 already.
#[must_use]
pub fn decode_str(path: impl Into<String>, text: impl Into<String>) -> Decoded {
    decode_file(Arc::new(SourceFile::new(path, text)), Vec::new(), None)
}

fn decode_file(file: Arc<SourceFile>, faults: Vec<Fault>, wanted: Option<&Wanted>) -> Decoded {
    let mut decoded = Decoded {
        file,
        documents: Vec::new(),
        faults,
    };
    if json::is_json(decoded.file.text()) {
        decoded.read_json(wanted);
    } else {
        decoded.read_yaml(0, wanted);
    }
    decoded.faults.sort_by_key(|fault| fault.span);
    decoded
}

/// Where the next JSON value begins after one that cannot be read: at a `{` that begins a line behind a line of `}`. That is a
/// guess, but a better one than to give the rest up.
fn next_json_value(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes().get(from..).unwrap_or(&[]);
    memchr::memmem::find_iter(bytes, b"\n{")
        .map(|offset| from + offset)
        .find(|&at| text[..at].lines().next_back().is_some_and(|line| line.trim() == "}"))
        .map_or(text.len(), |at| at + 1)
}

impl Decoded {
    fn read_yaml(&mut self, start: usize, wanted: Option<&Wanted>) {
        let file = Arc::clone(&self.file);
        let (pieces, faults) = split::split(file.text(), start);
        self.faults.extend(faults);
        for piece in pieces {
            let text = file.slice(piece.span);
            // The short ways see the text only, not the bytes that it was made from.
            let is_text = file.first_undecodable(piece.span.range()).is_none();
            if let Some(wanted) = wanted
                && is_text
                && let Skim::NothingWanted { kind, api_version } = skim::skim(text, wanted)
            {
                self.documents.push(Document {
                    index: self.documents.len(),
                    span: piece.span,
                    tree: None,
                    skimmed: Some(Skimmed {
                        api_version: api_version.to_owned(),
                        kind: kind.to_owned(),
                    }),
                });
                continue;
            }
            self.faults.extend(hidden_breaks::find(text, piece.span.start as usize));
            let built = is_text
                .then(|| plain::build_piece(&file, piece.span))
                .flatten()
                .unwrap_or_else(|| build::build(&file, &mut YamlSource::new(&file, piece.span)));
            if matches!(built.outcome, Outcome::Tree(_)) {
                self.note_ignored_text(&built, piece.span);
            }
            self.push(piece.span, built);
        }
    }

    /// Only the first YAML document of a piece is read; what follows `...` is lost without a word.
    fn note_ignored_text(&mut self, built: &Built, piece: Span) {
        let rest = Span::new(built.end.min(piece.end as usize), piece.end as usize);
        let text = self.file.slice(rest);
        let ignored = text.lines().find(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != "..."
        });
        if let Some(line) = ignored {
            let at = rest.start as usize + (line.as_ptr() as usize - text.as_ptr() as usize);
            self.faults.push(Fault::new(
                FaultKind::IgnoredText,
                Span::new(at, at + line.trim_end().len()),
                "Kubernetes ignores everything from here to the next `---`",
            ));
        }
    }

    fn read_json(&mut self, wanted: Option<&Wanted>) {
        let file = Arc::clone(&self.file);
        let text = file.text();
        let mut at = 0;
        while let Some(start) = json::next_value(text, at) {
            if at > 0 && text[start..].starts_with("---") {
                self.faults.push(Fault::new(
                    FaultKind::Separator,
                    Span::new(start, start + 3),
                    "kubectl before 1.34 reads a file that begins with `{` as JSON to its end, and refuses this; begin the file with `---`",
                ));
                self.read_yaml(start, wanted);
                return;
            }
            let mut source = json::JsonSource::new(text, start);
            let built = build::build(&file, &mut source);
            at = match built.outcome {
                Outcome::Tree(_) => built.end.max(start + 1),
                Outcome::Refused(_) | Outcome::Nothing => next_json_value(text, source.position()),
            };
            self.push(Span::new(start, at.max(start)), built);
        }
    }

    fn push(&mut self, span: Span, built: Built) {
        self.faults.extend(built.faults);
        let tree = match built.outcome {
            Outcome::Tree(tree) if tree.root().kind() == NodeKind::Null => return,
            Outcome::Tree(tree) => Some(Arc::new(tree)),
            Outcome::Refused(fault) => {
                self.faults.push(fault);
                None
            }
            Outcome::Nothing => return,
        };
        self.documents.push(Document {
            index: self.documents.len(),
            span,
            tree,
            skimmed: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::limits;

    #[test]
    fn a_refusal_behind_any_number_of_faults_is_kept_and_the_rest_is_counted() {
        let more = 5;
        let text = "x:\n".to_owned() + &" a: 1\n".repeat(limits::FAULTS_PER_DOCUMENT + 1 + more) + "b: [\n";
        let decoded = decode_str("a.yaml", text);
        assert!(decoded.is_refused());
        assert_eq!(decoded.documents.len(), 1);
        assert_eq!(decoded.faults.len(), limits::FAULTS_PER_DOCUMENT + 1);
        let told = decoded
            .faults
            .iter()
            .filter(|fault| fault.message.contains("; 5 more faults"));
        assert_eq!(told.count(), 1);
    }
}
