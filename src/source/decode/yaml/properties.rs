//! Anchors, aliases, tags and directives.

use super::scanner::{Scanner, error};
use super::token::{Token, TokenKind};
use crate::source::decode::events::SyntaxError;
use crate::source::text::Span;

/// What may follow an anchor or alias besides a blank.
const BEHIND_ANCHOR: &[u8] = b"?:,]}%@`";

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl<'t> Scanner<'t> {
    pub(super) fn scan_anchor(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.reader.mark().at;
        let is_alias = self.reader.byte(0) == b'*';
        self.reader.skip();
        self.reader.need(1)?;
        let name_start = self.reader.mark().at;
        while is_name_byte(self.reader.byte(0)) {
            self.reader.skip();
            self.reader.need(1)?;
        }
        let end = self.reader.mark().at;
        let is_ended = self.reader.is_blank_break_or_end(0) || BEHIND_ANCHOR.contains(&self.reader.byte(0));
        if end == name_start || !is_ended {
            return Err(error(
                Span::new(start, end),
                if is_alias {
                    "an alias is `*` and a name of letters, digits, `-` and `_`; quote the value if it is none"
                } else {
                    "an anchor is `&` and a name of letters, digits, `-` and `_`; quote the value if it is none"
                },
            ));
        }
        let name = self.reader.slice(name_start, end);
        let kind = if is_alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        };
        Ok(Token::new(kind, Span::new(start, end)))
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.reader.mark().at;
        self.reader.need(2)?;
        let (handle, suffix) = if self.reader.byte(1) == b'<' {
            self.reader.skip_ascii(2);
            let suffix = self.scan_tag_uri(start, Vec::new(), false)?;
            if self.reader.byte(0) != b'>' {
                return Err(self.bad_tag(start, "this tag begins with `!<` and must end with `>`"));
            }
            self.reader.skip();
            (Vec::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(start, false)?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                let suffix = self.scan_tag_uri(start, Vec::new(), false)?;
                (handle, suffix)
            } else {
                let suffix = self.scan_tag_uri(start, handle[1..].to_vec(), true)?;
                if suffix.is_empty() {
                    // `!` alone.
                    (suffix, b"!".to_vec())
                } else {
                    (b"!".to_vec(), suffix)
                }
            }
        };
        self.reader.need(1)?;
        if !self.reader.is_blank_break_or_end(0) {
            return Err(self.bad_tag(start, "a blank must follow this tag; quote the value if it is none"));
        }
        let end = self.reader.mark().at;
        Ok(Token::new(TokenKind::Tag { handle, suffix }, Span::new(start, end)))
    }

    #[cold]
    fn bad_tag(&self, start: usize, message: &str) -> SyntaxError {
        error(Span::new(start, self.reader.mark().at.max(start + 1)), message)
    }

    /// `!`, `!!` or `!name!`; the beginning of a tag without a handle looks the same.
    fn scan_tag_handle(&mut self, start: usize, is_directive: bool) -> Result<Vec<u8>, SyntaxError> {
        self.reader.need(1)?;
        let handle_start = self.reader.mark().at;
        if self.reader.byte(0) != b'!' {
            return Err(self.bad_tag(start, "a tag handle begins with `!`"));
        }
        self.reader.skip();
        self.reader.need(1)?;
        while is_name_byte(self.reader.byte(0)) {
            self.reader.skip();
            self.reader.need(1)?;
        }
        let is_closed = self.reader.byte(0) == b'!';
        if is_closed {
            self.reader.skip();
        }
        let handle = self.reader.slice(handle_start, self.reader.mark().at);
        if is_directive && !is_closed && handle != "!" {
            return Err(self.bad_tag(start, "a tag handle ends with `!`"));
        }
        Ok(handle.as_bytes().to_vec())
    }

    fn scan_tag_uri(&mut self, start: usize, mut uri: Vec<u8>, may_be_empty: bool) -> Result<Vec<u8>, SyntaxError> {
        self.reader.need(1)?;
        let mut is_empty = !may_be_empty;
        loop {
            match self.reader.byte(0) {
                b'%' => self.scan_uri_escape(start, &mut uri)?,
                byte if is_name_byte(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.reader.skip();
                }
                _ => break,
            }
            self.reader.need(1)?;
            is_empty = false;
        }
        if is_empty {
            return Err(self.bad_tag(start, "this tag has no name"));
        }
        Ok(uri)
    }

    /// The `%XX` of one character.
    fn scan_uri_escape(&mut self, start: usize, uri: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let mut more = 0;
        let mut is_leading = true;
        while is_leading || more > 0 {
            self.reader.need(3)?;
            let digit = |ahead| char::from(self.reader.byte(ahead)).to_digit(16);
            let octet = match (self.reader.byte(0), digit(1), digit(2)) {
                (b'%', Some(high), Some(low)) => u8::try_from(high << 4 | low).unwrap_or(0),
                _ => return Err(self.bad_tag(start, "`%` in a tag needs two hexadecimal digits")),
            };
            if is_leading {
                more = match octet {
                    0..0x80 => 0,
                    0xC0..0xE0 => 1,
                    0xE0..0xF0 => 2,
                    0xF0..0xF8 => 3,
                    _ => return Err(self.bad_tag(start, "the escapes in this tag are not UTF-8")),
                };
                is_leading = false;
            } else if octet & 0xC0 == 0x80 {
                more -= 1;
            } else {
                return Err(self.bad_tag(start, "the escapes in this tag are not UTF-8"));
            }
            uri.push(octet);
            self.reader.skip_ascii(3);
        }
        Ok(())
    }

    pub(super) fn scan_directive(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.reader.mark().at;
        self.reader.skip();
        self.reader.need(1)?;
        let name_start = self.reader.mark().at;
        while is_name_byte(self.reader.byte(0)) {
            self.reader.skip();
            self.reader.need(1)?;
        }
        let name = self.reader.slice(name_start, self.reader.mark().at);
        if name.is_empty() || !self.reader.is_blank_break_or_end(0) {
            return Err(self.bad_tag(
                start,
                "a line that begins with `%` is a directive of YAML; quote the value if it is one",
            ));
        }
        let kind = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => {
                return Err(self.bad_tag(
                    start,
                    "a line that begins with `%` is a directive of YAML, and there is none of this name",
                ));
            }
        };
        let end = self.reader.mark().at;
        self.skip_directive_blanks()?;
        if self.reader.byte(0) == b'#' {
            self.skip_comment()?;
        }
        if !self.reader.is_break_or_end(0) {
            return Err(self.bad_tag(start, "only a comment can follow a directive on its line"));
        }
        if self.reader.is_break() {
            self.reader.need(2)?;
            self.reader.skip_break();
        }
        Ok(Token::new(kind, Span::new(start, end)))
    }

    fn skip_directive_blanks(&mut self) -> Result<(), SyntaxError> {
        self.reader.need(1)?;
        while self.reader.is_blank() {
            self.reader.skip();
            self.reader.need(1)?;
        }
        Ok(())
    }

    fn scan_version(&mut self, start: usize) -> Result<TokenKind<'t>, SyntaxError> {
        self.skip_directive_blanks()?;
        let major = self.scan_version_number(start)?;
        if self.reader.byte(0) != b'.' {
            return Err(self.bad_tag(start, "the version of YAML is two numbers with a dot"));
        }
        self.reader.skip();
        let minor = self.scan_version_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, start: usize) -> Result<u8, SyntaxError> {
        self.reader.need(1)?;
        let mut value = 0;
        let mut digits = 0;
        while self.reader.byte(0).is_ascii_digit() {
            digits += 1;
            if digits > 2 {
                break;
            }
            value = value * 10 + (self.reader.byte(0) - b'0');
            self.reader.skip();
            self.reader.need(1)?;
        }
        if matches!(digits, 1 | 2) {
            Ok(value)
        } else {
            Err(self.bad_tag(start, "the version of YAML is two numbers with a dot"))
        }
    }

    fn scan_tag_directive(&mut self, start: usize) -> Result<TokenKind<'t>, SyntaxError> {
        self.skip_directive_blanks()?;
        let handle = self.scan_tag_handle(start, true)?;
        self.reader.need(1)?;
        if !self.reader.is_blank() {
            return Err(self.bad_tag(start, "`%TAG` needs a handle and a prefix"));
        }
        self.skip_directive_blanks()?;
        let prefix = self.scan_tag_uri(start, Vec::new(), false)?;
        self.reader.need(1)?;
        if !self.reader.is_blank_break_or_end(0) {
            return Err(self.bad_tag(start, "a blank must follow the prefix of `%TAG`"));
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }
}

