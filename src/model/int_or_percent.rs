//! `IntOrString` as `partition` and `maxUnavailable` of a SidecarSet read it.

use std::fmt;

use super::kruise_version::KruiseVersion;

/// A field that is a number or a string. The kind comes from the YAML: `5` is a number, `"5"` a string.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A string, which ought to be a percentage.
    String(String),
}

impl fmt::Display for IntOrString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(formatter, "{number}"),
            Self::String(text) => write!(formatter, "\"{text}\""),
        }
    }
}

/// Why Kruise's webhook refuses the value (`ValidatePositiveIntOrPercent` of Kubernetes, called by
/// `kruise v1.8.3 pkg/webhook/sidecarset/validating/sidecarset_create_update_handler.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntOrPercentProblem {
    /// A number below zero.
    Negative(i32),
    /// A string that is not digits followed by one `%`; `"5"` is one of these.
    NotAPercentage(String),
    /// A percentage with more digits than Kruise can count; the webhook lets it pass, the controller then takes 0.
    PercentageTooLarge(String),
}

impl fmt::Display for IntOrPercentProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Negative(number) => write!(formatter, "{number} is below zero"),
            Self::NotAPercentage(text) => {
                write!(formatter, "the string \"{text}\" is not a percentage")?;
                if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
                    write!(formatter, "; write {text} without quotes, or \"{text}%\"")?;
                }
                Ok(())
            }
            Self::PercentageTooLarge(text) => {
                write!(formatter, "the percentage \"{text}\" is too large")
            }
        }
    }
}

impl std::error::Error for IntOrPercentProblem {}

/// A valid value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntOrPercent {
    /// A number of pods.
    Int(u32),
    /// A percentage; more than 100 is allowed.
    Percent {
        /// The number before the `%`.
        percent: u64,
        /// Whether it is written exactly `100%`; Kruise compares the text.
        is_literally_hundred: bool,
    },
}

impl IntOrString {
    /// The value, if Kruise's webhook accepts it. The webhook looks only when `updateStrategy.type` is exactly
    /// `RollingUpdate`.
    ///
    /// # Errors
    /// Why Kruise refuses it.
    pub fn validate(&self) -> Result<IntOrPercent, IntOrPercentProblem> {
        match self {
            Self::Int(number) => match u32::try_from(*number) {
                Ok(number) => Ok(IntOrPercent::Int(number)),
                Err(_) => Err(IntOrPercentProblem::Negative(*number)),
            },
            Self::String(text) => {
                let digits = text
                    .strip_suffix('%')
                    .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
                    .ok_or_else(|| IntOrPercentProblem::NotAPercentage(text.clone()))?;
                // Kruise reads the digits into a signed 64-bit number.
                let percent: i64 = digits
                    .parse()
                    .map_err(|_| IntOrPercentProblem::PercentageTooLarge(text.clone()))?;
                Ok(IntOrPercent::Percent {
                    percent: percent.unsigned_abs(),
                    is_literally_hundred: text == "100%",
                })
            }
        }
    }
}

