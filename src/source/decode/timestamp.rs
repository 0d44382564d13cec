//! What go-yaml v2 takes for a timestamp.
//!
//! Only `!!timestamp` asks: an untagged timestamp is a string anyway. The forms are those of `allowedTimestampFormats` in
//! `resolve.go`, read as Go's `time.Parse` reads them.

/// Whether the text has one of the forms `2006-1-2`, `2006-1-2 15:4:5.9` and `2006-1-2T15:4:5.9Z07:00`.
pub(crate) fn is_timestamp(text: &str) -> bool {
    parse(text, Form::Yaml).is_some()
}

/// Whether Go's `time.Parse(time.RFC3339, text)` takes the text, which is less strict than the RFC.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    parse(text, Form::Rfc3339).is_some()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Yaml,
    Rfc3339,
}

fn parse(text: &str, form: Form) -> Option<()> {
    let least = match form {
        Form::Yaml => 1,
        Form::Rfc3339 => 2,
    };
    let mut rest = Rest(text.as_bytes());
    let year = rest.number(4, 4)?;
    rest.byte(b"-")?;
    let month = rest.number(least, 2)?;
    rest.byte(b"-")?;
    let day = rest.number(least, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
        return None;
    }
    if form == Form::Yaml && rest.0.is_empty() {
        return Some(());
    }
    let separator = rest.byte(match form {
        Form::Yaml => b"Tt ",
        Form::Rfc3339 => b"T",
    })?;
    if separator == b' ' {
        // Go skips any run of spaces where its layout has one.
        while rest.byte(b" ").is_some() {}
    }
    let hour = rest.number(1, 2)?;
    rest.byte(b":")?;
    let minute = rest.number(least, 2)?;
    rest.byte(b":")?;
    let second = rest.number(least, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    rest.fraction();
    if separator != b' ' && rest.byte(b"Z").is_none() {
        rest.byte(b"+-")?;
        let hours = rest.number(2, 2)?;
        rest.byte(b":")?;
        let minutes = rest.number(2, 2)?;
        if hours > 24 || minutes > 60 {
            return None;
        }
    }
    rest.0.is_empty().then_some(())
}

/// What is not read yet.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        if !allowed.contains(&first) {
            return None;
        }
        self.0 = rest;
        Some(first)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self
            .0
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(
            number
                .iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0')),
        )
    }

    /// A fraction of a second may be of any length, and follow a comma.
    fn fraction(&mut self) {
        if let [b'.' | b',', digit, ..] = self.0
            && digit.is_ascii_digit()
        {
            let digits = self.0[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = &self.0[1 + digits..];
        }
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_go_yaml_are_timestamps() {
        for text in [
            "2001-12-14",
            "2001-2-3",
            "2000-02-29",
            "2001-12-14 21:59:43",
            "2001-12-14   21:59:43.10",
            "2001-12-14 1:2:3,5",
            "2001-12-14T21:59:43Z",
            "2001-12-14t21:59:43.123456789012+05:30",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "x",
            "2001",
            "01-12-14",
            "2001-13-01",
            "2001-02-29",
            "2001-12-14 ",
            "2001-12-14 21:59",
            "2001-12-14 21:59:43Z",
            "2001-12-14T21:59:43",
            "2001-12-14T24:00:00Z",
            "2001-12-14 21:59:43.10 -5",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
