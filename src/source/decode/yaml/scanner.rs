//! Text to tokens, by the rules of go-yaml v2's scanner (`scannerc.go`).
//!
//! The rule that needs the most care is the *simple key*: whether `name` begins a mapping is known only at the `:` behind it,
//! and the tokens `Key` and `BlockMappingStart` then go in front of tokens that were cut already. What go-yaml does at the edges
//! of that rule (which keys it forgets, and when) is kept, because it decides which broken texts are refused.

use std::collections::VecDeque;

use super::reader::{Mark, Reader, is_line_byte};
use super::token::{Token, TokenKind};
use crate::source::decode::events::{SyntaxError, UNRENDERED};
use crate::source::limits;
use crate::source::text::{SourceFile, Span};

/// A simple key ends at most so many characters behind its start.
const SIMPLE_KEY_CHARACTERS: usize = 1024;

/// A token that turns out to be a key if a `:` follows in time.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    is_possible: bool,
    /// In block context at the column of the mapping nothing but a key may stand.
    is_required: bool,
    /// Number of the token, counted from the start of the piece.
    number: usize,
    /// Whether the queue waits for this key (`simple_keys_by_tok`).
    is_awaited: bool,
    mark: Mark,
}

/// Cuts one piece into tokens.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    pub(super) reader: Reader<'t>,
    tokens: VecDeque<Token<'t>>,
    /// How many tokens were taken out of the queue.
    taken: usize,
    is_first_final: bool,
    pub(super) flow_level: usize,
    /// One for each open flow collection, and one for the block context around them.
    simple_keys: Vec<SimpleKey>,
    pub(super) simple_key_allowed: bool,
    /// Column of the innermost block collection.
    indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// The last plain or quoted scalar, anchor, alias or tag, for messages.
    last_content: Span,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(file: &'t SourceFile, piece: Span) -> Self {
        Self {
            reader: Reader::new(file, piece),
            tokens: VecDeque::new(),
            taken: 0,
            is_first_final: false,
            flow_level: 0,
            simple_keys: vec![SimpleKey::default()],
            simple_key_allowed: true,
            indent: None,
            indents: Vec::new(),
            last_content: Span::default(),
        }
    }

    /// The first column that belongs to the innermost block collection's content.
    pub(super) fn content_column(&self) -> usize {
        self.indent.map_or(0, |indent| indent + 1)
    }

    /// The column of the innermost block collection, 0 outside of any.
    pub(super) fn indent_or_zero(&self) -> usize {
        self.indent.unwrap_or(0)
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Result<&Token<'t>, SyntaxError> {
        if !self.is_first_final {
            while !self.head_is_final()? {
                self.fetch()?;
            }
            self.is_first_final = true;
        }
        Ok(self.head())
    }

    fn head(&self) -> &Token<'t> {
        const END: &Token<'static> = &Token {
            kind: TokenKind::StreamEnd,
            span: Span { start: 0, end: 0 },
        };
        self.tokens.front().unwrap_or(END)
    }

    /// Takes the token that [`Scanner::peek`] showed.
    pub(super) fn take(&mut self) -> Token<'t> {
        self.is_first_final = false;
        self.taken += 1;
        self.tokens.pop_front().unwrap_or(Token {
            kind: TokenKind::StreamEnd,
            span: Span::default(),
        })
    }

    /// Whether the first token can go out: not as long as it may turn out to be a key.
    fn head_is_final(&mut self) -> Result<bool, SyntaxError> {
        match self.tokens.front() {
            None => return Ok(false),
            // Nothing can be fetched behind the end.
            Some(token) if token.kind == TokenKind::StreamEnd => return Ok(true),
            Some(_) => {}
        }
        // Numbers never fall from the outside to the inside, so the one that is looked for is found by halving.
        let from = self.simple_keys.partition_point(|key| key.number < self.taken);
        let awaited = self.simple_keys[from..]
            .iter()
            .take_while(|key| key.number == self.taken)
            .position(|key| key.is_awaited);
        match awaited {
            None => Ok(true),
            Some(offset) => Ok(!self.key_is_valid(from + offset)?),
        }
    }

    fn key_is_valid(&mut self, level: usize) -> Result<bool, SyntaxError> {
        let here = self.reader.mark();
        let key = &mut self.simple_keys[level];
        if !key.is_possible {
            return Ok(false);
        }
        if key.mark.line < here.line || key.mark.index + SIMPLE_KEY_CHARACTERS < here.index {
            if key.is_required {
                return Err(self.no_colon(level));
            }
            key.is_possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    #[cold]
    fn no_colon(&self, level: usize) -> SyntaxError {
        let start = self.simple_keys[level].mark.at;
        let line = self.line_from(start);
        let span = if line.is_empty() {
            self.reader.character_at(start)
        } else {
            Span::new(start, start + line.len())
        };
        error(
            span,
            if line.starts_with("{{") {
                UNRENDERED
            } else if line.len() > SIMPLE_KEY_CHARACTERS {
                "a key is due here, but no `:` follows within 1024 characters"
            } else {
                "a key is due here, but no `:` follows on this line"
            },
        )
    }

    fn line_from(&self, start: usize) -> &'t str {
        let rest = self.reader.slice(start, self.reader.mark().at.max(start));
        rest.lines().next().unwrap_or("").trim_end()
    }

    fn save_simple_key(&mut self) -> Result<(), SyntaxError> {
        if self.simple_key_allowed {
            let mark = self.reader.mark();
            let key = SimpleKey {
                is_possible: true,
                is_required: self.flow_level == 0 && self.indent == Some(mark.column),
                number: self.taken + self.tokens.len(),
                is_awaited: true,
                mark,
            };
            self.remove_simple_key()?;
            if let Some(last) = self.simple_keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), SyntaxError> {
        let level = self.simple_keys.len() - 1;
        let key = &mut self.simple_keys[level];
        if key.is_possible {
            if key.is_required {
                return Err(self.no_colon(level));
            }
            key.is_possible = false;
            key.is_awaited = false;
        }
        Ok(())
    }

    fn increase_flow_level(&mut self) -> Result<(), SyntaxError> {
        self.simple_keys.push(SimpleKey {
            number: self.taken + self.tokens.len(),
            mark: self.reader.mark(),
            ..SimpleKey::default()
        });
        self.flow_level += 1;
        if self.flow_level > limits::DEPTH {
            return Err(SyntaxError::too_deep(self.reader.mark().indicator()));
        }
        Ok(())
    }

    fn decrease_flow_level(&mut self) {
        if self.flow_level == 0 {
            return;
        }
        self.flow_level -= 1;
        // When the collection held no key of its own, its number is that of its bracket, and go-yaml forgets the key outside that
        // begins with this bracket. The text is refused later, or ends early; so it must here.
        if let Some(inner) = self.simple_keys.pop()
            && let Some(outer) = self.simple_keys.last_mut()
            && outer.number == inner.number
        {
            outer.is_awaited = false;
        }
    }

    /// Opens a block collection if the column lies deeper than the one that is open. `number` says in front of which token.
    fn roll_indent(
        &mut self,
        column: usize,
        number: Option<usize>,
        kind: TokenKind<'t>,
        mark: Mark,
    ) -> Result<(), SyntaxError> {
        if self.flow_level > 0 || self.indent.is_some_and(|indent| indent >= column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(column);
        if self.indents.len() > limits::DEPTH {
            return Err(SyntaxError::too_deep(self.reader.character_at(mark.at)));
        }
        self.insert(number, Token::at(kind, mark));
        Ok(())
    }

    /// Closes the block collections that lie deeper than `column`; all of them for `None`.
    fn unroll_indent(&mut self, column: Option<usize>) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.tokens
                .push_back(Token::at(TokenKind::BlockEnd, self.reader.mark()));
            self.indent = self.indents.pop().flatten();
        }
    }

    /// Puts a token in front of the one with this number, or at the end when that one is gone already.
    fn insert(&mut self, number: Option<usize>, token: Token<'t>) {
        match number.and_then(|number| number.checked_sub(self.taken)) {
            Some(position) if position <= self.tokens.len() => self.tokens.insert(position, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.reader.need(1)?;
        self.skip_to_next_token()?;
        self.unroll_indent(Some(self.reader.column()));
        self.reader.need(4)?;
        let reader = &self.reader;
        let first = reader.byte(0);
        match first {
            0 => self.fetch_stream_end(),
            b'%' if reader.column() == 0 => self.fetch_directive(),
            b'-' if reader.is_document_indicator(b'-') => self.fetch_document_indicator(TokenKind::DocumentStart),
            b'.' if reader.is_document_indicator(b'.') => self.fetch_document_indicator(TokenKind::DocumentEnd),
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if reader.is_blank_break_or_end(1) => self.fetch_block_entry(),
            b'?' if self.flow_level > 0 || reader.is_blank_break_or_end(1) => self.fetch_key(),
            b':' if self.flow_level > 0 || reader.is_blank_break_or_end(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_content(Self::scan_anchor),
            b'!' => self.fetch_content(Self::scan_tag),
            b'|' | b'>' if self.flow_level == 0 => self.fetch_block_scalar(),
            b'\'' | b'"' => self.fetch_content(Self::scan_quoted),
            _ if self.begins_plain_scalar() => self.fetch_content(Self::scan_plain),
            _ => Err(self.no_token(first)),
        }
    }

    fn begins_plain_scalar(&self) -> bool {
        let reader = &self.reader;
        match reader.byte(0) {
            // Not before a blank; before a line end go-yaml takes `-` for an entry earlier.
            b'-' => !matches!(reader.byte(1), b' ' | b'\t'),
            b'?' | b':' => self.flow_level == 0 && !reader.is_blank_break_or_end(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => false,
            _ => !reader.is_blank_break_or_end(0),
        }
    }

    #[cold]
    fn no_token(&self, first: u8) -> SyntaxError {
        let span = self.reader.mark().indicator();
        match first {
            b'\t' => error(span, "a tab cannot indent here; use spaces"),
            b'|' | b'>' => error(
                span,
                "a block scalar cannot stand inside `[…]` or `{…}`; quote the value",
            ),
            b'`' => error(span, "a value cannot begin with a backtick; quote it"),
            _ => error(
                span,
                format!("a value cannot begin with `{}`; quote it", char::from(first)),
            ),
        }
    }

    fn skip_to_next_token(&mut self) -> Result<(), SyntaxError> {
        loop {
            self.reader.need(1)?;
            self.reader.skip_mark();
            self.reader.need(1)?;
            loop {
                match self.reader.byte(0) {
                    b' ' => {}
                    // Where a key may begin, a tab would be indentation.
                    b'\t' if self.flow_level > 0 || !self.simple_key_allowed => {}
                    _ => break,
                }
                self.reader.skip();
                self.reader.need(1)?;
            }
            // go-yaml asks for no space in front of `#` here: `"a"#b` is a value and a comment.
            if self.reader.byte(0) == b'#' {
                self.skip_comment()?;
            }
            if !self.reader.is_break() {
                return Ok(());
            }
            self.reader.need(2)?;
            self.reader.skip_break();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Goes to the end of the line.
    pub(super) fn skip_comment(&mut self) -> Result<(), SyntaxError> {
        while !self.reader.is_break_or_end(0) {
            self.reader.skip();
            self.reader.skip_run(is_line_byte);
            self.reader.need(1)?;
        }
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), SyntaxError> {
        self.reader.end_line();
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.reader.mark();
        self.tokens.push_back(Token::at(TokenKind::StreamEnd, mark));
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), SyntaxError> {
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.reader.mark().at;
        self.reader.skip_ascii(3);
        self.tokens.push_back(Token::new(kind, Span::new(start, start + 3)));
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind<'t>) {
        let span = self.reader.mark().indicator();
        self.reader.skip();
        self.tokens.push_back(Token::new(kind, span));
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.increase_flow_level()?;
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.remove_simple_key()?;
        self.decrease_flow_level();
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), SyntaxError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        let mark = self.reader.mark();
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(error(
                    mark.indicator(),
                    "a list item cannot begin here; begin a new line, or quote the `-`",
                ));
            }
            self.roll_indent(mark.column, None, TokenKind::BlockSequenceStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        let mark = self.reader.mark();
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(error(
                    mark.indicator(),
                    "a `?` key cannot begin here; quote the value if it is one",
                ));
            }
            self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        let level = self.simple_keys.len() - 1;
        if self.key_is_valid(level)? {
            let key = self.simple_keys[level];
            self.insert(Some(key.number), Token::at(TokenKind::Key, key.mark));
            self.roll_indent(
                key.mark.column,
                Some(key.number),
                TokenKind::BlockMappingStart,
                key.mark,
            )?;
            let key = &mut self.simple_keys[level];
            key.is_possible = false;
            key.is_awaited = false;
            self.simple_key_allowed = false;
        } else {
            let mark = self.reader.mark();
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.no_key(mark));
                }
                self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    #[cold]
    fn no_key(&self, colon: Mark) -> SyntaxError {
        let span = self.last_content;
        let last = self.reader.slice_of(span);
        match last.rfind('\n') {
            Some(at) if !last.starts_with(['"', '\'']) => {
                let start = span.end as usize - last[at..].trim_start().len();
                let is_indented = last[at + 1..].starts_with([' ', '\t']);
                let message = if is_indented {
                    "this line is indented, so it goes on with the value of the line above; a key stands in the column of its neighbours"
                } else {
                    "the line above is no `key: value`, so its text goes on with this line"
                };
                error(Span::new(start, colon.at), message)
            }
            _ => error(
                colon.indicator(),
                "a `:` cannot stand here; quote the value if the colon belongs to it, or begin a new line",
            ),
        }
    }

    /// Cuts a token that may turn out to be a key, or to belong to one.
    fn fetch_content(
        &mut self,
        scan: impl FnOnce(&mut Self) -> Result<Token<'t>, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.last_content = token.span;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<(), SyntaxError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar()?;
        self.tokens.push_back(token);
        Ok(())
    }
}

pub(super) fn error(span: Span, message: impl Into<String>) -> SyntaxError {
    SyntaxError::new(span, message)
}

#[cfg(test)]
mod tests {
    use crate::source::decode::yaml::tests::{assert_events, assert_refused};

    #[test]
    fn tabs_stand_where_no_key_can_begin() {
        assert_refused(&["\ta: 1", "a:\n\tb: 1", "-\ta", "?\ta", "a:\n\t\n  b: 1"]);
        assert_events(&[
            ("a:\tb", "{ \"a\" \"b\" }"),
            ("a\t: b", "{ \"a\" \"b\" }"),
            ("[\n\ta,\n\tb\n]", "[ \"a\" \"b\" ]"),
            ("a: b\t# c", "{ \"a\" \"b\" }"),
        ]);
    }

    #[test]
    fn a_simple_key_is_one_line_of_1024_characters() {
        let key = "k".repeat(1024);
        assert_events(&[(&format!("{key}: 1"), &format!("{{ \"{key}\" \"1\" }}"))]);
        assert_refused(&[&format!("{key}k: 1"), "a\nb: c", "\"a\n b\": c", "a: b: c"]);
    }

    #[test]
    fn a_comment_needs_no_space_behind_a_quote_or_bracket() {
        assert_events(&[("'a'#b", "\"a\""), ("[a]#b", "[ \"a\" ]"), ("a#b", "\"a#b\"")]);
    }

    #[test]
    fn u2028_and_its_like_end_a_line() {
        assert_events(&[
            ("a: 1 # c\u{2028}b: 2", "{ \"a\" \"1\" \"b\" \"2\" }"),
            ("a: 1\u{85}b: 2", "{ \"a\" \"1\" \"b\" \"2\" }"),
        ]);
    }

    #[test]
    fn a_bracket_without_a_key_makes_go_yaml_forget_the_key_outside() {
        // `{}` would be the key of a mapping; the key comes too late, and the document is over before it.
        assert_events(&[("{}: 1", "{ }")]);
        assert_refused(&["- {}: 1"]);
    }
}