fn percent_of(percent: u64, total: u32, round_up: bool) -> u64 {
    let product = u128::from(percent) * u128::from(total);
    let scaled = if round_up { product.div_ceil(100) } else { product / 100 };
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// How many of `matched_pods` (all pods of all workloads the set reaches) keep the old sidecar; absent means 0.
///
/// Up to 1.7.4 a percentage is rounded down. From 1.8 on it is rounded up, but when that would leave nothing to
/// upgrade and the text is not exactly `100%`, one pod of several is upgraded after all
/// (`kruise v1.8.3 pkg/util/tools.go`, `CalculatePartitionReplicas`). With a single pod no such exception is made:
/// any percentage above 0 keeps it.
///
/// # Errors
/// Why Kruise refuses the value.
pub fn partition(
    value: Option<&IntOrString>,
    matched_pods: u32,
    version: KruiseVersion,
) -> Result<u64, IntOrPercentProblem> {
    let Some(value) = value else { return Ok(0) };
    let rounds_up = version.behaves_as_at_least(1, 8);
    let total = u64::from(matched_pods);
    let kept = match value.validate()? {
        IntOrPercent::Int(number) => u64::from(number),
        IntOrPercent::Percent {
            percent,
            is_literally_hundred,
        } => {
            let kept = percent_of(percent, matched_pods, rounds_up);
            if rounds_up && total > 1 && kept == total && !is_literally_hundred {
                total - 1
            } else {
                kept
            }
        }
    };
    Ok(kept.min(total))
}

/// How many of `matched_pods` may be unavailable at a time; absent means 1. A result of 0 means that only pods that
/// are not ready anyway are upgraded.
///
/// Up to 1.7.4 a percentage is rounded down, so `10%` of 5 pods is 0 (kruise issues 1812 and 1832); from 1.8 on it is
/// rounded up (`kruise v1.8.3 pkg/controller/sidecarset/sidecarset_strategy.go`, `calculateUpgradeCount`).
///
/// # Errors
/// Why Kruise refuses the value.
pub fn max_unavailable(
    value: Option<&IntOrString>,
    matched_pods: u32,
    version: KruiseVersion,
) -> Result<u64, IntOrPercentProblem> {
    let Some(value) = value else { return Ok(1) };
    Ok(match value.validate()? {
        IntOrPercent::Int(number) => u64::from(number),
        IntOrPercent::Percent { percent, .. } => percent_of(percent, matched_pods, version.behaves_as_at_least(1, 8)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: KruiseVersion = KruiseVersion::new(1, 7, 4);
    const NEW: KruiseVersion = KruiseVersion::new(1, 8, 3);

    fn value(text: &str) -> IntOrString {
        text.parse().map_or_else(
            |_| IntOrString::String(text.trim_matches('"').to_owned()),
            IntOrString::Int,
        )
    }

    #[test]
    fn validation() {
        for (text, accepted) in [
            ("0", true),
            ("5", true),
            ("-1", false),
            ("\"5\"", false),
            ("5%", true),
            ("150%", true),
            ("0%", true),
            ("-5%", false),
            ("12.5%", false),
            ("5%%", false),
            ("%", false),
            (" 5%", false),
            ("abc", false),
            ("99999999999999999999%", false),
        ] {
            assert_eq!(value(text).validate().is_ok(), accepted, "{text}");
        }
        assert_eq!(
            value("\"5\"").validate().map_err(|problem| problem.to_string()),
            Err("the string \"5\" is not a percentage; write 5 without quotes, or \"5%\"".to_owned())
        );
    }

    #[test]
    fn rounding_by_release() {
        // text, pods, partition up to 1.7.4, partition from 1.8, maxUnavailable up to 1.7.4, maxUnavailable from 1.8
        for (text, pods, partition_old, partition_new, unavailable_old, unavailable_new) in [
            ("10%", 5, 0, 1, 0, 1),
            ("90%", 5, 4, 4, 4, 5),
            ("99%", 10, 9, 9, 9, 10),
            ("100%", 10, 10, 10, 10, 10),
            ("0100%", 10, 10, 9, 10, 10),
            ("150%", 10, 10, 10, 15, 15),
            ("50%", 1, 0, 1, 0, 1),
            ("0%", 10, 0, 0, 0, 0),
            ("3", 10, 3, 3, 3, 3),
            ("20", 10, 10, 10, 20, 20),
            ("50%", 0, 0, 0, 0, 0),
        ] {
            let given = value(text);
            assert_eq!(
                partition(Some(&given), pods, OLD),
                Ok(partition_old),
                "partition {text} of {pods}, 1.7.4"
            );
            assert_eq!(
                partition(Some(&given), pods, NEW),
                Ok(partition_new),
                "partition {text} of {pods}, 1.8.3"
            );
            assert_eq!(
                max_unavailable(Some(&given), pods, OLD),
                Ok(unavailable_old),
                "unavailable {text} of {pods}, 1.7.4"
            );
            assert_eq!(
                max_unavailable(Some(&given), pods, NEW),
                Ok(unavailable_new),
                "unavailable {text} of {pods}, 1.8.3"
            );
        }
        assert_eq!(partition(None, 10, NEW), Ok(0));
        assert_eq!(max_unavailable(None, 10, NEW), Ok(1));
        assert_eq!(
            max_unavailable(Some(&value("10%")), 5, KruiseVersion::new(1, 7, 5)),
            Ok(1)
        );
    }
}
