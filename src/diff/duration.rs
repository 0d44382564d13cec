//! Durations as Go writes them: `1h2m0s`, `1.5h`, `300ms`.

/// Units with their length in nanoseconds (Go `time/format.go`).
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("h", 3600e9),
    ("m", 60e9),
    ("s", 1e9),
];

/// Whether two texts are one duration.
pub(crate) fn same(left: &str, right: &str) -> bool {
    match (nanoseconds(left), nanoseconds(right)) {
        (Some(left), Some(right)) => (left - right).abs() < 0.5,
        _ => false,
    }
}

/// The length of a duration; `None` of what is none.
pub(crate) fn nanoseconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let tail = &rest[end..];
        let (unit, length) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        total += number * length;
        rest = &tail[unit.len()..];
        parts += 1;
    }
    (parts > 0).then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_compared_by_their_length() {
        for (left, right, expected) in [
            ("60s", "1m0s", true),
            ("1.5h", "1h30m", true),
            ("1000ms", "1s", true),
            ("-1m", "-60s", true),
            ("1m", "1ms", false),
            ("60", "60", false),
            ("", "", false),
            ("1mm", "1m", false),
        ] {
            assert_eq!(same(left, right), expected, "{left} {right}");
        }
    }
}
