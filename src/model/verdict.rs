//! Three-valued answers: yes, no, or *cannot know from Git, because …*.

use std::fmt;
use std::ops::Not;

/// Why a question cannot be answered from what Git holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnknownReason {
    /// The object names no namespace and no target says which one is meant.
    NamespaceUnresolved,
    /// The named namespace has no Namespace object in Git, so its labels are not known.
    NamespaceNotInGit(String),
    /// A field still holds a placeholder that something outside Git fills in.
    Placeholder {
        /// The field, as it is written in the manifest.
        field: &'static str,
    },
    /// The namespace carries a mesh label whose meaning is not documented.
    NamespaceLabelNotUnderstood {
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// A control plane revision that the profile does not describe decides.
    RevisionNotInProfile(String),
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamespaceUnresolved => formatter.write_str("the namespace is not given"),
            Self::NamespaceNotInGit(name) => {
                write!(
                    formatter,
                    "Git has no Namespace object \"{name}\", so its labels are not known"
                )
            }
            Self::Placeholder { field } => write!(formatter, "{field} is still a placeholder"),
            Self::NamespaceLabelNotUnderstood { key, value } => {
                write!(
                    formatter,
                    "the effect of the namespace label {key}={value} is not documented"
                )
            }
            Self::RevisionNotInProfile(revision) => {
                write!(
                    formatter,
                    "the control plane revision \"{revision}\" is not the one the profile describes"
                )
            }
        }
    }
}

/// One or more reasons for not knowing; sorted and without repetition, so that equal answers are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unknown {
    reasons: Vec<UnknownReason>,
}

impl Unknown {
    /// The reasons, in a stable order; never empty.
    #[must_use]
    pub fn reasons(&self) -> &[UnknownReason] {
        &self.reasons
    }

    fn merge(mut self, other: Self) -> Self {
        self.reasons.extend(other.reasons);
        self.reasons.sort();
        self.reasons.dedup();
        self
    }
}

impl From<UnknownReason> for Unknown {
    fn from(reason: UnknownReason) -> Self {
        Self { reasons: vec![reason] }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cannot know from Git, because ")?;
        for (index, reason) in self.reasons.iter().enumerate() {
            if index > 0 {
                formatter.write_str("; and ")?;
            }
            write!(formatter, "{reason}")?;
        }
        Ok(())
    }
}

/// The answer to a question about the desired state; `and`, `or` and `!` follow Kleene's three-valued logic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// Git does not say.
    Unknown(Unknown),
}

impl Verdict {
    /// An unknown verdict for a single reason.
    #[must_use]
    pub fn unknown(reason: UnknownReason) -> Self {
        Self::Unknown(reason.into())
    }

    /// Whether it certainly holds.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }

    /// Whether it certainly does not hold.
    #[must_use]
    pub fn is_no(&self) -> bool {
        *self == Self::No
    }

    /// Both hold: one `No` is enough to deny, whatever else is unknown.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) => other,
            (unknown, Self::Yes) => unknown,
            (Self::Unknown(left), Self::Unknown(right)) => Self::Unknown(left.merge(right)),
        }
    }

    /// At least one holds: one `Yes` is enough, whatever else is unknown.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// All hold; `Yes` for no verdicts at all.
    #[must_use]
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Yes, Self::and)
    }

    /// At least one holds; `No` for no verdicts at all.
    #[must_use]
    pub fn any(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::No, Self::or)
    }
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Not for Verdict {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => formatter.write_str("yes"),
            Self::No => formatter.write_str("no"),
            Self::Unknown(unknown) => write!(formatter, "{unknown}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown() -> Verdict {
        Verdict::unknown(UnknownReason::NamespaceUnresolved)
    }

    #[test]
    fn kleene_tables() {
        use Verdict::{No, Yes};
        for (left, right, and, or) in [
            (Yes, Yes, Yes, Yes),
            (Yes, No, No, Yes),
            (Yes, unknown(), unknown(), Yes),
            (No, No, No, No),
            (No, unknown(), No, unknown()),
            (unknown(), unknown(), unknown(), unknown()),
        ] {
            assert_eq!(left.clone().and(right.clone()), and, "{left:?} and {right:?}");
            assert_eq!(right.clone().and(left.clone()), and, "{right:?} and {left:?}");
            assert_eq!(left.clone().or(right.clone()), or, "{left:?} or {right:?}");
            assert_eq!(right.clone().or(left.clone()), or, "{right:?} or {left:?}");
        }
        assert_eq!(!Yes, No);
        assert_eq!(!unknown(), unknown());
        assert_eq!(Verdict::all([]), Yes);
        assert_eq!(Verdict::any([]), No);
    }

    #[test]
    fn reasons_are_collected_once_and_in_order() {
        let other = Verdict::unknown(UnknownReason::NamespaceNotInGit("shop".into()));
        let merged = other.and(unknown()).and(unknown());
        assert_eq!(
            merged.to_string(),
            "cannot know from Git, because the namespace is not given; \
             and Git has no Namespace object \"shop\", so its labels are not known"
        );
    }
}
