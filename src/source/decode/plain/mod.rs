//! The short way through plain block YAML, which nearly all manifests are written in.
//!
//! One scanner walks the lines of a piece and tells a [`Sink`] what it meets. It accepts only what it is sure to read exactly
//! as [`YamlSource`](super::yaml::YamlSource) does, with the same spans, and declines everything else: then that parser,
//! several times slower, reads the piece. So `None` never means that a text is wrong, only that it is not plain.
//!
//! Two sinks share the scanner: [`source`] keeps events for the builder, [`skim`](super::skim) keeps nothing.

mod cook;
mod flow;
mod line;
mod scalar;
mod source;
#[cfg(test)]
pub(super) mod tests;

use super::tree::Style;
use line::{Next, Stop};
pub(super) use scalar::Scalar;
pub(super) use source::build_piece;

/// Deeper documents are left to the parser that has limits of its own.
const DEPTH: usize = 200;
/// YAML gives a key 1024 characters before its colon.
const KEY_BYTES: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collection {
    Sequence,
    Mapping,
}

/// What is told of a piece, in order. Offsets count in the piece. `None` from a sink ends the scan.
pub(super) trait Sink {
    fn open(&mut self, what: Collection, style: Style, start: usize, end: usize) -> Option<()>;
    fn close(&mut self, what: Collection, start: usize, end: usize) -> Option<()>;
    fn key(&mut self, key: Scalar) -> Option<()>;
    fn value(&mut self, value: Scalar) -> Option<()>;
}

/// An open block collection.
#[derive(Debug, Clone, Copy)]
struct Open {
    what: Collection,
    column: usize,
    /// A sequence whose dashes stand in the column of the key it belongs to.
    is_flush: bool,
}

/// What a node begins with.
enum Start {
    Key(Scalar),
    Value,
}

pub(super) struct Scanner<'t, 's, S> {
    bytes: &'t [u8],
    /// Start of the next line, or of its content once that is known.
    at: usize,
    open: Vec<Open>,
    flow: Vec<Collection>,
    /// A value is due: where its empty span would lie if none comes.
    due: Option<usize>,
    sink: &'s mut S,
}

/// Tells `sink` what the piece holds; `None` if the piece is not plain, or the sink has heard enough.
pub(super) fn scan(piece: &str, sink: &mut impl Sink) -> Option<()> {
    line::only_plain_characters(piece)?;
    let mut scanner = Scanner {
        bytes: piece.as_bytes(),
        at: 0,
        open: Vec::new(),
        flow: Vec::new(),
        due: None,
        sink,
    };
    scanner.run()
}

