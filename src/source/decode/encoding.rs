//! Bytes to text, as `kubectl` does it.
//!
//! kubectl reads every file through `unicode.BOMOverride(unicode.UTF8.NewDecoder())` (cli-runtime `resource/visitor.go`): a byte
//! order mark decides between UTF-8 and UTF-16, and each invalid byte becomes U+FFFD without a word.

use super::fault::{Fault, FaultKind};
use crate::source::text::{OffsetShift, SourceFile, Span};

/// The text of a file and what was odd about its bytes.
pub(crate) fn decode_text(path: String, bytes: Vec<u8>) -> (SourceFile, Vec<Fault>) {
    if let Some(body) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return decode_utf8(path, body.to_vec(), 3);
    }
    if let Some(body) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return decode_utf16(path, body, u16::from_le_bytes);
    }
    if let Some(body) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return decode_utf16(path, body, u16::from_be_bytes);
    }
    decode_utf8(path, bytes, 0)
}

fn decode_utf8(path: String, bytes: Vec<u8>, mark: isize) -> (SourceFile, Vec<Fault>) {
    let mut shifts = Vec::new();
    if mark != 0 {
        shifts.push(OffsetShift { at: 0, shift: mark });
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (SourceFile::with_shifts(path, text, shifts), Vec::new()),
        Err(error) => error.into_bytes(),
    };

    // One U+FFFD for each invalid byte, as Go's decoder does (`utf8.DecodeRune` answers size 1), not one for each maximal
    // invalid sequence as Rust's lossy conversion does.
    const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut rest = bytes.as_slice();
    let mut shift = mark;
    let mut first: Option<Span> = None;
    let mut count = 0_usize;
    while !rest.is_empty() {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                break;
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).unwrap_or(""));
                let at = text.len();
                text.push(REPLACEMENT);
                shift -= isize::try_from(REPLACEMENT.len_utf8()).unwrap_or(3) - 1;
                shifts.push(OffsetShift {
                    at: text.len(),
                    shift,
                });
                first.get_or_insert(Span::new(at, text.len()));
                count += 1;
                rest = after.get(1..).unwrap_or(&[]);
            }
        }
    }
    let file = SourceFile::with_shifts(path, text, shifts);
    let faults = first
        .map(|span| {
            let offset = file.position(span.start).offset;
            let more = if count == 1 {
                String::new()
            } else {
                format!(" and {} more", count - 1)
            };
            Fault::new(
                FaultKind::InvalidUtf8,
                span,
                format!("the byte at offset {offset}{more} is not valid UTF-8"),
            )
        })
        .into_iter()
        .collect();
    (file, faults)
}

fn decode_utf16(
    path: String,
    body: &[u8],
    unit: fn([u8; 2]) -> u16,
) -> (SourceFile, Vec<Fault>) {
    let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text: String = char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if body.len() % 2 == 1 {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (SourceFile::with_shifts(path, text, Vec::new()), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        decode_text("f".into(), bytes.to_vec()).0.text().to_owned()
    }

    #[test]
    fn a_byte_order_mark_decides_the_encoding_and_is_stripped() {
        assert_eq!(text_of(b"\xEF\xBB\xBFa: 1"), "a: 1");
        assert_eq!(text_of(b"\xFF\xFEa\0:\0"), "a:");
        assert_eq!(text_of(b"\xFE\xFF\0a\0:"), "a:");
    }

    #[test]
    fn every_invalid_byte_becomes_one_replacement_character() {
        assert_eq!(text_of(b"caf\xE9\xE8!"), "caf\u{FFFD}\u{FFFD}!");
    }

    #[test]
    fn offsets_are_those_of_the_bytes_on_disk() {
        let (file, faults) = decode_text("f".into(), b"\xEF\xBB\xBFa\xE9b".to_vec());
        assert_eq!(faults.len(), 1);
        assert_eq!(file.position(0).offset, 3);
        assert_eq!(file.position(4).offset, 5, "the `b` after the bad byte");
    }
}
