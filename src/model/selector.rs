//! Labels and label selectors with exactly the semantics of Kubernetes (`k8s.io/apimachinery pkg/labels/selector.go`).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::placeholder;
use super::verdict::{UnknownReason, Verdict};

/// The label that the API server gives every namespace, with the namespace's own name, since Kubernetes 1.21.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A set of labels (or annotations): sorted by key, each key once.
///
/// A sorted vector beats a hash map here: a pod has a handful of labels, and thousands of pods are held against
/// thousands of selectors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    entries: Vec<(String, String)>,
    /// Whether there may be others: a key, or all of them, is still to be filled in.
    is_open: bool,
}

impl Labels {
    /// The same labels, with others that are not known.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Whether there may be labels that are not known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether every label and its value is known.
    #[must_use]
    pub fn are_known(&self) -> bool {
        !self.is_open && !self.entries.iter().any(|(_, value)| is_unfilled(value))
    }

    /// What is known of the value of a key.
    #[must_use]
    pub fn look_up(&self, key: &str) -> LabelValue<'_> {
        match self.get(key) {
            Some(value) if is_unfilled(value) => LabelValue::Unfilled,
            Some(value) => LabelValue::Known(value),
            None if self.is_open => LabelValue::Unknown,
            None => LabelValue::Absent,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let index = self
            .entries
            .binary_search_by(|(candidate, _)| candidate.as_str().cmp(key))
            .ok()?;
        self.entries.get(index).map(|(_, value)| value.as_str())
    }

    /// Whether the key is there, with whatever value.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Key and value of each label, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What is known of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelValue<'l> {
    /// It is there, with this value.
    Known(&'l str),
    /// It is there, and its value is still to be filled in.
    Unfilled,
    /// It may be there.
    Unknown,
    /// It is not there.
    Absent,
}

fn is_unfilled(value: &str) -> bool {
    placeholder::find(value).is_some()
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    /// Of a key that occurs more than once the last value stays, as kubectl reads a mapping.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let map: BTreeMap<String, String> = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self {
            entries: map.into_iter().collect(),
            is_open: false,
        }
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            if index > 0 {
                formatter.write_str(",")?;
            }
            write!(formatter, "{key}={value}")?;
        }
        Ok(())
    }
}

/// How a requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Operator {
    /// The label is there with one of the values.
    In,
    /// The label is absent, or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

impl Operator {
    /// The operator written so in a manifest; the spelling is case-sensitive.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "In" => Some(Self::In),
            "NotIn" => Some(Self::NotIn),
            "Exists" => Some(Self::Exists),
            "DoesNotExist" => Some(Self::DoesNotExist),
            _ => None,
        }
    }

    /// The operator as it is written in a manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }

    fn takes_values(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One entry of `matchExpressions`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// The comparison.
    pub operator: Operator,
    /// The values of `In` and `NotIn`.
    #[serde(default)]
    pub values: Vec<String>,
}

impl Requirement {
    /// Whether the labels meet the requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.key))
    }

    /// Whether a label with this value, or its absence, meets the requirement.
    #[must_use]
    pub fn matches_value(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|candidate| candidate == value);
        match self.operator {
            Operator::In => value.is_some_and(listed),
            // An absent label is "not in" any list (apimachinery pkg/labels/selector.go, Requirement.Matches).
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.key, self.operator)?;
        if self.operator.takes_values() {
            write!(formatter, " [{}]", self.values.join(", "))?;
        }
        Ok(())
    }
}

