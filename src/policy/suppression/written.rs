//! What is written among the manifests to suppress findings: comments and annotations.

use std::sync::Arc;

use super::words::{self, Words};
use super::{ANNOTATION, Malformed, Means, Reach, Suppression};
use crate::model::inventory::Inventory;
use crate::model::object::{Identity, Object};
use crate::model::workload::workload_kind;
use crate::policy::finding::Place;
use crate::source::decode::comments::{CommentSubject, comments_with};
use crate::source::decode::{Decoded, Node, objects};
use crate::source::limits;
use crate::source::text::Span;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) suppressions: Vec<Suppression>,
    pub(super) malformed: Vec<Malformed>,
}

/// Reads the comments of a file, and the annotations of its objects as far as they concern what is found in the text as such.
pub(super) fn in_file(decoded: &Decoded) -> Written {
    let mut written = Written::default();
    written.add_comments(decoded);
    if memchr::memmem::find(decoded.file.text().as_bytes(), ANNOTATION.as_bytes()).is_none() {
        return written;
    }
    for tree in decoded.documents.iter().filter_map(|document| document.tree.as_ref()) {
        for object in objects::objects(tree.root()).0 {
            let (Some(api_version), Some(kind)) = (object.api_version(), object.kind()) else {
                continue;
            };
            let object = Object::new(tree, object.node, api_version, kind, None);
            written.add_annotations(&object, |about| match about {
                About::Object => Reach::Text(object.root().span()),
                About::Pods(template, _) => Reach::Text(template.span()),
            });
        }
    }
    written
}

/// Reads the annotations of the objects of a target, as they were judged.
pub(super) fn in_inventory(inventory: &Inventory) -> Written {
    let mut written = Written::default();
    for object in &inventory.objects {
        written.add_annotations(object, |about| match about {
            About::Object => Reach::Object(object.key()),
            About::Pods(_, path) => Reach::Pods(object.key(), path.join(".")),
        });
    }
    written
}

/// Whose annotation it is.
enum About<'o> {
    Object,
    /// The template, and the way to it.
    Pods(Node<'o>, &'static [&'static str]),
}

impl Written {
    fn add_comments(&mut self, decoded: &Decoded) {
        let file = &decoded.file;
        let comments = comments_with(decoded, words::ADDRESS, limits::SUPPRESSIONS + 1);
        for (at, comment) in comments.into_iter().enumerate() {
            let place = |span: Span| {
                let start = comment.span.start + span.start;
                let end = comment.span.start + span.end;
                Place::new(Arc::clone(file), Span { start, end })
            };
            let whole = Place::new(Arc::clone(file), comment.span);
            if at == limits::SUPPRESSIONS {
                self.malformed.push(too_many(whole, "comments in this file", None));
                return;
            }
            let reach = match comment.subject {
                CommentSubject::Line(span) => Reach::Line(span),
                CommentSubject::Block(span) => Reach::Block(span),
                CommentSubject::Document(span) => Reach::Document(span),
                CommentSubject::Nothing => Reach::Nothing,
            };
            match words::of_comment(file.slice(comment.span)) {
                None => {}
                Some(Ok(words)) => {
                    self.suppressions
                        .push(suppression(Means::Comment, words, whole, place, reach, None));
                }
                Some(Err(malformed)) => self.malformed.push(Malformed {
                    place: place(malformed.span),
                    message: malformed.message,
                    object: None,
                }),
            }
        }
    }

    fn add_annotations<'o>(&mut self, object: &'o Object, reach: impl Fn(About<'o>) -> Reach) {
        let annotation = |node: Node<'o>| node.at(&["metadata", "annotations"])?.get(ANNOTATION);
        let root = object.root();
        if let Some(node) = annotation(root) {
            self.add_annotation(node, &object.identity, || reach(About::Object));
        }
        let path = workload_kind(object.identity.group(), &object.identity.kind).map(|kind| kind.template);
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return;
        };
        if let Some(template) = root.at(path)
            && let Some(node) = annotation(template)
        {
            self.add_annotation(node, &object.identity, || reach(About::Pods(template, path)));
        }
    }

    fn add_annotation(&mut self, node: Node<'_>, object: &Identity, reach: impl Fn() -> Reach) {
        let mut malformed = |place: Place, message: String| {
            self.malformed.push(Malformed {
                place,
                message,
                object: Some(object.clone()),
            });
        };
        let Some(text) = node.as_str() else {
            malformed(
                node.place(),
                format!("`{ANNOTATION}` is a string, a line `POLICY REASON` for each policy"),
            );
            return;
        };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
        if lines.peek().is_none() {
            malformed(
                node.place(),
                format!("`{ANNOTATION}` names no policy; write a line `POLICY REASON` for each"),
            );
        }
        let mut source = Source::of(node);
        for (at, line) in lines.enumerate() {
            let start = source.find(line);
            // A value that was folded, escaped or rendered has no place for a part of it.
            let place = |span: Span| {
                start.map_or_else(
                    || node.place(),
                    |start| {
                        let span = Span::new(start + span.start as usize, start + span.end as usize);
                        Place::new(Arc::clone(node.file()), span)
                    },
                )
            };
            let whole = place(Span::new(0, line.len()));
            if at == limits::SUPPRESSIONS {
                self.malformed
                    .push(too_many(whole, "lines in this annotation", Some(object)));
                return;
            }
            match words::of_line(line) {
                Ok(words) => {
                    self.suppressions.push(suppression(
                        Means::Annotation,
                        words,
                        whole,
                        place,
                        reach(),
                        Some(object),
                    ));
                }
                Err(malformed) => self.malformed.push(Malformed {
                    place: place(malformed.span),
                    message: malformed.message,
                    object: Some(object.clone()),
                }),
            }
        }
    }
}

/// The characters of a node, as far as lines of its value are found in them.
struct Source<'n> {
    text: &'n str,
    start: usize,
}

impl<'n> Source<'n> {
    fn of(node: Node<'n>) -> Self {
        Self {
            text: if node.is_rendered() { "" } else { node.source() },
            start: node.span().start as usize,
        }
    }

    /// Where the next line of the value begins in the file.
    fn find(&mut self, line: &str) -> Option<usize> {
        let at = self.text.find(line)?;
        let start = self.start + at;
        self.text = &self.text[at + line.len()..];
        self.start = start + line.len();
        Some(start)
    }
}

fn suppression(
    means: Means,
    words: Words<'_>,
    whole: Place,
    place: impl Fn(Span) -> Place,
    reach: Reach,
    object: Option<&Identity>,
) -> Suppression {
    let policies = words.policies.into_iter();
    Suppression {
        means,
        place: whole,
        policies: policies.map(|(id, span)| (id.to_owned(), place(span))).collect(),
        until: words.until,
        reason: words.reason.map(Arc::from),
        reach,
        object: object.cloned(),
    }
}

fn too_many(place: Place, what: &str, object: Option<&Identity>) -> Malformed {
    Malformed {
        place,
        message: format!(
            "more than {} {what} are meant for this program; from here on they are not read",
            limits::SUPPRESSIONS
        ),
        object: object.cloned(),
    }
}
