//! Bytes as kustomize writes them in Secrets and `binaryData` (kyaml v0.18.1 `yaml/datamap.go`).

const LINE: usize = 70;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64, in lines that each end with a line feed if it takes more than one.
pub(super) fn encode(bytes: &[u8]) -> String {
    let length = bytes.len().div_ceil(3) * 4;
    // With exactly one full line kustomize counts a second one.
    let in_lines = length >= LINE;
    let mut text = String::with_capacity(length + length / LINE + 1);
    let mut column = 0;
    let mut push = |digit: u8| {
        text.push(char::from(digit));
        column += 1;
        if in_lines && column == LINE {
            text.push('\n');
            column = 0;
        }
    };
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 0x3f) as usize];
            push(if at > group.len() { b'=' } else { digit });
        }
    }
    if in_lines && column > 0 {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_padded_and_long_ones_are_folded() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(encode(bytes.as_bytes()), expected);
        }
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
        assert_eq!(encode(&[0; 51]), "A".repeat(68));
        assert_eq!(encode(&[0; 54]), format!("{}\nAA\n", "A".repeat(70)));
        // 140 digits, two full lines.
        assert_eq!(encode(&[0; 105]), format!("{0}\n{0}\n", "A".repeat(70)));
    }
}
