//! Findings that somebody decided not to see: what was decided, what it hides, and what is wrong with it.
//!
//! ```text
//! comments, annotations ─ written ┐
//! configuration ───────── rule    ├ ledger (hide, and note what was of use) ─ baseline ─ findings about the suppressions
//! ```
//!
//! A suppressed finding stays in the report and changes no exit code. A suppression hides findings of the policies that it names and
//! no others, and reaches no further than what it is written for.

pub mod baseline;
mod date;
mod fault;
mod ledger;
mod rule;
mod words;
mod written;

use std::sync::Arc;

pub use baseline::Baseline;
pub use date::Date;
pub use fault::SuppressionFault;
pub use ledger::Ledger;
pub use rule::{ObjectPattern, Rule};

use super::finding::{Finding, Place};
use crate::model::object::{Identity, ObjectKey};
use crate::source::text::Span;

/// The annotation of an object, or of a pod template.
pub const ANNOTATION: &str = "checker/ignore";

/// What was decided outside of the manifests.
#[derive(Debug, Clone)]
pub struct Decisions {
    /// The rules of the configuration.
    pub rules: Vec<Rule>,
    /// What was there before, if it was written down.
    pub baseline: Option<Baseline>,
    /// The day of the run: what ended before it hides nothing.
    pub today: Date,
    /// Whether all of the repository is looked at. If not, a rule that hides nothing may have its findings elsewhere.
    pub is_whole: bool,
}

impl Decisions {
    /// None, on this day, about a whole repository.
    #[must_use]
    pub fn none(today: Date) -> Self {
        Self {
            rules: Vec::new(),
            baseline: None,
            today,
            is_whole: true,
        }
    }
}

/// By what means a finding is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// `# checker: ignore[…]`
    Comment,
    /// `checker/ignore`
    Annotation,
    /// `ignore` in the configuration.
    Configuration,
    /// It was there when the baseline was written.
    Baseline,
}

impl Means {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Comment, Self::Annotation, Self::Configuration, Self::Baseline];

    /// The name in machine output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Annotation => "annotation",
            Self::Configuration => "configuration",
            Self::Baseline => "baseline",
        }
    }
}

/// That a finding is suppressed.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// By what.
    pub means: Means,
    /// Why, if that is said.
    pub reason: Option<Arc<str>>,
    /// The last day on which it is.
    pub until: Option<Date>,
    /// Where that is written.
    pub place: Place,
}

/// One suppression as it is written.
#[derive(Debug, Clone)]
struct Suppression {
    means: Means,
    place: Place,
    /// The policies, each with the bytes that name it.
    policies: Vec<(String, Place)>,
    until: Option<Date>,
    reason: Option<Arc<str>>,
    reach: Reach,
    /// The object it stands in, if it is an annotation.
    object: Option<Identity>,
}

/// What a suppression is written for.
#[derive(Debug, Clone)]
enum Reach {
    /// The line that a comment ends: what begins or ends there.
    Line(Span),
    /// What a comment stands above: what begins there.
    Block(Span),
    /// The document that a comment opens.
    Document(Span),
    /// A comment above nothing.
    Nothing,
    /// The text of an object or a pod template: what is found in the text as such.
    Text(Span),
    /// An object as it was judged.
    Object(ObjectKey),
    /// The pods of an object: what is found at its template, whose path this is, or of who selects and injects them.
    Pods(ObjectKey, String),
    /// Whatever a rule of the configuration names.
    Rule(Box<Rule>),
}

impl Suppression {
    /// Whether it is written for this finding, which is in the same file if that matters.
    fn reaches(&self, finding: &Finding, is_about_pods: bool) -> bool {
        let span = finding.primary.place.span;
        let begins_in = |stretch: &Span| (stretch.start..=stretch.end).contains(&span.start);
        match &self.reach {
            Reach::Line(line) => begins_in(line) || (line.start < span.end && span.end <= line.end),
            Reach::Block(stretch) | Reach::Document(stretch) => begins_in(stretch),
            Reach::Text(stretch) => finding.subject.is_none() && begins_in(stretch),
            Reach::Nothing => false,
            Reach::Object(key) => finding.subject.as_ref() == Some(key),
            Reach::Pods(key, template) => {
                finding.subject.as_ref() == Some(key) && (is_about_pods || is_below(&finding.path, template))
            }
            Reach::Rule(rule) => rule.matches(finding),
        }
    }

    fn has_ended(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// Whether a path is `parent`, or leads through it.
fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What is meant for this program and says nothing.
#[derive(Debug, Clone)]
struct Malformed {
    place: Place,
    message: String,
    object: Option<Identity>,
}

/// What stands at one place of the repository.
type Spot = (String, Span);

fn spot(place: &Place) -> Spot {
    (place.file.path().to_owned(), place.span)
}