/// A `LabelSelector`: all of its labels and expressions must be met.
///
/// Keys of `match_labels` are unique: whoever reads the manifest has settled repeated keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "SelectorForm")]
pub struct LabelSelector {
    /// Labels that must have exactly these values.
    pub match_labels: Vec<(String, String)>,
    /// Further requirements.
    pub match_expressions: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SelectorForm {
    #[serde(default)]
    match_labels: BTreeMap<String, String>,
    #[serde(default)]
    match_expressions: Vec<Requirement>,
}

impl From<SelectorForm> for LabelSelector {
    fn from(form: SelectorForm) -> Self {
        Self {
            match_labels: form.match_labels.into_iter().collect(),
            match_expressions: form.match_expressions,
        }
    }
}

impl LabelSelector {
    /// Whether the labels meet everything. An empty selector matches everything, as in apimachinery.
    ///
    /// Kruise never selects a pod by an empty selector (`kruise v1.8.3 pkg/control/sidecarcontrol/util.go`,
    /// `PodMatchedSidecarSet`): use [`Self::matches_as_kruise`] for a SidecarSet's own selector.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value.as_str()))
            && self
                .match_expressions
                .iter()
                .all(|requirement| requirement.matches(labels))
    }

    /// As [`Self::matches`], but not known where that hangs on labels that are still to be filled in.
    #[must_use]
    pub fn judge(&self, labels: &Labels) -> Verdict {
        if labels.are_known() {
            return self.matches(labels).into();
        }
        let unfilled = || {
            Verdict::unknown(UnknownReason::Placeholder {
                field: "a label of the pods",
            })
        };
        let by_label = self.match_labels.iter().map(|(key, wanted)| match labels.look_up(key) {
            LabelValue::Known(value) => (value == wanted).into(),
            LabelValue::Absent => Verdict::No,
            LabelValue::Unfilled | LabelValue::Unknown => unfilled(),
        });
        let by_expression = self.match_expressions.iter().map(|requirement| {
            let is_about_key = !requirement.operator.takes_values();
            match labels.look_up(&requirement.key) {
                LabelValue::Known(value) => requirement.matches_value(Some(value)).into(),
                LabelValue::Unfilled if is_about_key => requirement.matches_value(Some("")).into(),
                LabelValue::Absent => requirement.matches_value(None).into(),
                LabelValue::Unfilled | LabelValue::Unknown => unfilled(),
            }
        });
        Verdict::all(by_label.chain(by_expression))
    }

    /// Whether a SidecarSet with this selector selects a pod with these labels.
    #[must_use]
    pub fn matches_as_kruise(&self, labels: &Labels) -> bool {
        !self.is_empty() && self.matches(labels)
    }

    /// Whether it requires nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Everything that the API server's validation refuses
    /// (`apimachinery pkg/apis/meta/v1/validation/validation.go`, `ValidateLabelSelector`).
    #[must_use]
    pub fn problems(&self) -> Vec<SelectorProblem> {
        let mut problems = Vec::new();
        for (index, (key, value)) in self.match_labels.iter().enumerate() {
            let place = SelectorPlace::MatchLabels {
                index,
                key: key.clone(),
            };
            check_key(key, &place, &mut problems);
            check_value(value, &place, &mut problems);
        }
        for (index, requirement) in self.match_expressions.iter().enumerate() {
            let place = |field| SelectorPlace::MatchExpressions { index, field };
            if requirement.operator.takes_values() == requirement.values.is_empty() {
                let fault = if requirement.values.is_empty() {
                    SelectorFault::ValuesMissing(requirement.operator)
                } else {
                    SelectorFault::ValuesForbidden(requirement.operator)
                };
                problems.push(SelectorProblem {
                    place: place(RequirementField::Values),
                    fault,
                });
            }
            check_key(&requirement.key, &place(RequirementField::Key), &mut problems);
            for (value_index, value) in requirement.values.iter().enumerate() {
                check_value(value, &place(RequirementField::Value(value_index)), &mut problems);
            }
        }
        problems
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
        let all: Vec<String> = labels
            .chain(self.match_expressions.iter().map(Requirement::to_string))
            .collect();
        formatter.write_str(
            if all.is_empty() {
                "(empty)".to_owned()
            } else {
                all.join(", ")
            }
            .as_str(),
        )
    }
}

