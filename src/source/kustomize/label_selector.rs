//! Label selectors written as one string, as `labelSelector` and `annotationSelector` of the targets of patches and replacements are
//! (kyaml v0.18.1 `yaml/internal/k8sgen/pkg/labels/selector.go`).

/// Requirements, all of which must be met.
#[derive(Debug)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exists,
    DoesNotExist,
    In,
    NotIn,
    GreaterThan,
    LessThan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    End,
    Word(&'t str),
    Symbol(&'t str),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::End => formatter.write_str("its end"),
            Self::Word(text) | Self::Symbol(text) => write!(formatter, "`{text}`"),
        }
    }
}

impl LabelSelector {
    /// Reads a selector, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let mut requirements = Vec::new();
        loop {
            match reader.peek() {
                Token::End if requirements.is_empty() => break,
                Token::Word(_) | Token::Symbol("!") => requirements.push(reader.requirement()?),
                other => return Err(format!("a key is due where {other} stands")),
            }
            match reader.next() {
                Token::End => break,
                Token::Symbol(",") => {}
                other => return Err(format!("a comma is due where {other} stands")),
            }
        }
        Ok(Self { requirements })
    }

    /// Whether labels, each found by its key, meet all requirements.
    pub(super) fn fits(&self, label: impl Fn(&str) -> Option<String>) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.fits(label(&requirement.key)))
    }

    /// The labels that are asked for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().map(|requirement| requirement.key.as_str())
    }
}

impl Requirement {
    fn fits(&self, label: Option<String>) -> bool {
        let is_listed = |label: &String| self.values.contains(label);
        let compare = |label: &String| {
            let limit = self.values.first()?.parse::<i64>().ok()?;
            Some(label.parse::<i64>().ok()?.cmp(&limit))
        };
        match (self.operator, label) {
            (Operator::Exists, label) => label.is_some(),
            (Operator::DoesNotExist, label) => label.is_none(),
            (Operator::In, label) => label.is_some_and(|label| is_listed(&label)),
            (Operator::NotIn, label) => !label.is_some_and(|label| is_listed(&label)),
            (Operator::GreaterThan, label) => label
                .and_then(|label| compare(&label))
                .is_some_and(std::cmp::Ordering::is_gt),
            (Operator::LessThan, label) => label
                .and_then(|label| compare(&label))
                .is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

const SYMBOLS: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'t> Reader<'t> {
    fn peek(&self) -> Token<'t> {
        Reader { rest: self.rest }.next()
    }

    fn next(&mut self) -> Token<'t> {
        let text = self.rest.trim_start_matches(SPACES);
        let length = if text.starts_with("==") || text.starts_with("!=") {
            2
        } else if text.starts_with(SYMBOLS) {
            1
        } else {
            text.find(|next: char| SYMBOLS.contains(&next) || SPACES.contains(&next))
                .unwrap_or(text.len())
        };
        let (token, rest) = text.split_at(length);
        self.rest = rest;
        match token {
            "" => Token::End,
            symbol if symbol.starts_with(SYMBOLS) => Token::Symbol(symbol),
            word => Token::Word(word),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.next();
        let is_negated = token == Token::Symbol("!");
        if is_negated {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return Err(format!("a key is due where {token} stands"));
        };
        if !is_qualified_name(key) {
            return Err(format!("`{key}` cannot be the key of a label"));
        }
        let alone = |operator| Requirement {
            key: key.to_owned(),
            operator,
            values: Vec::new(),
        };
        if is_negated {
            return Ok(alone(Operator::DoesNotExist));
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(alone(Operator::Exists));
        }
        let (operator, is_set) = match self.next() {
            Token::Word("in") => (Operator::In, true),
            Token::Word("notin") => (Operator::NotIn, true),
            Token::Symbol("=" | "==") => (Operator::In, false),
            Token::Symbol("!=") => (Operator::NotIn, false),
            Token::Symbol(">") => (Operator::GreaterThan, false),
            Token::Symbol("<") => (Operator::LessThan, false),
            other => return Err(format!("`=`, `!=`, `in` or `notin` is due where {other} stands")),
        };
        let values = if is_set { self.set()? } else { vec![self.value()?] };
        for value in &values {
            let is_number = value.parse::<i64>().is_ok();
            if matches!(operator, Operator::GreaterThan | Operator::LessThan) && !is_number {
                return Err(format!("a number is due where `{value}` stands"));
            }
            if !is_label_value(value) {
                return Err(format!("`{value}` cannot be the value of a label"));
            }
        }
        Ok(Requirement {
            key: key.to_owned(),
            operator,
            values,
        })
    }

    fn value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(value) => Ok(value.to_owned()),
            other => Err(format!("a value is due where {other} stands")),
        }
    }

    /// Values between parentheses; what is left out is the empty one.
    fn set(&mut self) -> Result<Vec<String>, String> {
        let token = self.next();
        if token != Token::Symbol("(") {
            return Err(format!("`(` is due where {token} stands"));
        }
        let mut values = Vec::new();
        loop {
            let value = match self.peek() {
                Token::Word(value) => {
                    self.next();
                    value
                }
                _ => "",
            };
            values.push(value.to_owned());
            match self.next() {
                Token::Symbol(")") => return Ok(values),
                Token::Symbol(",") => {}
                other => return Err(format!("`,` or `)` is due where {other} stands")),
            }
        }
    }
}

fn is_qualified_name(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        label.bytes().all(|byte| is_inner(byte) || byte == b'-')
            && label.bytes().next().is_some_and(is_inner)
            && label.bytes().last().is_some_and(is_inner)
    };
    prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_label))
        && !name.is_empty()
        && is_label_value(name)
}

fn is_label_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    value.len() <= 63
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && [bytes.first(), bytes.last()]
            .into_iter()
            .flatten()
            .all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubernetes_reads_them() {
        let label = |key: &str| match key {
            "app" => Some("web".to_owned()),
            "n" => Some("5".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        };
        for (selector, fits) in [
            ("", Ok(true)),
            ("app=web", Ok(true)),
            ("app == web , n", Ok(true)),
            ("app!=web", Ok(false)),
            ("other!=web", Ok(true)),
            ("app in (api, web),!other", Ok(true)),
            ("app notin (api)", Ok(true)),
            ("other in ()", Ok(false)),
            ("empty=", Ok(true)),
            ("empty in (,a)", Ok(true)),
            ("n>4,n<6", Ok(true)),
            ("app>4", Ok(false)),
            ("in in (in)", Ok(false)),
            ("app=web,", Err(())),
            ("!app=web", Err(())),
            ("app=web=x", Err(())),
            ("-app", Err(())),
            ("a/b/c", Err(())),
            ("app in web", Err(())),
            ("app > x", Err(())),
            ("app=we$b", Err(())),
        ] {
            let found = LabelSelector::parse(selector)
                .map(|selector| selector.fits(label))
                .map_err(|_| ());
            assert_eq!(found, fits, "{selector}");
        }
    }
}