impl<S: Sink> Scanner<'_, '_, S> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn run(&mut self) -> Option<()> {
        let is_explicit = self.bytes.starts_with(b"---");
        if is_explicit {
            // Text behind the dashes is refused by `split` already; only a blank or a comment is left.
            self.finish_line(3)?;
        }
        while let Next::Line(column) = self.next_content()? {
            self.content(column)?;
        }
        if self.open.is_empty() && is_explicit {
            // `---` alone is a null document.
            return None;
        }
        self.leave_due_empty()?;
        while let Some(open) = self.open.pop() {
            self.sink.close(open.what, self.at, self.at)?;
        }
        Some(())
    }

    /// Reads the line whose content begins here.
    fn content(&mut self, column: usize) -> Option<()> {
        if column == 0 && (self.bytes[self.at..].starts_with(b"---") || self.bytes[self.at..].starts_with(b"...")) {
            return None;
        }
        let Some(&innermost) = self.open.last() else {
            return self.node(column);
        };
        if self.due.is_some() {
            if column > innermost.column {
                self.due = None;
                return self.node(column);
            }
            if column == innermost.column && innermost.what == Collection::Mapping && self.is_dash(self.at) {
                self.due = None;
                return self.dashes(column, true);
            }
            self.leave_due_empty()?;
        }
        let innermost = self.close_down_to(column)?;
        match innermost.what {
            Collection::Mapping => self.entry(),
            Collection::Sequence if self.is_dash(self.at) => self.dashes(column, false),
            Collection::Sequence => None,
        }
    }

    fn leave_due_empty(&mut self) -> Option<()> {
        match self.due.take() {
            Some(at) => self.sink.value(Scalar::empty(at)),
            None => Some(()),
        }
    }

    fn close_down_to(&mut self, column: usize) -> Option<Open> {
        loop {
            let innermost = *self.open.last()?;
            let is_past = innermost.column > column
                || (innermost.column == column && innermost.is_flush && !self.is_dash(self.at));
            if !is_past {
                return (innermost.column == column).then_some(innermost);
            }
            self.open.pop();
            self.sink.close(innermost.what, self.at, self.at)?;
        }
    }

    fn begin(&mut self, open: Open, at: usize) -> Option<()> {
        if self.open.len() >= DEPTH {
            return None;
        }
        self.open.push(open);
        // The parser has a token of its own for the start of a block, except where it lies flush: there the dash stands for it.
        self.sink
            .open(open.what, Style::Block, at, at + usize::from(open.is_flush))
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && matches!(self.byte(at + 1), None | Some(b' ' | b'\n'))
    }

    /// Reads a dash and what stands behind it, which may be a dash again.
    ///
    /// `is_first` says that the sequence begins here, flush with its key.
    fn dashes(&mut self, mut column: usize, is_first: bool) -> Option<()> {
        let mut begins = is_first.then_some(true);
        loop {
            let dash = self.at;
            let behind = self.skip_spaces(dash + 1);
            let is_last = matches!(self.byte(behind), None | Some(b'\n' | b'#'));
            if let Some(is_flush) = begins {
                let open = Open {
                    what: Collection::Sequence,
                    column,
                    is_flush,
                };
                self.begin(open, dash)?;
            }
            if is_last {
                self.due = Some(dash + 1);
                return self.finish_line(behind);
            }
            column += behind - dash;
            self.at = behind;
            if !self.is_dash(behind) {
                return self.node(column);
            }
            begins = Some(false);
        }
    }

    /// Reads a node where a block collection may begin.
    fn node(&mut self, column: usize) -> Option<()> {
        if self.is_dash(self.at) {
            let open = Open {
                what: Collection::Sequence,
                column,
                is_flush: false,
            };
            self.begin(open, self.at)?;
            return self.dashes(column, false);
        }
        let Start::Key(key) = self.key()? else {
            // A document that is one scalar or one flow collection is no manifest.
            return if self.open.is_empty() {
                None
            } else {
                self.inline(self.at)
            };
        };
        let open = Open {
            what: Collection::Mapping,
            column,
            is_flush: false,
        };
        self.begin(open, self.at)?;
        self.key_and_value(key)
    }

    /// Reads a key and its value in the mapping that is open.
    fn entry(&mut self) -> Option<()> {
        match self.key()? {
            Start::Key(key) => self.key_and_value(key),
            Start::Value => None,
        }
    }

    /// The key that begins here, if one does.
    fn key(&self) -> Option<Start> {
        let start = self.at;
        let key = match self.byte(start)? {
            quote @ (b'"' | b'\'') => {
                let quoted = self.quoted(start, quote)?;
                let is_key = self.byte(quoted.end()) == Some(b':')
                    && matches!(self.byte(quoted.end() + 1), None | Some(b' ' | b'\n'));
                if !is_key {
                    return Some(Start::Value);
                }
                // An escape or a line break in a key is too rare to be worth the care.
                quoted.is_verbatim.then_some(quoted)?
            }
            // These begin a value only; whether it is followed by a colon is seen at its end.
            b'[' | b'{' | b'|' | b'>' => return Some(Start::Value),
            _ => {
                let line = self.plain_start(start).and_then(|()| self.plain_line(start))?;
                if line.stop != Stop::Colon {
                    return Some(Start::Value);
                }
                // `key : value`
                if self.byte(line.end) != Some(b':') {
                    return None;
                }
                Scalar::new(Style::Plain, start, line.end)
            }
        };
        let is_usual = key.end() - start <= KEY_BYTES && &self.bytes[start..key.end()] != b"<<";
        is_usual.then_some(Start::Key(key))
    }

    fn key_and_value(&mut self, key: Scalar) -> Option<()> {
        self.sink.key(key)?;
        let colon = key.end();
        let start = self.skip_spaces(colon + 1);
        match self.byte(start) {
            None | Some(b'\n' | b'#') => {
                self.due = Some(colon + 1);
                self.finish_line(start)
            }
            Some(_) => self.inline(start),
        }
    }

    /// Reads a value that is no block collection, and the rest of its last line.
    fn inline(&mut self, start: usize) -> Option<()> {
        match self.byte(start)? {
            b'[' | b'{' => {
                let end = self.flow_collection(start)?;
                self.finish_line(end)
            }
            b'|' | b'>' => {
                let (scalar, next) = self.block_scalar(start)?;
                self.at = next;
                self.sink.value(scalar)
            }
            quote @ (b'"' | b'\'') => {
                let scalar = self.quoted(start, quote)?;
                self.finish_line(scalar.end())?;
                self.sink.value(scalar)
            }
            _ => {
                let (scalar, next) = self.plain(start)?;
                self.at = next;
                self.sink.value(scalar)
            }
        }
    }

    /// The column that all lines of a value must lie behind.
    fn parent_column(&self) -> Option<usize> {
        self.open.last().map(|open| open.column)
    }
}
