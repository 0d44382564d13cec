//! OpenKruise releases, as far as their behaviour differs.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A release of OpenKruise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct KruiseVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl KruiseVersion {
    /// A release by its three numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Whether it behaves as release `major.minor` or a later one.
    ///
    /// The tag v1.7.5 was put on the commit of v1.8.3, so it counts as 1.8.
    #[must_use]
    pub fn behaves_as_at_least(self, major: u32, minor: u32) -> bool {
        let effective = if self == Self::new(1, 7, 5) {
            Self::new(1, 8, 3)
        } else {
            self
        };
        (effective.major, effective.minor) >= (major, minor)
    }
}

/// The text is not a release such as `1.8.3` or `v1.8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KruiseVersionProblem(String);

impl fmt::Display for KruiseVersionProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "\"{}\" is not an OpenKruise release; write it as \"1.8.3\"",
            self.0
        )
    }
}

impl std::error::Error for KruiseVersionProblem {}

impl FromStr for KruiseVersion {
    type Err = KruiseVersionProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem = || KruiseVersionProblem(text.to_owned());
        let mut numbers = [0_u32; 3];
        let mut count = 0;
        // A pre-release (`1.9.0-alpha.3`) has the behaviour of the release it leads to.
        let release = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split(['-', '+'])
            .next()
            .unwrap_or_default();
        for part in release.split('.') {
            let slot = numbers.get_mut(count).ok_or_else(problem)?;
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(problem());
            }
            *slot = part.parse().map_err(|_| problem())?;
            count += 1;
        }
        if count < 2 {
            return Err(problem());
        }
        Ok(Self::new(numbers[0], numbers[1], numbers[2]))
    }
}

impl TryFrom<String> for KruiseVersion {
    type Error = KruiseVersionProblem;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for KruiseVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_releases() {
        for (text, expected) in [
            ("1.8.3", Some((1, 8, 3))),
            ("v1.9.0", Some((1, 9, 0))),
            ("1.9", Some((1, 9, 0))),
            ("v1.9.0-alpha.3", Some((1, 9, 0))),
            ("1", None),
            ("1.x", None),
            ("1.2.3.4", None),
            ("", None),
            ("1.+2", None),
        ] {
            let expected = expected.map(|(major, minor, patch)| KruiseVersion::new(major, minor, patch));
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }

    #[test]
    fn the_misplaced_tag_counts_as_what_it_contains() {
        assert!(KruiseVersion::new(1, 7, 5).behaves_as_at_least(1, 8));
        assert!(!KruiseVersion::new(1, 7, 4).behaves_as_at_least(1, 8));
        assert!(!KruiseVersion::new(1, 7, 5).behaves_as_at_least(1, 9));
    }
}
