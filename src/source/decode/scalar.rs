//! What a plain scalar means to Kubernetes.
//!
//! kubectl, Argo CD and Flux all read YAML through `sigs.k8s.io/yaml` on `go.yaml.in/yaml/v2`, whose `resolve.go` follows YAML 1.1
//! with Go's own number syntax; `json.Marshal` then decides how a number looks. These functions follow both.

use std::borrow::Cow;

use super::timestamp::is_timestamp;

/// A resolved scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
}

/// A number before JSON has its say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Signed(i64),
    /// Above `i64::MAX`.
    Unsigned(u64),
    Float(f64),
}

/// The tags that mean something; any other tag makes a scalar a string and is ignored on a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Text,
    Integer,
    Float,
    Boolean,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// A JSON number without fraction or exponent: no tag of YAML's, but resolved like one.
    Number,
    /// `!` alone, which makes a scalar a string, and even a quoted `<<` a merge.
    Bare,
    Other,
}

impl Tag {
    /// The tag of this full name, all prefixes and escapes resolved.
    pub(crate) fn from_full_name(name: &[u8]) -> Self {
        match name {
            b"!" => Self::Bare,
            b"tag:yaml.org,2002:str" => Self::Text,
            b"tag:yaml.org,2002:int" => Self::Integer,
            b"tag:yaml.org,2002:float" => Self::Float,
            b"tag:yaml.org,2002:bool" => Self::Boolean,
            b"tag:yaml.org,2002:null" => Self::Null,
            b"tag:yaml.org,2002:timestamp" => Self::Timestamp,
            b"tag:yaml.org,2002:binary" => Self::Binary,
            b"tag:yaml.org,2002:merge" => Self::Merge,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "!!str",
            Self::Integer => "!!int",
            Self::Float => "!!float",
            Self::Boolean => "!!bool",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
            Self::Number => "a number",
            Self::Bare | Self::Other => "this tag",
        }
    }
}

/// Resolves an untagged plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    // go-yaml's own first look (`resolveTable`): most scalars are ordinary words.
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            resolve_word(text).unwrap_or(Scalar::Text(Cow::Borrowed(text)))
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            resolve_number(text).map_or(Scalar::Text(Cow::Borrowed(text)), Scalar::Number)
        }
        _ => Scalar::Text(Cow::Borrowed(text)),
    }
}

fn resolve_word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => return None,
    })
}

fn resolve_number(text: &str) -> Option<Number> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Number::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Number::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Number::Float(f64::NAN)),
        _ => {}
    }
    if text.starts_with('.') {
        // Here go-yaml asks `strconv.ParseFloat` as it stands, which allows `_` between digits.
        return if has_misplaced_underscore(text) {
            None
        } else {
            decimal(&text.replace('_', ""))
        };
    }
    let plain: Cow<'_, str> = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    integer(&plain)
        .or_else(|| decimal(&plain))
        .or_else(|| signed_binary(&plain))
}

/// Go's `underscoreOK` for a decimal number: every `_` stands between two digits.
fn has_misplaced_underscore(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'_', bytes).any(|at| !is_digit(at.checked_sub(1)) || !is_digit(Some(at + 1)))
}

/// `0b-1`: behind `0b` go-yaml asks `strconv.ParseInt` once more, which takes a sign of its own.
fn signed_binary(text: &str) -> Option<Number> {
    let digits = text.strip_prefix("0b")?;
    if !digits.starts_with(['-', '+']) || digits[1..].starts_with(['-', '+']) {
        return None;
    }
    i64::from_str_radix(digits, 2).ok().map(Number::Signed)
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`, on a text without underscores.
fn integer(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = unsigned.len() != text.len();
    let bytes = unsigned.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    // Rust's parser takes a sign of its own; Go's has taken it already.
    if !digits.bytes().next()?.is_ascii_hexdigit() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Number::Signed);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Number::Signed(value)),
        // `ParseUint` knows no sign.
        Err(_) if signed => None,
        Err(_) => Some(Number::Unsigned(magnitude)),
    }
}

/// go-yaml's `yamlStyleFloat`, `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, then `strconv.ParseFloat`, which refuses
/// what overflows.
fn decimal(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_is_number = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => !mantissa.is_empty() && is_digits(mantissa),
    };
    let exponent_is_number = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    if !mantissa_is_number || !exponent_is_number {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Number::Float(value))
}

