//! What begins and ends a document: directives, `---` and `...`.

use super::super::scanner::error;
use super::super::token::TokenKind;
use super::{Place, State, Step, YamlSource};
use crate::source::decode::events::{Event, SyntaxError};
use crate::source::decode::scalar::Tag;
use crate::source::text::Span;

impl<'t> YamlSource<'t> {
    pub(super) fn document_start(&mut self) -> Step<'t> {
        match self.peek()? {
            TokenKind::StreamEnd => {
                self.state = State::Finished;
                return Ok(self.finished());
            }
            TokenKind::VersionDirective { .. } | TokenKind::TagDirective { .. } | TokenKind::DocumentStart => {
                self.directives()?;
                let span = self.peek_span()?;
                if *self.peek()? != TokenKind::DocumentStart {
                    return Err(error(
                        span,
                        "`---` must follow the directives; for kubectl that line ends the document, so it reads no directive",
                    ));
                }
                self.take();
                self.state = State::DocumentContent;
            }
            _ => {
                self.add_default_tag_directives();
                self.state = State::BlockNode;
            }
        }
        self.states.push(State::DocumentEnd);
        self.step()
    }

    fn directives(&mut self) -> Result<(), SyntaxError> {
        let mut has_version = false;
        loop {
            let span = self.peek_span()?;
            match self.peek()? {
                TokenKind::VersionDirective { .. } | TokenKind::TagDirective { .. } => {}
                _ => break,
            }
            match self.take().0 {
                TokenKind::VersionDirective { major, minor } => {
                    if has_version {
                        return Err(error(span, "`%YAML` stands twice"));
                    }
                    if (major, minor) != (1, 1) {
                        return Err(error(span, "Kubernetes reads YAML 1.1 only"));
                    }
                    has_version = true;
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tag_directives.iter().any(|(known, _)| *known == handle) {
                        return Err(error(span, "`%TAG` stands twice for this handle"));
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => {}
            }
        }
        self.add_default_tag_directives();
        Ok(())
    }

    fn add_default_tag_directives(&mut self) {
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tag_directives.iter().any(|(known, _)| known == handle.as_bytes()) {
                self.tag_directives.push((handle.into(), prefix.into()));
            }
        }
    }

    pub(super) fn document_content(&mut self) -> Step<'t> {
        match self.peek()? {
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.return_to_outer_state();
                Ok(self.empty_scalar())
            }
            _ => self.node(Place::Block),
        }
    }

    /// Whatever follows, the document is over: go-yaml's `Unmarshal` does not look any further.
    pub(super) fn document_end(&mut self) -> Step<'t> {
        let span = self.peek_span()?;
        let after = if *self.peek()? == TokenKind::DocumentEnd {
            span.end
        } else {
            span.start
        };
        self.state = State::Finished;
        let after = after as usize;
        Ok((Event::DocumentEnd { after }, Span::new(after, after)))
    }

    pub(super) fn finished(&self) -> (Event<'t>, Span) {
        let after = self.last_end;
        (Event::DocumentEnd { after }, self.here())
    }

    pub(super) fn resolve_tag(&self, handle: &[u8], suffix: &[u8], span: Span) -> Result<Tag, SyntaxError> {
        let prefix: &[u8] = if handle.is_empty() {
            b""
        } else {
            self.tag_directives
                .iter()
                .find(|(known, _)| known == handle)
                .map(|(_, prefix)| prefix.as_slice())
                .ok_or_else(|| {
                    error(
                        span,
                        "no `%TAG` directive names the handle of this tag; quote the value if it is none",
                    )
                })?
        };
        Ok(Tag::from_full_name(&[prefix, suffix].concat()))
    }
}