/// Where in a selector a problem is; indexes count from 0 in the order of the selector's own vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorPlace {
    /// An entry of `matchLabels`.
    MatchLabels {
        /// Its position in `match_labels`.
        index: usize,
        /// Its key.
        key: String,
    },
    /// An entry of `matchExpressions`.
    MatchExpressions {
        /// Its position.
        index: usize,
        /// The field of it.
        field: RequirementField,
    },
}

/// A field of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementField {
    /// `key`
    Key,
    /// `values`
    Values,
    /// One of `values`.
    Value(usize),
}

impl fmt::Display for SelectorPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MatchLabels { key, .. } => write!(formatter, "matchLabels[{key}]"),
            Self::MatchExpressions { index, field } => {
                write!(formatter, "matchExpressions[{index}]")?;
                match field {
                    RequirementField::Key => formatter.write_str(".key"),
                    RequirementField::Values => formatter.write_str(".values"),
                    RequirementField::Value(value) => write!(formatter, ".values[{value}]"),
                }
            }
        }
    }
}

/// What is wrong with a part of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorFault {
    /// `In` or `NotIn` without values.
    ValuesMissing(Operator),
    /// `Exists` or `DoesNotExist` with values.
    ValuesForbidden(Operator),
    /// Not a label key.
    Key(LabelKeyFault),
    /// Not a label value.
    Value(LabelValueFault),
}

/// A problem of a selector and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorProblem {
    /// Where it is.
    pub place: SelectorPlace,
    /// What it is.
    pub fault: SelectorFault,
}

impl fmt::Display for SelectorProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.place)?;
        match &self.fault {
            SelectorFault::ValuesMissing(operator) => {
                write!(formatter, "{operator} needs at least one value")
            }
            SelectorFault::ValuesForbidden(operator) => {
                write!(formatter, "{operator} takes no values")
            }
            SelectorFault::Key(fault) => write!(formatter, "{fault}"),
            SelectorFault::Value(fault) => write!(formatter, "{fault}"),
        }
    }
}

/// Why a text is not a label key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKeyFault {
    /// More than one `/`.
    TooManyParts,
    /// Nothing before the `/`.
    PrefixEmpty,
    /// More than 253 bytes before the `/`.
    PrefixTooLong,
    /// Not a lower-case DNS subdomain before the `/`.
    PrefixSyntax,
    /// No name.
    NameEmpty,
    /// A name of more than 63 bytes.
    NameTooLong,
    /// A character the name may not have, or not at its start or end.
    NameSyntax,
}

impl fmt::Display for LabelKeyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooManyParts => "a label key has at most one \"/\"",
            Self::PrefixEmpty => "the part before \"/\" of a label key may not be empty",
            Self::PrefixTooLong => "the part before \"/\" of a label key has at most 253 characters",
            Self::PrefixSyntax => "the part before \"/\" of a label key is a lower-case DNS name",
            Self::NameEmpty => "the name of a label key may not be empty",
            Self::NameTooLong => "the name of a label key has at most 63 characters",
            Self::NameSyntax => {
                "the name of a label key has letters, digits, \"-\", \"_\" and \".\", \
                 and begins and ends with a letter or digit"
            }
        })
    }
}

/// Why a text is not a label value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelValueFault {
    /// More than 63 bytes.
    TooLong,
    /// A character a value may not have, or not at its start or end.
    Syntax,
}

impl fmt::Display for LabelValueFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "a label value has at most 63 characters",
            Self::Syntax => {
                "a label value is empty, or has letters, digits, \"-\", \"_\" and \".\", \
                 and begins and ends with a letter or digit"
            }
        })
    }
}

/// The faults of a label key, a "qualified name" (`apimachinery pkg/util/validation/validation.go`, `IsQualifiedName`).
#[must_use]
pub fn label_key_faults(key: &str) -> Vec<LabelKeyFault> {
    let mut faults = Vec::new();
    let name = match key.split_once('/') {
        None => key,
        Some((_, name)) if name.contains('/') => return vec![LabelKeyFault::TooManyParts],
        Some((prefix, name)) => {
            if prefix.is_empty() {
                faults.push(LabelKeyFault::PrefixEmpty);
            } else {
                if prefix.len() > 253 {
                    faults.push(LabelKeyFault::PrefixTooLong);
                }
                if !is_dns_subdomain(prefix) {
                    faults.push(LabelKeyFault::PrefixSyntax);
                }
            }
            name
        }
    };
    if name.is_empty() {
        faults.push(LabelKeyFault::NameEmpty);
    } else {
        if name.len() > 63 {
            faults.push(LabelKeyFault::NameTooLong);
        }
        if !is_name(name) {
            faults.push(LabelKeyFault::NameSyntax);
        }
    }
    faults
}

