//! Placeholders: text that something outside Git is meant to replace before the cluster sees it.
//!
//! Two readings: an ordinary value, and an image. `$(NAME)` is Kubernetes' own expansion in `command`, `args` and
//! `env`, so only in an image, where Kubernetes expands nothing, is it a placeholder.

use std::ops::Range;

/// The style of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceholderKind {
    /// `$$$NAME$$$`
    TripleDollar,
    /// `${NAME}`, `${NAME:=default}`, `${NAME:-default}`
    DollarBrace,
    /// `$(NAME)`, in images only
    DollarParenthesis,
    /// `{{ … }}`
    DoubleBrace,
    /// `<NAME>`, `<your-name>`
    AngleBracket,
    /// `<path:secret#key>`, Argo CD's vault plug-in
    VaultPath,
    /// `...` or `…`
    Ellipsis,
    /// `@@NAME@@`
    DoubleAt,
    /// `%NAME%`
    Percent,
}

/// A placeholder and where it is in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Its style.
    pub kind: PlaceholderKind,
    /// Its bytes, delimiters included.
    pub range: Range<usize>,
}

/// The first placeholder of an ordinary value.
#[must_use]
pub fn find(text: &str) -> Option<Placeholder> {
    scan(text, Context::Value).next()
}

/// All placeholders of an ordinary value, from left to right.
#[must_use]
pub fn find_all(text: &str) -> Vec<Placeholder> {
    scan(text, Context::Value).collect()
}

/// The first placeholder of an image reference.
#[must_use]
pub fn find_in_image(text: &str) -> Option<Placeholder> {
    scan(text, Context::Image).next()
}

#[derive(Clone, Copy, PartialEq)]
enum Context {
    Value,
    Image,
}

fn scan(text: &str, context: Context) -> impl Iterator<Item = Placeholder> {
    let mut position = 0;
    std::iter::from_fn(move || {
        while position < text.len() {
            let rest = text.get(position..)?;
            if let Some((kind, length)) = at_start(text, position, rest, context) {
                let range = position..position + length;
                position = range.end;
                return Some(Placeholder { kind, range });
            }
            position += skip(rest);
        }
        None
    })
}

