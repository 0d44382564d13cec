//! A sentence above the lines of a file that it is about, as a person sees it.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use textwrap::WordSplitter;

use super::excerpt::{CONTEXT_LINES, Excerpt};

/// One block of source lines with a sentence above it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) message: String,
    pub(super) severity: miette::Severity,
    pub(super) excerpt: Option<Excerpt>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.labels.iter().cloned()))
    }
}

impl Shown {
    /// Adds the block to `out`.
    pub(super) fn write(&self, out: &mut String, is_colored: bool, width: usize) {
        // Only the writer could fail, and a string does not.
        let _ = handler(is_colored, width).render_report(out, self);
    }
}

fn handler(is_colored: bool, width: usize) -> GraphicalReportHandler {
    let theme = if is_colored {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_context_lines(CONTEXT_LINES)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .without_cause_chain()
        .with_links(false)
}
