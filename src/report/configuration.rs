//! What is wrong with a configuration, for a person.

use std::fmt::Write;
use std::sync::Arc;

use super::excerpt::Excerpt;
use super::shown::Shown;
use super::visible::visible;
use crate::config::{Problem, Problems};
use crate::policy::finding::{Label, Place};
use crate::source::text::{SourceFile, Span};

/// Problems that are shown; who has more has made one mistake many times.
const SHOWN: usize = 20;

/// Renders the problems of a configuration, the first ones with their lines.
#[must_use]
pub fn render(problems: &Problems, is_colored: bool, width: usize) -> String {
    let mut out = String::new();
    for problem in problems.list.iter().take(SHOWN) {
        write(&mut out, &problems.file, problem, is_colored, width);
    }
    let rest = problems.list.len().saturating_sub(SHOWN);
    if rest > 0 {
        let _ = writeln!(out, "and {rest} more");
    }
    out
}

fn write(out: &mut String, file: &Arc<SourceFile>, problem: &Problem, is_colored: bool, width: usize) {
    let label = |span: Span, text: &str| Label {
        place: Place::new(Arc::clone(file), span),
        text: text.to_owned(),
    };
    let mut labels = vec![label(problem.span, "")];
    labels.extend(problem.related.iter().map(|(span, text)| label(*span, text)));
    let labels: Vec<&Label> = labels.iter().collect();
    Shown {
        message: visible(&problem.message).into_owned(),
        severity: miette::Severity::Error,
        excerpt: Excerpt::of(&labels).filter(|_| !file.text().is_empty()),
    }
    .write(out, is_colored, width);
}
