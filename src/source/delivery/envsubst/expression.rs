//! The expressions `${…}` of a text, read as `fluxcd/pkg envsubst/parse` reads them.

use std::borrow::Cow;

use super::Refusal;

/// Deepest nesting of expressions; people write one or two.
pub(super) const DEEPEST: usize = 16;

/// The expression of a text that begins behind the `${` which ends at `at`, and where it ends.
pub(super) fn expression(text: &str, at: usize) -> Result<(Expression<'_>, usize), Refusal> {
    Parser { text, at }.expression(0)
}

/// `${NAME…}`
#[derive(Debug)]
pub(super) struct Expression<'t> {
    pub(super) name: &'t str,
    pub(super) operator: Operator<'t>,
}

#[derive(Debug)]
pub(super) enum Operator<'t> {
    None,
    Length,
    Default(Vec<Part<'t>>),
    LowerFirst,
    Lower,
    UpperFirst,
    Upper,
    Substring(Part<'t>, Option<Part<'t>>),
    Replace(Which, Part<'t>, Option<Part<'t>>),
    Remove {
        end: End,
        is_longest: bool,
        pattern: Part<'t>,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    First,
    All,
    Prefix,
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    Front,
    Back,
}

/// A piece of an argument.
#[derive(Debug)]
pub(super) enum Part<'t> {
    Text(Cow<'t, str>),
    Expression(Box<Expression<'t>>),
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, prefix: &str) -> bool {
        let is_there = self.rest().starts_with(prefix);
        if is_there {
            self.at += prefix.len();
        }
        is_there
    }

    fn name(&mut self) -> Result<&'t str, Refusal> {
        let rest = self.rest();
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += end;
        if end == 0 {
            Err(Refusal::BadExpression)
        } else {
            Ok(&rest[..end])
        }
    }

    /// The expression behind `${`, and where it ends.
    fn expression(mut self, depth: usize) -> Result<(Expression<'t>, usize), Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::BadExpression);
        }
        let expression = if self.take("#") {
            Expression {
                name: self.name()?,
                operator: Operator::Length,
            }
        } else {
            let name = self.name()?;
            Expression {
                name,
                operator: self.operator(depth)?,
            }
        };
        if self.take("}") {
            Ok((expression, self.at))
        } else {
            Err(Refusal::BadExpression)
        }
    }

    fn operator(&mut self, depth: usize) -> Result<Operator<'t>, Refusal> {
        if [":=", ":-", ":?", ":+", "="].iter().any(|mark| self.take(mark)) {
            let mut parts = Vec::new();
            while self.peek().is_some_and(|next| next != '}') {
                parts.push(self.part(depth, |next| next == '}')?);
            }
            return Ok(Operator::Default(parts));
        }
        if self.take(":") {
            let position = self.part(depth, |next| next == ':' || next == '}')?;
            if !self.take(":") {
                return Ok(Operator::Substring(position, None));
            }
            while self.take(":") {}
            return Ok(Operator::Substring(
                position,
                Some(self.part(depth, |next| next == '}')?),
            ));
        }
        for (mark, operator) in [
            (",,", Operator::Lower),
            (",", Operator::LowerFirst),
            ("^^", Operator::Upper),
            ("^", Operator::UpperFirst),
        ] {
            if self.take(mark) {
                return Ok(operator);
            }
        }
        for (mark, which) in [
            ("//", Which::All),
            ("/#", Which::Prefix),
            ("/%", Which::Suffix),
            ("/", Which::First),
        ] {
            if self.take(mark) {
                return self.replacement(which, depth);
            }
        }
        for (mark, end, is_longest) in [
            ("##", End::Front, true),
            ("#", End::Front, false),
            ("%%", End::Back, true),
            ("%", End::Back, false),
        ] {
            if self.take(mark) {
                let pattern = self.part(depth, |next| next == '}')?;
                return Ok(Operator::Remove {
                    end,
                    is_longest,
                    pattern,
                });
            }
        }
        Ok(Operator::None)
    }

    fn replacement(&mut self, which: Which, depth: usize) -> Result<Operator<'t>, Refusal> {
        let pattern = self.escaped_part(depth, '/')?;
        if !self.take("/") {
            return Err(Refusal::BadExpression);
        }
        while self.take("/") {}
        if self.peek() == Some('}') {
            return Ok(Operator::Replace(which, pattern, None));
        }
        Ok(Operator::Replace(which, pattern, Some(self.escaped_part(depth, '}')?)))
    }

    /// Text up to a character, or an expression; never both.
    fn part(&mut self, depth: usize, is_end: impl Fn(char) -> bool) -> Result<Part<'t>, Refusal> {
        if let Some(nested) = self.nested(depth)? {
            return Ok(nested);
        }
        let rest = self.rest();
        let ends = [rest.find(is_end), rest.find("${")];
        let end = ends.into_iter().flatten().min().ok_or(Refusal::BadExpression)?;
        if end == 0 {
            return Err(Refusal::BadExpression);
        }
        self.at += end;
        Ok(Part::Text(Cow::Borrowed(&rest[..end])))
    }

    /// As [`Self::part`], where a backslash keeps `/` and `\`, and `$` keeps `$`.
    fn escaped_part(&mut self, depth: usize, end: char) -> Result<Part<'t>, Refusal> {
        if let Some(nested) = self.nested(depth)? {
            return Ok(nested);
        }
        let mut text = String::new();
        while let Some(next) = self.peek() {
            let rest = self.rest();
            let escapes = ["\\/", "\\\\", "$$"];
            if let Some(escape) = escapes.iter().find(|escape| rest.starts_with(**escape)) {
                text.push_str(&escape[1..]);
                self.at += escape.len();
            } else if next == end || rest.starts_with("${") {
                break;
            } else {
                text.push(next);
                self.at += next.len_utf8();
            }
        }
        if text.is_empty() {
            return Err(Refusal::BadExpression);
        }
        Ok(Part::Text(Cow::Owned(text)))
    }

    fn nested(&mut self, depth: usize) -> Result<Option<Part<'t>>, Refusal> {
        if !self.take("${") {
            return Ok(None);
        }
        let inner = Parser {
            text: self.text,
            at: self.at,
        };
        let (expression, end) = inner.expression(depth + 1)?;
        self.at = end;
        Ok(Some(Part::Expression(Box::new(expression))))
    }
}