/// The faults of a label value (`apimachinery pkg/util/validation/validation.go`, `IsValidLabelValue`).
#[must_use]
pub fn label_value_faults(value: &str) -> Vec<LabelValueFault> {
    let mut faults = Vec::new();
    if value.len() > 63 {
        faults.push(LabelValueFault::TooLong);
    }
    if !value.is_empty() && !is_name(value) {
        faults.push(LabelValueFault::Syntax);
    }
    faults
}

fn check_key(key: &str, place: &SelectorPlace, problems: &mut Vec<SelectorProblem>) {
    problems.extend(label_key_faults(key).into_iter().map(|fault| SelectorProblem {
        place: place.clone(),
        fault: SelectorFault::Key(fault),
    }));
}

fn check_value(value: &str, place: &SelectorPlace, problems: &mut Vec<SelectorProblem>) {
    problems.extend(label_value_faults(value).into_iter().map(|fault| SelectorProblem {
        place: place.clone(),
        fault: SelectorFault::Value(fault),
    }));
}

fn is_name(text: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let bytes = text.as_bytes();
    bytes.iter().all(inner)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_dns_subdomain(text: &str) -> bool {
    let outer = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.split('.').all(|label| {
        let bytes = label.as_bytes();
        bytes.iter().all(|byte| outer(byte) || *byte == b'-')
            && bytes.first().is_some_and(outer)
            && bytes.last().is_some_and(outer)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads the short form used in tests: `a=b`, `a in [b,c]`, `a notin [b]`, `a`, `!a`, joined by `; `.
    pub(crate) fn selector(text: &str) -> LabelSelector {
        let mut selector = LabelSelector::default();
        for part in text.split("; ").filter(|part| !part.is_empty()) {
            let list = |text: &str| -> Vec<String> {
                let inner = text.trim_start_matches('[').trim_end_matches(']');
                inner
                    .split(',')
                    .filter(|value| !value.is_empty())
                    .map(str::to_owned)
                    .collect()
            };
            let (key, operator, values) = if let Some((key, values)) = part.split_once(" notin ") {
                (key, Operator::NotIn, list(values))
            } else if let Some((key, values)) = part.split_once(" in ") {
                (key, Operator::In, list(values))
            } else if let Some((key, value)) = part.split_once('=') {
                selector.match_labels.push((key.to_owned(), value.to_owned()));
                continue;
            } else if let Some(key) = part.strip_prefix('!') {
                (key, Operator::DoesNotExist, vec![])
            } else {
                (part, Operator::Exists, vec![])
            };
            selector.match_expressions.push(Requirement {
                key: key.to_owned(),
                operator,
                values,
            });
        }
        selector
    }

    /// Reads `a=b,c=d`.
    pub(crate) fn labels(text: &str) -> Labels {
        text.split(',').filter_map(|pair| pair.split_once('=')).collect()
    }

    #[test]
    fn matching_is_that_of_kubernetes() {
        for (selector_text, labels_text, expected) in [
            ("", "", true),
            ("", "a=b", true),
            ("a=b", "a=b", true),
            ("a=b", "a=b,c=d", true),
            ("a=b", "a=c", false),
            ("a=b", "", false),
            ("a=", "a=", true),
            ("a=", "", false),
            ("a in [b,c]", "a=c", true),
            ("a in [b,c]", "a=d", false),
            ("a in [b,c]", "", false),
            ("a in []", "a=b", false),
            ("a notin [b]", "a=b", false),
            ("a notin [b]", "a=c", true),
            ("a notin [b]", "", true),
            ("a", "a=", true),
            ("a", "b=a", false),
            ("!a", "b=a", true),
            ("!a", "a=b", false),
            ("a=b; c notin [d]; e", "a=b,c=x,e=", true),
            ("a=b; c notin [d]; e", "a=b,c=d,e=", false),
        ] {
            assert_eq!(
                selector(selector_text).matches(&labels(labels_text)),
                expected,
                "{selector_text} | {labels_text}"
            );
        }
    }

    #[test]
    fn an_empty_selector_selects_nothing_for_kruise() {
        assert!(selector("").is_empty());
        assert!(selector("").matches(&labels("a=b")));
        assert!(!selector("").matches_as_kruise(&labels("a=b")));
        assert!(selector("a").matches_as_kruise(&labels("a=b")));
    }

    #[test]
    fn the_last_of_repeated_labels_stays() {
        let labels: Labels = [("b", "1"), ("a", "2"), ("b", "3")].into_iter().collect();
        assert_eq!(labels.to_string(), "a=2,b=3");
        assert_eq!(labels.len(), 2);
    }

    #[test]
    fn keys_are_qualified_names() {
        use LabelKeyFault::*;
        let long_name = "a".repeat(64);
        let long_prefix = format!("{}/a", "a".repeat(254));
        for (key, expected) in [
            ("app", vec![]),
            ("app.kubernetes.io/name", vec![]),
            ("A-b_c.9", vec![]),
            ("a/b/c", vec![TooManyParts]),
            ("/a", vec![PrefixEmpty]),
            ("Example.com/a", vec![PrefixSyntax]),
            ("a..b/a", vec![PrefixSyntax]),
            ("-a/a", vec![PrefixSyntax]),
            ("a_b/a", vec![PrefixSyntax]),
            ("", vec![NameEmpty]),
            ("a/", vec![NameEmpty]),
            ("-a", vec![NameSyntax]),
            ("a-", vec![NameSyntax]),
            ("a b", vec![NameSyntax]),
            ("é", vec![NameSyntax]),
            ("$$$APP$$$", vec![NameSyntax]),
            (long_name.as_str(), vec![NameTooLong]),
            (long_prefix.as_str(), vec![PrefixTooLong]),
        ] {
            assert_eq!(label_key_faults(key), expected, "{key}");
        }
        assert_eq!(label_value_faults(""), []);
        assert_eq!(label_value_faults("a.b_c-D9"), []);
        assert_eq!(label_value_faults(".a"), [LabelValueFault::Syntax]);
        assert_eq!(label_value_faults(&"a".repeat(63)), []);
        assert_eq!(label_value_faults(&"a".repeat(64)), [LabelValueFault::TooLong]);
    }

    #[test]
    fn problems_say_where() {
        let selector = selector("a/b/c=-; a in []; !b; c in [ok,not ok]");
        let mut selector = selector;
        selector.match_expressions[1].values.push("x".into());
        let messages: Vec<String> = selector.problems().iter().map(SelectorProblem::to_string).collect();
        assert_eq!(messages.len(), 5, "{messages:?}");
        assert_eq!(messages[2], "matchExpressions[0].values: In needs at least one value");
        assert_eq!(messages[3], "matchExpressions[1].values: DoesNotExist takes no values");
        assert!(messages[4].starts_with("matchExpressions[2].values[1]: a label value"));
    }

    #[test]
    fn reads_itself_from_a_profile() {
        let text = "matchLabels: {a: b}\nmatchExpressions: [{key: c, operator: NotIn, values: [d]}]";
        let read: LabelSelector = serde_yaml::from_str(text).unwrap();
        assert_eq!(read, selector("a=b; c notin [d]"));
        assert!(serde_yaml::from_str::<LabelSelector>("matchlabels: {}").is_err());
        assert!(serde_yaml::from_str::<LabelSelector>("matchExpressions: [{key: c, operator: in}]").is_err());
    }
}