/// Resolves a scalar with an explicit tag, as go-yaml's `resolve` and `decoder.scalar` do.
///
/// # Errors
/// A sentence that says why the scalar cannot be what its tag says.
pub(crate) fn resolve_tagged(tag: Tag, text: &str) -> Result<Scalar<'_>, String> {
    match tag {
        Tag::Text | Tag::Bare | Tag::Other | Tag::Merge => return Ok(Scalar::Text(Cow::Borrowed(text))),
        Tag::Binary => {
            return decode_base64(text)
                .map(|bytes| Scalar::Text(Cow::Owned(lossy_text(&bytes))))
                .ok_or_else(|| "the `!!binary` value is not valid base64".to_owned());
        }
        Tag::Timestamp => {
            return if is_timestamp(text) {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            } else {
                Err(misfit(tag))
            };
        }
        Tag::Number => {
            return decimal_integer(text).map(Scalar::Number).ok_or_else(|| misfit(tag));
        }
        Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null => {}
    }
    match (tag, resolve(text)) {
        (Tag::Float, Scalar::Number(Number::Signed(value))) =>
        {
            #[expect(clippy::cast_precision_loss, reason = "Go's float64(int) does the same")]
            Ok(Scalar::Number(Number::Float(value as f64)))
        }
        (Tag::Integer, scalar @ Scalar::Number(Number::Signed(_) | Number::Unsigned(_)))
        | (Tag::Float, scalar @ Scalar::Number(Number::Float(_)))
        | (Tag::Boolean, scalar @ Scalar::Bool(_))
        | (Tag::Null, scalar @ Scalar::Null) => Ok(scalar),
        _ => Err(misfit(tag)),
    }
}

/// JSON knows no octal numbers, and no number is too large for it.
fn decimal_integer(text: &str) -> Option<Number> {
    match text.parse::<i64>() {
        Ok(value) => Some(Number::Signed(value)),
        Err(_) => decimal(text),
    }
}

/// Without the value: it may be a secret.
fn misfit(tag: Tag) -> String {
    format!("this is not what its tag `{}` says", tag.name())
}

/// Bytes as Go's `encoding/json` writes a string: each invalid byte becomes U+FFFD.
fn lossy_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// Go's `base64.StdEncoding`, which skips line breaks.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| -> Option<u32> {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    };
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    let groups = bytes.len() / 4;
    for (index, group) in bytes.chunks_exact(4).enumerate() {
        let padding = group.iter().rev().take_while(|&&byte| byte == b'=').count();
        if padding > 2 || (padding > 0 && index + 1 != groups) {
            return None;
        }
        let mut bits = 0_u32;
        for &byte in &group[..4 - padding] {
            bits = bits << 6 | digit(byte)?;
        }
        bits <<= 6 * padding;
        decoded.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(decoded)
}

/// The value that JSON carries for a number: whole numbers that fit stay whole, all others are floats.
///
/// Go writes a float below 1e21 without an exponent, so `1e3` and `3.0` come back as integers (`encoding/json` `floatEncoder`,
/// then `sigs.k8s.io/json`, which keeps integers). What is not finite stays so; JSON cannot say it.
pub(crate) fn json_number(number: Number) -> JsonNumber {
    /// Below this Go prints no exponent.
    const EXPONENT_FROM: f64 = 1e21;
    match number {
        Number::Signed(value) => JsonNumber::Int(value),
        #[expect(clippy::cast_precision_loss, reason = "what kubectl does with it too")]
        Number::Unsigned(value) => JsonNumber::Float(value as f64),
        Number::Float(value) => {
            if value.fract() == 0.0 && value.abs() < EXPONENT_FROM && in_i64(value) {
                #[expect(clippy::cast_possible_truncation, reason = "in_i64 has looked")]
                return JsonNumber::Int(value as i64);
            }
            JsonNumber::Float(value)
        }
    }
}

/// Whether a whole float is written by Go as digits that `ParseInt` takes: from -2^63 up to, but not including, 2^63.
fn in_i64(value: f64) -> bool {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    (-TWO_TO_63..TWO_TO_63).contains(&value)
}

/// A number as JSON carries it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum JsonNumber {
    Int(i64),
    Float(f64),
}

