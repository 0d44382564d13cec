//! What a policy has to say, and where.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::definition::Policy;
use super::mend::Mend;
use super::rendered;
use super::suppression::Suppressed;
use crate::model::object::{Identity, Object, ObjectKey};
use crate::model::path;
use crate::source::decode::{Entry, Node, NodeKind};
use crate::source::helm::ChartOrigin;
pub use crate::source::text::Place;
use crate::source::text::{SourceFile, Span};

/// How much harm a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// May do harm, or does none yet.
    Warning,
    /// Drops traffic, upgrades nothing, or is refused by the cluster.
    Error,
}

impl Severity {
    /// All of them, the gravest first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| format!("`{text}` is none of error, warning, info"))
    }
}

/// A place with a few words on it.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there.
    pub text: String,
}

impl Label {
    /// The text, with a word on what was rendered.
    #[must_use]
    pub fn words(&self) -> Cow<'_, str> {
        const RENDERED: &str = "a rendered position";
        match (self.place.is_near, self.text.is_empty()) {
            (false, _) => Cow::Borrowed(&self.text),
            (true, true) => Cow::Borrowed(RENDERED),
            (true, false) => Cow::Owned(format!("{} ({RENDERED})", self.text)),
        }
    }
}

/// One fault at one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The policy's id.
    pub policy: Arc<str>,
    /// How grave it is.
    pub severity: Severity,
    /// The name of the target; whoever evaluates the policy knows it, and fills it in.
    pub target: Arc<str>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The object at fault, if the file could be read so far.
    pub object: Option<Identity>,
    /// The same object as it was judged; none for what is found in a text as such.
    pub subject: Option<ObjectKey>,
    /// The way to the field, from the root of the object.
    pub path: String,
    /// The place, with words for it (they may be empty).
    pub primary: Label,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// The folders of the kustomizations in whose objects it was found; none for what was judged as written.
    pub rendered_in: Vec<Arc<str>>,
    /// The chart in which it was found.
    pub chart: Option<Arc<ChartOrigin>>,
    /// What would put it right, where that is certain.
    pub mend: Option<Mend>,
    /// That somebody decided not to see it, if so.
    pub suppressed: Option<Suppressed>,
    /// How many findings before it have its name; 0 until all are found.
    pub ordinal: usize,
    /// Whether an earlier state of the repository has it; `None` where there is none to compare with.
    pub since: Option<Since>,
}

/// Whether a finding was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Since {
    /// It was not.
    New,
    /// It was.
    Stays,
}

impl Since {
    /// The word for it in machine output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Stays => "stays",
        }
    }
}

/// How far the name of a finding reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameScope {
    /// The same fault in another file is another one.
    File,
    /// It is the same one wherever its object is written, so that a file can be moved.
    Repository,
}

impl Finding {
    /// A finding of `policy` about a stretch of a file.
    #[must_use]
    pub fn in_file(policy: &Policy, file: &Arc<SourceFile>, span: Span, message: impl Into<String>) -> Self {
        let file = Arc::clone(file);
        Self::in_place(policy, Place::new(file, span), message)
    }

    /// A finding of `policy` about a place.
    pub(super) fn in_place(policy: &Policy, place: Place, message: impl Into<String>) -> Self {
        Self {
            policy: Arc::clone(&policy.id),
            severity: policy.severity,
            target: Arc::default(),
            message: message.into(),
            help: policy.mend.clone(),
            object: None,
            subject: None,
            mend: None,
            suppressed: None,
            path: String::new(),
            primary: Label {
                place,
                text: String::new(),
            },
            related: Vec::new(),
            rendered_in: Vec::new(),
            chart: None,
            ordinal: 0,
            since: None,
        }
    }

    /// A finding about a node of an object.
    #[must_use]
    pub fn at(policy: &Policy, object: &Object, node: Node<'_>, message: impl Into<String>) -> Self {
        let mut finding = Self::in_place(policy, handle(node), message);
        finding.path = path::path_to(object.root(), node).unwrap_or_default();
        if let Some(span) = node.anchor_span() {
            let file = Arc::clone(node.file());
            finding = finding.with_related(Place::new(file, span), "the anchor it stands for");
        }
        finding.about(object, Some(node))
    }

