//! `[…]` and `{…}`, also over several lines, but with plain entries only.

use super::{Collection, DEPTH, KEY_BYTES, Scalar, Scanner, Sink};
use crate::source::decode::tree::Style;

impl<S: Sink> Scanner<'_, '_, S> {
    /// Reads the collection that begins at `start`; where it ends.
    pub(super) fn flow_collection(&mut self, start: usize) -> Option<usize> {
        self.flow.clear();
        let mut at = start;
        loop {
            // A value is due here.
            let byte = self.byte(at)?;
            if matches!(byte, b'[' | b'{') {
                let what = if byte == b'[' {
                    Collection::Sequence
                } else {
                    Collection::Mapping
                };
                if self.open.len() + self.flow.len() >= DEPTH {
                    return None;
                }
                self.flow.push(what);
                self.sink.open(what, Style::Flow, at, at + 1)?;
                at = self.flow_space(at + 1)?;
            } else {
                let (value, end) = self.flow_scalar(at)?;
                self.sink.value(value)?;
                at = self.flow_space(end)?;
                at = self.flow_comma(at)?;
            }
            while let Some(b']' | b'}') = self.byte(at) {
                let what = self.flow.pop()?;
                if (what == Collection::Sequence) != (self.bytes[at] == b']') {
                    return None;
                }
                self.sink.close(what, at, at + 1)?;
                at += 1;
                if self.flow.is_empty() {
                    return Some(at);
                }
                at = self.flow_space(at)?;
                at = self.flow_comma(at)?;
            }
            if self.flow.last() == Some(&Collection::Mapping) {
                at = self.flow_key(at)?;
            }
        }
    }

    /// Behind the comma, if one stands here; else the collection must end here.
    fn flow_comma(&self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b',' => self.flow_space(at + 1),
            b']' | b'}' => Some(at),
            _ => None,
        }
    }

    /// Skips blanks and line feeds. What stands first on its line must lie behind the parent, unless it closes something.
    fn flow_space(&self, from: usize) -> Option<usize> {
        let at = self.skip_spaces(from);
        if self.byte(at)? != b'\n' {
            return Some(at);
        }
        let (line, content) = self.peek_line(at + 1)?;
        let is_behind = content - line > self.parent_column()? || matches!(self.byte(content)?, b']' | b'}');
        is_behind.then_some(content)
    }

    /// Reads a key with its colon; where the value begins, on the same line.
    fn flow_key(&mut self, start: usize) -> Option<usize> {
        let (key, colon) = self.flow_scalar(start)?;
        let is_usual =
            colon == key.end() && colon - start <= KEY_BYTES && key.is_verbatim && &self.bytes[start..colon] != b"<<";
        if !is_usual || self.byte(colon) != Some(b':') || self.byte(colon + 1) != Some(b' ') {
            return None;
        }
        self.sink.key(key)?;
        let value = self.skip_spaces(colon + 1);
        (self.byte(value)? != b'\n').then_some(value)
    }

    /// A scalar on one line, and where it stops: at a comma, a colon, a bracket or the line feed.
    fn flow_scalar(&self, start: usize) -> Option<(Scalar, usize)> {
        if let quote @ (b'"' | b'\'') = self.byte(start)? {
            let scalar = self.quoted(start, quote)?;
            let is_on_one_line = memchr::memchr(b'\n', &self.bytes[start..scalar.end()]).is_none();
            return is_on_one_line.then_some((scalar, scalar.end()));
        }
        self.plain_start(start)?;
        let mut stop = start;
        loop {
            match self.byte(stop)? {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' => break,
                b':' => match self.byte(stop + 1)? {
                    b' ' | b'\n' => break,
                    // `a:,` has an empty value, `a:[` is refused.
                    b',' | b'[' | b']' | b'{' | b'}' => return None,
                    _ => {}
                },
                b'#' if self.bytes[stop - 1] == b' ' => return None,
                // To YAML 1.1, and so to Kubernetes, `?` may be an indicator here.
                b'\t' | b'?' => return None,
                _ => {}
            }
            stop += 1;
        }
        let mut end = stop;
        while self.bytes[end - 1] == b' ' {
            end -= 1;
        }
        // `-,` is refused.
        (&self.bytes[start..end] != b"-").then(|| (Scalar::new(Style::Plain, start, end), stop))
    }
}