/// The string that `sigs.k8s.io/yaml` makes of a key that is no string; `None` where it refuses.
pub(crate) fn key_text(scalar: &Scalar<'_>) -> Option<String> {
    match scalar {
        Scalar::Text(text) => Some(text.clone().into_owned()),
        Scalar::Bool(value) => Some(value.to_string()),
        Scalar::Number(Number::Signed(value)) => Some(value.to_string()),
        // `convertToJSONableObject` lists int, int64, float64 and bool only.
        Scalar::Number(Number::Unsigned(_)) | Scalar::Null => None,
        Scalar::Number(Number::Float(value)) => Some(go_format_float32(*value)),
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with go-yaml's names for what is not finite.
fn go_format_float32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds to 32 bits here")]
    let narrow = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if narrow == 0.0 {
        return if narrow.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    // `{:e}` gives the shortest digits that round-trip, as Go's precision -1 does.
    let scientific = format!("{narrow:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..GO_EXPONENT_FROM).contains(&exponent) {
        return format!("{narrow}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// From this power of ten on, Go's shortest `g` form has an exponent (`strconv/ftoa.go`: "if shortest { eprec = 6 }").
const GO_EXPONENT_FROM: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i64) -> Scalar<'static> {
        Scalar::Number(Number::Signed(value))
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_kubectl() {
        for word in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
            assert_eq!(resolve(word), Scalar::Bool(true), "{word}");
        }
        for word in [
            "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE",
        ] {
            assert_eq!(resolve(word), Scalar::Bool(false), "{word}");
        }
        for word in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(word), Scalar::Null, "{word}");
        }
        for (text, value) in [
            ("0644", 420),
            ("0o644", 420),
            ("0O644", 420),
            ("0x1F", 31),
            ("0X1F", 31),
            ("0b101", 5),
            ("-0b101", -5),
            ("1_000", 1000),
            ("0x_ff", 255),
            ("1__0", 10),
            ("+1", 1),
            ("-0", 0),
            ("-0644", -420),
            ("00", 0),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(resolve(text), int(value), "{text}");
        }
        for (text, value) in [
            ("08", 8.0),
            ("009", 9.0),
            ("08.5", 8.5),
            ("1.", 1.0),
            (".5", 0.5),
            ("+.5", 0.5),
            ("1e3", 1000.0),
            ("1._5", 1.5),
            ("5e-324", 5e-324),
        ] {
            assert_eq!(resolve(text), Scalar::Number(Number::Float(value)), "{text}");
        }
        for text in [
            "tRUE",
            "12:30:45",
            "2001-01-01",
            "1,000",
            "=",
            "nan",
            "1e400",
            "100m",
            "1Gi",
            "0x",
            "0b12",
            "+",
            "-",
            "._5",
            ".",
            "1e",
            "e3",
            "0o8",
            "-",
        ] {
            assert_eq!(resolve(text), Scalar::Text(Cow::Borrowed(text)), "{text}");
        }
    }

    #[test]
    fn a_number_becomes_what_json_makes_of_it() {
        assert_eq!(json_number(Number::Float(3.0)), JsonNumber::Int(3));
        assert_eq!(json_number(Number::Float(-0.0)), JsonNumber::Int(0));
        assert_eq!(json_number(Number::Float(1e21)), JsonNumber::Float(1e21));
        assert_eq!(
            json_number(Number::Unsigned(u64::MAX)),
            JsonNumber::Float(18_446_744_073_709_551_615.0)
        );
    }

    #[test]
    fn keys_become_strings_as_go_formats_them() {
        let key = |text: &str| key_text(&resolve(text));
        assert_eq!(key("8080").as_deref(), Some("8080"));
        assert_eq!(key("0644").as_deref(), Some("420"));
        assert_eq!(key("on").as_deref(), Some("true"));
        assert_eq!(key("1.10").as_deref(), Some("1.1"));
        assert_eq!(key("1.0").as_deref(), Some("1"));
        assert_eq!(key("1234567.5").as_deref(), Some("1.2345675e+06"));
        assert_eq!(key("0.00001").as_deref(), Some("1e-05"));
        assert_eq!(key("~"), None);
        assert_eq!(key(".inf").as_deref(), Some(".inf"));
    }

    #[test]
    fn tags_act_or_are_refused() {
        assert_eq!(resolve_tagged(Tag::Float, "3"), Ok(Scalar::Number(Number::Float(3.0))));
        assert_eq!(
            resolve_tagged(Tag::Binary, "aGVsbG8="),
            Ok(Scalar::Text("hello".into()))
        );
        assert!(resolve_tagged(Tag::Integer, "abc").is_err());
        assert!(resolve_tagged(Tag::Binary, "a=b=").is_err());
        assert_eq!(resolve_tagged(Tag::Boolean, "yes"), Ok(Scalar::Bool(true)));
    }
}
