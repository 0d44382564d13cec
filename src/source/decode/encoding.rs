//! Bytes to text, as `kubectl` does it.
//!
//! kubectl reads every file through `unicode.BOMOverride(unicode.UTF8.NewDecoder())` (cli-runtime `resource/visitor.go`): a byte
//! order mark decides between UTF-8 and UTF-16, and what is not UTF-8 becomes U+FFFD without a word.

use super::fault::{Fault, FaultKind};
use crate::source::text::{OffsetShift, SourceFile, Span};

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

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
    let has_mark = mark != 0;
    if has_mark {
        shifts.push(OffsetShift { at: 0, shift: mark });
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (SourceFile::with_shifts(path, text, shifts), Vec::new()),
        Err(error) => error.into_bytes(),
    };

    let mut text = String::with_capacity(bytes.len() + 16);
    let mut shift = mark;
    let mut first: Option<Span> = None;
    let mut count = 0_usize;
    let mut undecodable = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // Behind a byte order mark kubectl's decoder lets the bytes through as they are: YAML's reader refuses them, and JSON's
        // replaces each one. Without a mark each sequence that began well is replaced as a whole, as the W3C has it.
        let bytes_each = if has_mark { 1 } else { chunk.invalid().len() };
        for invalid in chunk.invalid().chunks(bytes_each.max(1)) {
            let at = text.len();
            text.push(REPLACEMENT);
            shift += isize::try_from(invalid.len()).unwrap_or(1) - isize::try_from(REPLACEMENT.len_utf8()).unwrap_or(3);
            shifts.push(OffsetShift { at: text.len(), shift });
            first.get_or_insert(Span::new(at, text.len()));
            count += 1;
            if has_mark {
                undecodable.push(at);
            }
        }
    }
    let mut file = SourceFile::with_shifts(path, text, shifts);
    file.set_undecodable(undecodable);
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

fn decode_utf16(path: String, body: &[u8], unit: fn([u8; 2]) -> u16) -> (SourceFile, Vec<Fault>) {
    let mut units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).peekable();
    let mut text = String::with_capacity(body.len() / 2);
    while let Some(first) = units.next() {
        let is_surrogate = (0xD800..0xE000).contains(&first);
        // Whatever surrogate comes first, Go reads it together with a low one behind it.
        let second = units.next_if(|second| is_surrogate && (0xDC00..0xE000).contains(second));
        let character = char::decode_utf16([first].into_iter().chain(second)).next();
        text.push(character.and_then(Result::ok).unwrap_or(REPLACEMENT));
    }
    if body.len() % 2 == 1 {
        text.push(REPLACEMENT);
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
    fn each_sequence_that_began_well_becomes_one_replacement_character() {
        assert_eq!(text_of(b"caf\xE9\xE8!"), "caf\u{FFFD}\u{FFFD}!");
        assert_eq!(text_of(b"\xE2\x82!\xF0\x9F\x98"), "\u{FFFD}!\u{FFFD}");
    }

    #[test]
    fn behind_a_byte_order_mark_each_invalid_byte_is_replaced_and_refused_by_yaml() {
        let (file, _) = decode_text("f".into(), b"\xEF\xBB\xBFa: \xE2\x82".to_vec());
        assert_eq!(file.text(), "a: \u{FFFD}\u{FFFD}");
        assert_eq!(file.first_undecodable(0..9), Some(3));
    }

    #[test]
    fn surrogates_are_paired_as_go_pairs_them() {
        assert_eq!(text_of(b"\xFE\xFF\xD8\x3D\xDE\x00"), "\u{1F600}");
        assert_eq!(text_of(b"\xFE\xFF\xD8\x3D\0a"), "\u{FFFD}a");
        assert_eq!(text_of(b"\xFE\xFF\xDC\x00\xDC\x00\0a"), "\u{FFFD}a");
    }

    #[test]
    fn offsets_are_those_of_the_bytes_on_disk() {
        let (file, faults) = decode_text("f".into(), b"\xEF\xBB\xBFa\xE9b".to_vec());
        assert_eq!(faults.len(), 1);
        assert_eq!(file.position(0).offset, 3);
        assert_eq!(file.position(4).offset, 5, "the `b` after the bad byte");
    }
}
