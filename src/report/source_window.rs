//! A file as `miette` reads it.
//!
//! miette's own `NamedSource` searches the whole text for every label, which takes milliseconds per finding in a large file; this
//! one asks the file's line index.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::source::text::SourceFile;

/// A view of a file for one diagnostic.
#[derive(Debug)]
pub(super) struct SourceWindow<'f>(pub(super) &'f SourceFile);

impl SourceCode for SourceWindow<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let file = self.0;
        let length = file.text().len();
        let offset = |offset: usize| u32::try_from(offset.min(length)).unwrap_or(u32::MAX);
        let first = file.position(offset(span.offset())).line;
        let last_byte = span.offset() + span.len().saturating_sub(1);
        let last = file.position(offset(last_byte)).line;
        let from = first.saturating_sub(context_lines_before).max(1);
        let to = (last + context_lines_after).min(file.line_count());
        let start = file.line_span(from).start as usize;
        let end = file.line_span(to).end as usize;
        let data = file.text().as_bytes().get(start..end).unwrap_or(&[]);
        // Without context miette asks only for the position to show above the source.
        let column = if context_lines_before == 0 {
            file.position(offset(span.offset())).column - 1
        } else {
            0
        };
        // miette counts from 0.
        Ok(Box::new(MietteSpanContents::new_named(
            file.path().to_owned(),
            data,
            (start, end - start).into(),
            from - 1,
            column,
            to - from + 1,
        )))
    }
}