#[cfg(test)]
mod tests {
    use crate::source::decode::yaml::tests::{assert_events, assert_refused};

    #[test]
    fn anchors_and_aliases_end_where_yaml_1_1_ends_them() {
        assert_events(&[
            ("&a b", "&a:\"b\""),
            ("[*a, *b]", "[ *a *b ]"),
            ("&a", "&a:\"\""),
            ("{*a : 1}", "{ *a \"1\" }"),
        ]);
        assert_refused(&["*", "&", "*a.b", "&a.b c", "&a[b]", "[*a", "a: *a b"]);
    }

    #[test]
    fn tags_act_by_their_full_name() {
        assert_events(&[
            ("!!str a", "!Text:\"a\""),
            ("!<tag:yaml.org,2002:int> 1", "!Integer:\"1\""),
            ("!!%69nt 1", "!Integer:\"1\""),
            ("! a", "!Bare:\"a\""),
            ("!a b", "!Other:\"b\""),
            ("!!null", "!Null:\"\""),
        ]);
        assert_refused(&[
            "!<a b",
            "!<> a",
            "!a!b c",
            "!% a",
            "!%zz a",
            "!%ff a",
            "!%C3 a",
            "!a{b c",
            "a: !!a !!b c",
        ]);
    }

    #[test]
    fn directives_are_known_or_refused() {
        assert_events(&[
            ("%YAML 1.1\n--- a", "\"a\""),
            ("%YAML 1.1 # c\n--- a", "\"a\""),
            ("%TAG !a! tag:yaml.org,2002:\n--- !a!int 1", "!Integer:\"1\""),
            ("%TAG ! tag:yaml.org,2002:\n--- !int 1", "!Integer:\"1\""),
        ]);
        assert_refused(&[
            "%YAML 1.2\n--- a",
            "%YAML 1.1\n%YAML 1.1\n--- a",
            "%YAML 1\n--- a",
            "%YAML 111.1\n--- a",
            "%YAML 1.1\na",
            "%TAG !a! b\n%TAG !a! c\n--- a",
            "%TAG !a b\n--- a",
            "%TAG !a!\n--- a",
            "%A\n--- a",
            "%\n--- a",
        ]);
    }
}