    /// A finding about an entry of `mapping`: its value, or its key when there is no value to point at.
    #[must_use]
    pub fn at_entry(
        policy: &Policy,
        object: &Object,
        mapping: Node<'_>,
        entry: Entry<'_>,
        message: impl Into<String>,
    ) -> Self {
        let value = entry.value();
        if !value.span().is_empty() && !is_block_collection(value) {
            return Self::at(policy, object, value, message);
        }
        Self::at_key(policy, object, mapping, entry, message)
    }

    /// A finding about the key of an entry of `mapping`.
    #[must_use]
    pub fn at_key(
        policy: &Policy,
        object: &Object,
        mapping: Node<'_>,
        entry: Entry<'_>,
        message: impl Into<String>,
    ) -> Self {
        let mut finding = Self::in_place(policy, Entry::key_place(entry), message);
        finding.path = path::child(&path::path_to(object.root(), mapping).unwrap_or_default(), entry.key());
        finding.about(object, Some(entry.value()))
    }

    /// A finding about a field that `mapping` lacks; `keys` is the way to it. It points at the nearest thing that is there.
    #[must_use]
    pub fn missing(
        policy: &Policy,
        object: &Object,
        mapping: Node<'_>,
        keys: &[&str],
        message: impl Into<String>,
    ) -> Self {
        let mut nearest = handle(mapping);
        let mut node = mapping;
        for key in keys {
            let Some(entry) = node.entry(key) else {
                break;
            };
            nearest = Entry::key_place(entry);
            node = entry.value();
        }
        let mut finding = Self::in_place(policy, nearest, message);
        finding.path = keys.iter().fold(
            path::path_to(object.root(), mapping).unwrap_or_default(),
            |path, key| path::child(&path, key),
        );
        finding.about(object, None)
    }

    /// The same finding, about an object; `node` is what is at fault, if it is there.
    fn about(mut self, object: &Object, node: Option<Node<'_>>) -> Self {
        self.object = Some(object.identity.clone());
        self.subject = Some(object.key());
        self.chart.clone_from(&object.chart);
        rendered::tell(self, object, node)
    }

    /// Words for the primary place.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// A second place.
    #[must_use]
    pub fn with_related(mut self, place: Place, text: impl Into<String>) -> Self {
        self.related.push(Label {
            place,
            text: text.into(),
        });
        self
    }

    /// A second place: a node.
    #[must_use]
    pub fn with_related_node(self, node: Node<'_>, text: impl Into<String>) -> Self {
        self.with_related(handle(node), text)
    }

    /// A second place: a node of an object, with what puts it there if that is not the resource itself.
    #[must_use]
    pub fn with_related_part(self, object: &Object, node: Node<'_>, text: impl Into<String>) -> Self {
        rendered::tell_of_part(self.with_related_node(node, text), object, node, rendered::IT)
    }

    /// A second place: what puts a part of an object there, which `what` names, if that is not the resource itself.
    #[must_use]
    pub fn with_what_puts(self, object: &Object, node: Node<'_>, what: &str) -> Self {
        rendered::tell_of_part(self, object, node, what)
    }

    /// A second place: the key of an entry.
    #[must_use]
    pub fn with_related_key(self, entry: Entry<'_>, text: impl Into<String>) -> Self {
        self.with_related(Entry::key_place(entry), text)
    }

    /// A second place: who gives the object its namespace, if it does not name it itself.
    #[must_use]
    pub fn with_namespace_said(self, object: &Object) -> Self {
        match (&object.namespace_said, object.identity.namespace.name()) {
            (Some(said), Some(name)) => {
                let place = Place::new(Arc::clone(&said.file), said.span);
                let text = format!("{} delivers it into the namespace `{name}`", said.by);
                self.with_related(place, text)
            }
            _ => rendered::with_namespace(self, object),
        }
    }

    /// Another severity than the policy's own.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The mend of `policy` for a case of its own.
    #[must_use]
    pub fn with_mend(mut self, policy: &Policy, case: &str) -> Self {
        policy.mend_for(case).clone_into(&mut self.help);
        self
    }

    /// What would put it right by itself.
    #[must_use]
    pub fn mended_by(mut self, mend: impl Into<Option<Mend>>) -> Self {
        self.mend = mend.into();
        self
    }

