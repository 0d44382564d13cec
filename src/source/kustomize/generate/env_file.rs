//! Files of `envs`: a key and a value a line (kustomize api v0.18.0 `kv/kv.go`).

/// Longest line that is read, with its line feed. At a longer one kustomize stops reading, and says nothing (Go's `bufio.Scanner`).
const LINE_BYTES: usize = 64 << 10;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The keys and values of a file; `None` if a line is no UTF-8.
pub(super) fn read(content: &[u8]) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    for (at, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_too_long = line.len() > LINE_BYTES || line.len() == LINE_BYTES && !line.ends_with(b"\n");
        if is_too_long {
            break;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).ok()?;
        let line = if at == 0 {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        } else {
            line
        };
        let line = line.trim_start();
        if line.starts_with('#') {
            continue;
        }
        // Nothing is trimmed behind the key, nor around the value; a key without a value has an empty one.
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            found.push((key, value));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_kustomize_reads_them() {
        for (content, expected) in [
            ("A=1\nB=2", vec![("A", "1"), ("B", "2")]),
            ("\u{feff}A=1\n", vec![("A", "1")]),
            ("A=1\n\u{feff}B=1\n", vec![("A", "1"), ("\u{feff}B", "1")]),
            (" \t# no\n\n  A = x \r\nB='y'\n", vec![("A ", " x "), ("B", "'y'")]),
            ("A\nB=\n=skipped\n", vec![("A", ""), ("B", "")]),
            ("A=b=c#d\n", vec![("A", "b=c#d")]),
            ("A=1\r\r\n", vec![("A", "1\r")]),
        ] {
            assert_eq!(read(content.as_bytes()).unwrap(), expected, "{content:?}");
        }
        assert_eq!(read(b"A=\xff\n"), None);
    }

    #[test]
    fn nothing_is_read_from_a_line_on_that_is_too_long() {
        let fits = "B".repeat(LINE_BYTES - 1);
        let text = format!("A=1\n{fits}\nC=1\n");
        assert_eq!(read(text.as_bytes()).unwrap().len(), 3);
        let text = format!("A=1\n{fits}B\nC=1\n");
        assert_eq!(read(text.as_bytes()).unwrap(), [("A", "1")]);
        assert_eq!(read(fits.as_bytes()).unwrap().len(), 1);
        assert_eq!(read(format!("{fits}B").as_bytes()).unwrap().len(), 0);
    }
}
