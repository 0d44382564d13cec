//! What a text is without quotes, as kustomize writes many.

/// Whether kustomize writes this text, without quotes, as a string and reads it as one again
/// (`sigs.k8s.io/yaml` v1.4.0 `goyaml.v3/resolve.go`).
#[must_use]
pub(super) fn is_surely_string(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "<<",
    ];
    !(WORDS.contains(&text) || is_like_number(text) || is_like_date(text))
}

fn is_like_number(text: &str) -> bool {
    let text = text.replace('_', "");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let in_other_base = ["0x", "0X", "0o", "0O", "0b", "0B"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix));
    if let Some(rest) = in_other_base {
        return rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let lower = digits.to_ascii_lowercase();
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && (digits.parse::<f64>().is_ok() || lower == ".inf" || lower == ".nan")
}

/// Four digits and a hyphen may begin a point in time.
fn is_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[5].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_may_be_read_as_something_else_is_told_apart() {
        for text in [
            "a", "default", "3scale", "5f7d8", "1e", "e1", "yes", "on", "y", "1.2.3", "0-1", "-", "a: b", "2020",
            "null-",
        ] {
            assert_eq!(is_surely_string(text), text != "2020", "{text}");
        }
        for text in [
            "",
            "~",
            "null",
            "true",
            "FALSE",
            "0",
            "-1",
            "+1",
            "1_000",
            "0x1F",
            "0o17",
            "0b1",
            "1e3",
            "1.",
            ".5",
            ".inf",
            "-.Inf",
            ".nan",
            "2020-01-01",
            "2020-1-1T00:00:00Z",
            "<<",
        ] {
            assert!(!is_surely_string(text), "{text}");
        }
    }
}