    /// Fills `{name}` in the mend with what this case needs.
    #[must_use]
    pub fn with_help(mut self, values: &[(&str, &str)]) -> Self {
        self.help = fill(&self.help, values);
        self
    }

    /// Whether somebody decided not to see it.
    #[must_use]
    pub fn is_suppressed(&self) -> bool {
        self.suppressed.is_some()
    }

    /// Whether people are to be told of it: nobody decided not to see it, and it was not there before.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !self.is_suppressed() && self.since != Some(Since::Stays)
    }

    /// What findings are sorted by: place first, as one reads files, then policy.
    #[must_use]
    pub fn sort_key(&self) -> (&str, Span, &str, &str, &str) {
        let (file, span) = self.primary.place.sort_key();
        (file, span, &self.policy, &self.path, &self.message)
    }

    /// A name for the finding that stays when lines move: policy, target, file, object and path, and for a file that could not be
    /// read the text of the line. Those that are equal in all of this are told apart by their ordinals.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = self.name_hash(NameScope::File);
        if self.ordinal > 0 {
            hash.update(self.ordinal.to_string().as_bytes());
        }
        first_half(hash)
    }

    /// The same name without an ordinal.
    #[must_use]
    pub fn name(&self, scope: NameScope) -> String {
        first_half(self.name_hash(scope))
    }

    fn name_hash(&self, scope: NameScope) -> Sha256 {
        let place = &self.primary.place;
        let object = self
            .object
            .as_ref()
            .map(|identity| format!("{}|{identity}", identity.api_version));
        let line;
        let what = if let Some(object) = &object {
            object.as_str()
        } else {
            line = place
                .file
                .line(place.file.position(place.span.start).line)
                .trim()
                .to_owned();
            &line
        };
        let file = match scope {
            NameScope::File => place.file.path(),
            NameScope::Repository => "",
        };
        let mut hash = Sha256::new();
        for part in [&*self.policy, &*self.target, file, what, &self.path] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash
    }
}

/// Sixteen bytes of a hash, which are enough to tell findings apart.
fn first_half(hash: Sha256) -> String {
    let mut name = String::new();
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Counts findings of one name, in their order.
pub(super) fn number(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let next = seen.entry(finding.name(NameScope::File)).or_default();
        finding.ordinal = *next;
        *next += 1;
    }
}

/// What to mark of a node: itself, or for a collection over several lines what it is known by, so that a label does not
/// cover half a screen.
fn handle(node: Node<'_>) -> Place {
    if !is_block_collection(node) {
        return Node::place(node);
    }
    if let Some(name) = node.get("name") {
        return Node::place(name);
    }
    if let Some(first) = node.entries().next() {
        return Entry::key_place(first);
    }
    let Some(first) = node.items().next() else {
        return Node::place(node);
    };
    match first.entries().next().filter(|_| is_block_collection(first)) {
        Some(entry) => Entry::key_place(entry),
        None => Node::place(first),
    }
}

fn is_block_collection(node: Node<'_>) -> bool {
    matches!(node.kind(), NodeKind::Mapping | NodeKind::Sequence)
        && node.anchor_span().is_none()
        && node.source().contains('\n')
}

/// A text of the manifests as a message quotes it: not longer than a line.
#[must_use]
pub fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 80;
    let line = text.lines().next().unwrap_or("");
    let is_whole = line.len() == text.len();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None if is_whole => Cow::Borrowed(text),
        None => Cow::Owned(format!("{line}…")),
    }
}

/// A mend as it stands in its file, for people: what an evaluator would fill in is shown as `<name>`.
#[must_use]
pub fn with_holes(mend: &str) -> String {
    let mut text = String::with_capacity(mend.len());
    let mut rest = mend;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let name = after[1..].split('}').next().unwrap_or("");
        let is_hole =
            !name.is_empty() && after[1..].len() > name.len() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_hole {
            text.push('<');
            text.push_str(name);
            text.push('>');
            rest = &after[name.len() + 2..];
        } else {
            text.push('{');
            rest = &after[1..];
        }
    }
    text.push_str(rest);
    text
}

/// Replaces each `{name}` by its value.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}