/// `$$` is the escape of `$` in envsubst-like tools, so what follows it is not a placeholder.
fn skip(rest: &str) -> usize {
    if rest.starts_with("$$") {
        2
    } else {
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

/// Longest placeholder that is looked for, in bytes: without a bound a text of opening braces would cost quadratic time.
const LONGEST: usize = 1_024;

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn at_start(text: &str, position: usize, rest: &str, context: Context) -> Option<(PlaceholderKind, usize)> {
    use PlaceholderKind as Kind;
    let whole = rest;
    let rest = beginning(rest);
    match rest.as_bytes().first()? {
        b'$' => {
            if let Some(length) = enclosed_name(rest, "$$$", |byte| is_name(byte) || byte == b'-') {
                return Some((Kind::TripleDollar, length));
            }
            if rest.starts_with("${") {
                return dollar_brace(rest).map(|length| (Kind::DollarBrace, length));
            }
            if context == Context::Image && rest.starts_with("$(") {
                return rest.find(')').map(|end| (Kind::DollarParenthesis, end + 1));
            }
            None
        }
        b'{' if rest.starts_with("{{") => rest.find("}}").map(|end| (Kind::DoubleBrace, end + 2)),
        b'<' => angle_bracket(rest),
        b'@' => enclosed_name(rest, "@@", is_name).map(|length| (Kind::DoubleAt, length)),
        b'%' => percent(text, rest, context).map(|length| (Kind::Percent, length)),
        b'.' | 0xE2 => ellipsis(text, position, whole, context).map(|length| (Kind::Ellipsis, length)),
        _ => None,
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn name_length(text: &str, part: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    if !bytes
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    {
        return 0;
    }
    bytes.iter().take_while(|byte| part(**byte)).count()
}

fn enclosed_name(rest: &str, fence: &str, part: impl Fn(u8) -> bool) -> Option<usize> {
    let inner = rest.strip_prefix(fence)?;
    let length = name_length(inner, part);
    let closed = length > 0 && inner.get(length..)?.starts_with(fence);
    closed.then_some(length + 2 * fence.len())
}

fn dollar_brace(rest: &str) -> Option<usize> {
    let inner = rest.get(2..)?;
    let length = name_length(inner, |byte| is_name(byte) || matches!(byte, b'.' | b'-'));
    if length == 0 {
        return None;
    }
    // A default may itself hold a placeholder: `${A:-${B}}`.
    let mut depth = 0_usize;
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn angle_bracket(rest: &str) -> Option<(PlaceholderKind, usize)> {
    let end = rest.find('>')?;
    let inner = rest.get(1..end)?;
    if inner.contains(['<', '\n']) {
        return None;
    }
    if let Some((path, key)) = inner.strip_prefix("path:").and_then(|path| path.split_once('#')) {
        return (!path.is_empty() && !key.is_empty()).then_some((PlaceholderKind::VaultPath, end + 1));
    }
    let capitals = inner.starts_with(|first: char| first.is_ascii_uppercase())
        && inner
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_- ".contains(&byte));
    let yours = inner.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("your"))
        && inner
            .get(4..)
            .is_some_and(|tail| tail.starts_with(['-', '_', ' ', '.']));
    (capitals || yours).then_some((PlaceholderKind::AngleBracket, end + 1))
}

/// In running text three dots are punctuation, so an ordinary value must consist of them alone.
fn ellipsis(text: &str, position: usize, rest: &str, context: Context) -> Option<usize> {
    let length = match rest.strip_prefix('…') {
        Some(_) => '…'.len_utf8(),
        None => Some(rest.bytes().take_while(|byte| *byte == b'.').count()).filter(|dots| *dots >= 3)?,
    };
    let alone = text.get(..position)?.trim().is_empty() && rest.get(length..)?.trim().is_empty();
    (alone || context == Context::Image).then_some(length)
}

/// Envoy writes its access log operators as `%NAME%`, and URLs their octets as `%C3%A9`: neither is a placeholder. So
/// the value may hold nothing that a name, path or address does not, and the name must not be one of Envoy's.
fn percent(text: &str, rest: &str, context: Context) -> Option<usize> {
    let inner = rest.get(1..)?;
    let length = inner
        .bytes()
        .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
        .count();
    let name = inner.get(..length)?;
    let octet = length == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%./:_-@".contains(&byte);
    let found = name.starts_with(|first: char| first.is_ascii_uppercase())
        && inner.get(length..)?.starts_with('%')
        && !octet
        && (context == Context::Image || (text.bytes().all(plain) && !ENVOY_OPERATORS.contains(&name)));
    found.then_some(length + 2)
}

/// Envoy's access log operators without an argument (Envoy documentation, "Access logging", "Command Operators").
const ENVOY_OPERATORS: [&str; 40] = [
    "ACCESS_LOG_TYPE",
    "BYTES_RECEIVED",
    "BYTES_SENT",
    "CONNECTION_ID",
    "CONNECTION_TERMINATION_DETAILS",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_PORT",
    "DOWNSTREAM_LOCAL_SUBJECT",
    "DOWNSTREAM_LOCAL_URI_SAN",
    "DOWNSTREAM_PEER_SUBJECT",
    "DOWNSTREAM_PEER_URI_SAN",
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_REMOTE_PORT",
    "DOWNSTREAM_TLS_CIPHER",
    "DOWNSTREAM_TLS_SESSION_ID",
    "DOWNSTREAM_TLS_VERSION",
    "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
    "DURATION",
    "HOSTNAME",
    "LOCAL_REPLY_BODY",
    "PROTOCOL",
    "REQUESTED_SERVER_NAME",
    "REQUEST_DURATION",
    "RESPONSE_CODE",
    "RESPONSE_CODE_DETAILS",
    "RESPONSE_DURATION",
    "RESPONSE_FLAGS",
    "ROUTE_NAME",
    "START_TIME",
    "UPSTREAM_CLUSTER",
    "UPSTREAM_HOST",
    "UPSTREAM_LOCAL_ADDRESS",
    "UPSTREAM_REMOTE_ADDRESS",
    "UPSTREAM_REQUEST_ATTEMPT_COUNT",
    "UPSTREAM_TRANSPORT_FAILURE_REASON",
    "VIRTUAL_CLUSTER_NAME",
];

#[cfg(test)]
mod tests {
    use super::PlaceholderKind::*;
    use super::*;

    #[test]
    fn ordinary_values() {
        for (text, expected) in [
            ("$$$IMAGE$$$", Some((TripleDollar, "$$$IMAGE$$$"))),
            ("a-$$$my-app$$$:1", Some((TripleDollar, "$$$my-app$$$"))),
            ("$$$IMAGE", None),
            ("${NAME}", Some((DollarBrace, "${NAME}"))),
            ("x${NAME:=a b}y", Some((DollarBrace, "${NAME:=a b}"))),
            ("${NAME:-${OTHER}}/z", Some((DollarBrace, "${NAME:-${OTHER}}"))),
            ("${", None),
            ("${}", None),
            ("${1}", None),
            ("${NAME", None),
            ("$${NAME}", None),
            ("$(NAME)", None),
            ("$NAME", None),
            ("{{ .Values.image }}", Some((DoubleBrace, "{{ .Values.image }}"))),
            ("a{{x}}b", Some((DoubleBrace, "{{x}}"))),
            ("{\"a\":{}}", None),
            ("{{", None),
            ("<IMAGE>", Some((AngleBracket, "<IMAGE>"))),
            ("x <MY_APP-1> y", Some((AngleBracket, "<MY_APP-1>"))),
            ("<your-registry>/a", Some((AngleBracket, "<your-registry>"))),
            ("<YOUR IMAGE>", Some((AngleBracket, "<YOUR IMAGE>"))),
            ("<yourself>", None),
            ("<html>", None),
            ("a < b", None),
            ("<>", None),
            (
                "<path:secret/data/app#password>",
                Some((VaultPath, "<path:secret/data/app#password>")),
            ),
            ("<path:secret>", None),
            ("...", Some((Ellipsis, "..."))),
            (" … ", Some((Ellipsis, "…"))),
            ("please wait...", None),
            ("../..", None),
            ("@@VERSION@@", Some((DoubleAt, "@@VERSION@@"))),
            ("me@example.com", None),
            ("%IMAGE%", Some((Percent, "%IMAGE%"))),
            ("registry/%APP%:%TAG%", Some((Percent, "%APP%"))),
            ("%START_TIME%", None),
            ("[%START_TIME%] \"%REQ(:METHOD)%\" %MY_FIELD%", None),
            ("/caf%C3%A9", None),
            ("100%", None),
            ("", None),
            ("é", None),
        ] {
            let found = find(text).map(|placeholder| (placeholder.kind, &text[placeholder.range]));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn images() {
        for (text, expected) in [
            ("$(IMAGE)", Some((DollarParenthesis, "$(IMAGE)"))),
            ("registry/app:$(TAG)", Some((DollarParenthesis, "$(TAG)"))),
            ("registry/app:...", Some((Ellipsis, "..."))),
            ("registry/…", Some((Ellipsis, "…"))),
            ("app:%START_TIME%", Some((Percent, "%START_TIME%"))),
            ("registry/app:1.2.3", None),
        ] {
            let found = find_in_image(text).map(|placeholder| (placeholder.kind, &text[placeholder.range]));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn all_of_them_in_order() {
        let found: Vec<_> = find_all("${A}/@@B@@:{{c}}")
            .into_iter()
            .map(|placeholder| placeholder.kind)
            .collect();
        assert_eq!(found, [DollarBrace, DoubleAt, DoubleBrace]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_ranges_inside_it(text in ".{0,40}") {
            let mut end = 0;
            for placeholder in find_all(&text) {
                assert!(placeholder.range.start >= end && text.get(placeholder.range.clone()).is_some());
                end = placeholder.range.end;
            }
        }
    }
}
