//! kubectl's way of writing a time.

use std::time::Duration;

/// A time as kubectl's `--request-timeout` takes it: bare seconds, or a Go duration such as `1m30s` (`client-go
/// tools/clientcmd/overrides.go` `ParseTimeout`, Go `time.ParseDuration`).
///
/// # Errors
/// What would be right.
pub fn timeout(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write `0`, `30s` or `1m30s`");
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let number_ends = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .ok_or_else(wrong)?;
        let (number, after) = rest.split_at(number_ends);
        let unit_ends = after
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_ends);
        let unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        total += number.parse::<f64>().map_err(|_| wrong())? * unit;
        rest = after;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(total).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_for_kubectl() {
        for (text, milliseconds) in [
            ("0", 0),
            ("5", 5_000),
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("1h0m.5s", 3_600_500),
        ] {
            assert_eq!(timeout(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "1",
            "-1",
            "1x",
            "1.2.3s",
            "1m30",
            "30 s",
            "99999999999999999999h",
        ] {
            assert_eq!(timeout(text).is_ok(), text == "1", "{text}");
        }
    }
}
