//! Do two SidecarSets reach for the same pod? Twice answered: as Kruise's webhook judges, and as it is.

use std::collections::BTreeMap;

use super::kruise_version::KruiseVersion;
use super::selector::{LabelSelector, LabelValue, Labels, NAMESPACE_NAME_LABEL, Operator, Requirement};
use super::verdict::{UnknownReason, Verdict};

/// Whether Kruise's validating webhook takes two selectors for overlapping.
///
/// This follows `IsSelectorOverlapping` (`kruise v1.8.3 pkg/util/selector.go`) with its faults, since it decides what
/// is rejected. It looks at one key at a time, so it errs on both sides:
///
/// * `a=b` and `c=d` overlap, even when no pod has both;
/// * a key that one side requires by `Exists` and that the other does not require by value or `Exists` proves
///   disjointness, so `a Exists` misses `c=d`, and also `a NotIn [b]`;
/// * several `In` (or `matchLabels`) on the same key are united where a pod has to meet them all;
/// * `Exists` is kept as the value `ALL`, which is also an ordinary label value.
#[must_use]
pub fn kruise_selectors_overlap(left: &LabelSelector, right: &LabelSelector) -> bool {
    !kruise_is_disjoint(left, right) && !kruise_is_disjoint(right, left)
}

const KRUISE_ANY_VALUE: &str = "ALL";

fn kruise_is_disjoint(first: &LabelSelector, second: &LabelSelector) -> bool {
    let mut accepted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in &first.match_labels {
        accepted.insert(key, vec![value]);
    }
    for requirement in &first.match_expressions {
        match requirement.operator {
            Operator::In if !requirement.values.is_empty() => {
                accepted
                    .entry(&requirement.key)
                    .or_default()
                    .extend(requirement.values.iter().map(String::as_str));
            }
            Operator::Exists => {
                accepted.insert(&requirement.key, vec![KRUISE_ANY_VALUE]);
            }
            Operator::In | Operator::NotIn | Operator::DoesNotExist => {}
        }
    }

    let excludes = |values: &Vec<&str>, wanted: &[String]| {
        !values.contains(&KRUISE_ANY_VALUE) && !wanted.iter().any(|value| values.contains(&value.as_str()))
    };
    let by_label = second.match_labels.iter().any(|(key, value)| {
        accepted
            .get(key.as_str())
            .is_some_and(|values| excludes(values, std::slice::from_ref(value)))
    });
    by_label
        || second.match_expressions.iter().any(|requirement| {
            let values = accepted.get(requirement.key.as_str());
            match requirement.operator {
                Operator::In => values.is_some_and(|values| excludes(values, &requirement.values)),
                Operator::NotIn => values.is_some_and(|values| {
                    values
                        .iter()
                        .all(|value| requirement.values.iter().any(|refused| refused == value))
                }),
                Operator::Exists => values.is_none(),
                Operator::DoesNotExist => values.is_some(),
            }
        })
}

/// Whether one set of labels can meet several selectors at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Satisfiable {
    /// It can; these labels do.
    Yes(Labels),
    /// No labels can.
    No,
}

impl Satisfiable {
    /// Whether it can.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

/// Whether one pod can be selected by both, with labels that prove it. Exact: keys do not influence each other, so it
/// is enough to find a value (or absence) for each key alone.
#[must_use]
pub fn selectors_satisfiable(left: &LabelSelector, right: &LabelSelector) -> Satisfiable {
    let mut demands: BTreeMap<&str, Demand<'_>> = BTreeMap::new();
    for selector in [left, right] {
        for (key, value) in &selector.match_labels {
            demands.entry(key).or_default().accept(vec![value]);
        }
        for requirement in &selector.match_expressions {
            demands.entry(&requirement.key).or_default().require(requirement);
        }
    }
    let mut witness = Vec::new();
    for (key, demand) in demands {
        match demand.solve() {
            Some(Some(value)) => witness.push((key.to_owned(), value)),
            Some(None) => {}
            None => return Satisfiable::No,
        }
    }
    Satisfiable::Yes(witness.into_iter().collect())
}

/// All that is asked of one key.
#[derive(Default)]
struct Demand<'a> {
    /// The values every `In` allows; nothing said if `None`.
    accepted: Option<Vec<&'a str>>,
    refused: Vec<&'a str>,
    present: bool,
    absent: bool,
}

impl<'a> Demand<'a> {
    fn accept(&mut self, values: Vec<&'a str>) {
        match &mut self.accepted {
            Some(accepted) => accepted.retain(|value| values.contains(value)),
            None => self.accepted = Some(values),
        }
    }

    fn require(&mut self, requirement: &'a Requirement) {
        let values = requirement.values.iter().map(String::as_str);
        match requirement.operator {
            Operator::In => self.accept(values.collect()),
            Operator::NotIn => self.refused.extend(values),
            Operator::Exists => self.present = true,
            Operator::DoesNotExist => self.absent = true,
        }
    }

    /// `Some(None)` is "leave the label away", `None` is "impossible".
    #[expect(clippy::option_option, reason = "no value and no label are two answers")]
    fn solve(self) -> Option<Option<String>> {
        let refused = self.refused;
        match self.accepted {
            Some(_) if self.absent => None,
            Some(accepted) => accepted
                .into_iter()
                .find(|value| !refused.contains(value))
                .map(|value| Some(value.to_owned())),
            None if self.present && self.absent => None,
            None if self.present => {
                // There are more label values than any list refuses.
                let mut number = 0_u64;
                let mut value = "any".to_owned();
                while refused.contains(&value.as_str()) {
                    number += 1;
                    value = format!("any-{number}");
                }
                Some(Some(value))
            }
            None => Some(None),
        }
    }
}

/// The namespaces a SidecarSet reaches. Both `None` means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceScope {
    /// `spec.namespace` (v1alpha1 only).
    pub namespace: Option<String>,
    /// `spec.namespaceSelector`.
    pub selector: Option<LabelSelector>,
}

impl NamespaceScope {
    /// `namespace: ""` is the same as none.
    fn name(&self) -> Option<&str> {
        self.namespace.as_deref().filter(|name| !name.is_empty())
    }

    /// What Kruise from 1.9 on stores: `namespace` becomes a selector on the namespace's name and wins over a
    /// selector beside it (`kruise v1.9.0 apis/apps/v1alpha1/sidecarset_conversion.go`).
    #[must_use]
    pub fn as_selector(&self) -> Option<LabelSelector> {
        match self.name() {
            Some(name) => Some(LabelSelector {
                match_labels: vec![(NAMESPACE_NAME_LABEL.to_owned(), name.to_owned())],
                match_expressions: Vec::new(),
            }),
            None => self.selector.clone(),
        }
    }
}

/// Whether a selector matches a namespace of this name; `labels` are those of its Namespace object, if Git has it.
///
/// The API server itself adds the label `kubernetes.io/metadata.name`, so it is known even where Git says nothing.
#[must_use]
pub fn namespace_matches(selector: &LabelSelector, name: &str, labels: Option<&Labels>) -> Verdict {
    let question = |key: &str, decide: &dyn Fn(Option<&str>) -> bool| {
        if key == NAMESPACE_NAME_LABEL {
            return decide(Some(name)).into();
        }
        match labels {
            Some(labels) => match labels.look_up(key) {
                LabelValue::Known(value) => decide(Some(value)).into(),
                LabelValue::Absent => decide(None).into(),
                LabelValue::Unfilled | LabelValue::Unknown => Verdict::unknown(UnknownReason::Placeholder {
                    field: "a label of the namespace",
                }),
            },
            None => Verdict::unknown(UnknownReason::NamespaceNotInGit(name.to_owned())),
        }
    };
    let by_label = selector
        .match_labels
        .iter()
        .map(|(key, wanted)| question(key, &|value| value == Some(wanted)));
    let by_expression = selector
        .match_expressions
        .iter()
        .map(|requirement| question(&requirement.key, &|value| requirement.matches_value(value)));
    Verdict::all(by_label.chain(by_expression))
}

/// Whether Kruise's validating webhook takes the namespaces of the set it is asked about (`origin`) and of one that is
/// already there (`other`) for overlapping.
///
/// Up to 1.8 this is `isSidecarSetNamespaceOverlapping` of `kruise v1.8.3 pkg/webhook/sidecarset/validating/utils.go`,
/// which looks namespaces up, and in its last comparison takes the wrong variable: `other`'s namespace is held against
/// `other`'s own selector. As that is normally absent, and an absent selector matches nothing, "own selector against
/// the other's namespace" never overlaps. From 1.9 on only namespace selectors are compared, by
/// [`kruise_selectors_overlap`].
pub fn kruise_namespaces_overlap<'a>(
    origin: &NamespaceScope,
    other: &NamespaceScope,
    version: KruiseVersion,
    labels_of: &dyn Fn(&str) -> Option<&'a Labels>,
) -> Verdict {
    if version.behaves_as_at_least(1, 9) {
        return match (origin.as_selector(), other.as_selector()) {
            (Some(left), Some(right)) => kruise_selectors_overlap(&left, &right).into(),
            _ => Verdict::Yes,
        };
    }
    if let (Some(left), Some(right)) = (origin.name(), other.name())
        && left != right
    {
        return Verdict::No;
    }
    if let (Some(left), Some(right)) = (&origin.selector, &other.selector)
        && !kruise_selectors_overlap(left, right)
    {
        return Verdict::No;
    }
    let mut verdict = Verdict::Yes;
    if let (Some(name), Some(selector)) = (origin.name(), &other.selector) {
        verdict = verdict.and(namespace_matches(selector, name, labels_of(name)));
    }
    if let (Some(name), Some(_)) = (other.name(), &origin.selector) {
        verdict = verdict.and(match &other.selector {
            Some(selector) => namespace_matches(selector, name, labels_of(name)),
            None => Verdict::No,
        });
    }
    verdict
}

/// Whether some namespace can be in both scopes. `Yes` for two selectors means that labels exist which meet both, not
/// that such a namespace is there.
pub fn namespaces_overlap<'a>(
    left: &NamespaceScope,
    right: &NamespaceScope,
    version: KruiseVersion,
    labels_of: &dyn Fn(&str) -> Option<&'a Labels>,
) -> Verdict {
    let mut selectors = Vec::new();
    let mut names = Vec::new();
    for scope in [left, right] {
        names.extend(scope.name());
        // Up to 1.8 a set with both asks for both (kruise v1.8.3 pkg/control/sidecarcontrol/util.go,
        // PodMatchedSidecarSet); later the selector is dropped beside a name.
        if scope.name().is_none() || !version.behaves_as_at_least(1, 9) {
            selectors.extend(&scope.selector);
        }
    }
    match (names.as_slice(), selectors.as_slice()) {
        ([first, second], _) if first != second => Verdict::No,
        ([name, ..], selectors) => Verdict::all(
            selectors
                .iter()
                .map(|selector| namespace_matches(selector, name, labels_of(name))),
        ),
        ([], [one, two]) => selectors_satisfiable(one, two).is_yes().into(),
        ([], [one]) => selectors_satisfiable(one, &LabelSelector::default()).is_yes().into(),
        ([], _) => Verdict::Yes,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::selector::tests::{labels, selector};
    use super::*;

    #[test]
    fn kruise_judges_key_by_key() {
        for (left, right, overlap) in [
            // What Kruise v1.8.3 answered when it was asked.
            ("a=b", "c=d", true),
            ("a=b", "a=c", false),
            ("a", "c=d", false),
            ("a in [b,c]", "a notin [b,c,x]", false),
            // Kruise's own comment above the function, where the code does as it says.
            ("a=b; c=d; e=f", "a=x; c=d; e=f", false),
            // It claims that `a not in [b]` and `a not exist` do not overlap; the code says they do.
            ("a notin [b]", "!a", true),
            ("a=b", "a=b", true),
            ("a=b", "a in [b,c]", true),
            ("a in [b,c]", "a in [c,d]", true),
            ("a in [b,c]", "a in [d]", false),
            ("a in [b,c]", "a notin [b]", true),
            ("a=b", "a notin [b]", false),
            ("a=b", "a notin [c]", true),
            ("a", "a=b", true),
            ("a", "a", true),
            ("a", "a in [b]", true),
            // NotIn alone is no record of the key, so Exists on the other side proves disjointness.
            ("a", "a notin [b]", false),
            ("a", "!a", false),
            ("!a", "a=b", false),
            ("!a", "!a", true),
            ("!a", "c=d", true),
            ("a notin [b]", "a notin [c]", true),
            ("a notin [b]", "c=d", true),
            ("", "", true),
            ("", "a=b", true),
            ("", "a", false),
            // Two In on one key are united: no pod meets the left side, but Kruise sees an overlap.
            ("a in [b]; a in [c]", "a in [b,c]", true),
            ("a=b; a in [c]", "a=c", false),
            // "ALL" stands for Exists and is a value all the same.
            ("a=ALL", "a=b", false),
            ("a=b", "a in [ALL]", false),
            ("a", "a notin [ALL]", false),
            // Each side is held against the other, so what one direction lets pass the other may still refuse.
            ("a in [b]; a", "a=c", false),
        ] {
            let (left, right) = (selector(left), selector(right));
            assert_eq!(kruise_selectors_overlap(&left, &right), overlap, "{left} | {right}");
            assert_eq!(kruise_selectors_overlap(&right, &left), overlap, "{right} | {left}");
        }
    }

    #[test]
    fn satisfiability() {
        for (left, right, witness) in [
            ("a=b", "c=d", Some("a=b,c=d")),
            ("a=b", "a=c", None),
            ("a", "c=d", Some("a=any,c=d")),
            ("a in [b,c]", "a notin [b,c,x]", None),
            ("a in [b,c]", "a notin [b]", Some("a=c")),
            ("a", "a notin [any,any-1]", Some("a=any-2")),
            ("a notin [b]", "!a", Some("")),
            ("a", "!a", None),
            ("a=b", "!a", None),
            ("a in []", "", None),
            ("", "", Some("")),
        ] {
            let expected = witness.map_or(Satisfiable::No, |text| Satisfiable::Yes(labels(text)));
            assert_eq!(
                selectors_satisfiable(&selector(left), &selector(right)),
                expected,
                "{left} | {right}"
            );
        }
    }

    const OLD: KruiseVersion = KruiseVersion::new(1, 8, 4);
    const NEW: KruiseVersion = KruiseVersion::new(1, 9, 0);

    fn scope(text: &str) -> NamespaceScope {
        match text.split_once(':') {
            Some(("ns", name)) => NamespaceScope {
                namespace: Some(name.into()),
                selector: None,
            },
            Some((_, expression)) => NamespaceScope {
                namespace: None,
                selector: Some(selector(expression)),
            },
            None => NamespaceScope::default(),
        }
    }

    #[test]
    fn namespace_scopes() {
        use Verdict::{No, Yes};
        let prod = labels("env=prod");
        let lookup = |name: &str| (name == "shop").then_some(&prod);
        let not_in_git = || Verdict::unknown(UnknownReason::NamespaceNotInGit("bank".into()));
        for (origin, other, old, new, truth) in [
            ("", "", Yes, Yes, Yes),
            ("ns:shop", "", Yes, Yes, Yes),
            ("ns:shop", "ns:shop", Yes, Yes, Yes),
            ("ns:shop", "ns:bank", No, No, No),
            ("sel:env=prod", "sel:env=test", No, No, No),
            ("sel:env=prod", "sel:tier=a", Yes, Yes, Yes),
            ("sel:env", "sel:tier=a", No, No, Yes),
            ("ns:shop", "sel:env=prod", Yes, Yes, Yes),
            ("ns:shop", "sel:env=test", No, Yes, No),
            ("ns:bank", "sel:env=test", not_in_git(), Yes, not_in_git()),
            // The wrong variable: never an overlap before 1.9, always one from then on.
            ("sel:env=prod", "ns:shop", No, Yes, Yes),
            ("sel:env=test", "ns:shop", No, Yes, No),
            // The name label is known without the Namespace object, and also when the object does not write it.
            ("ns:bank", "sel:kubernetes.io/metadata.name in [bank]", Yes, Yes, Yes),
            ("ns:bank", "sel:kubernetes.io/metadata.name=shop", No, No, No),
            ("ns:shop", "sel:kubernetes.io/metadata.name=shop", Yes, Yes, Yes),
            ("ns:bank", "sel:kubernetes.io/metadata.name=shop; env=prod", No, No, No),
        ] {
            let (left, right) = (scope(origin), scope(other));
            assert_eq!(
                kruise_namespaces_overlap(&left, &right, OLD, &lookup),
                old,
                "1.8: {origin} | {other}"
            );
            assert_eq!(
                kruise_namespaces_overlap(&left, &right, NEW, &lookup),
                new,
                "1.9: {origin} | {other}"
            );
            assert_eq!(
                namespaces_overlap(&left, &right, NEW, &lookup),
                truth,
                "truth: {origin} | {other}"
            );
            assert_eq!(
                namespaces_overlap(&right, &left, OLD, &lookup),
                truth,
                "truth: {other} | {origin}"
            );
        }
    }

    #[test]
    fn a_name_beside_a_selector() {
        let both = NamespaceScope {
            namespace: Some("shop".into()),
            selector: Some(selector("env=test")),
        };
        let prod = labels("env=prod");
        let lookup = |_: &str| Some(&prod);
        let all = NamespaceScope::default();
        assert_eq!(namespaces_overlap(&both, &all, OLD, &lookup), Verdict::No);
        assert_eq!(namespaces_overlap(&both, &all, NEW, &lookup), Verdict::Yes);
    }

    fn any_selector() -> impl Strategy<Value = LabelSelector> {
        let key = prop::sample::select(vec!["a", "b"]);
        let value = || prop::sample::select(vec!["x", "y", "z"]);
        let expression = (key, 0..4_u8, prop::collection::vec(value(), 1..3)).prop_map(|(key, operator, values)| {
            let operator = match operator {
                0 => Operator::In,
                1 => Operator::NotIn,
                2 => Operator::Exists,
                _ => Operator::DoesNotExist,
            };
            let values = if matches!(operator, Operator::In | Operator::NotIn) {
                values
            } else {
                vec![]
            };
            Requirement {
                key: key.into(),
                operator,
                values: values.into_iter().map(str::to_owned).collect(),
            }
        });
        let match_labels = prop::option::of((prop::sample::select(vec!["a", "b"]), value()));
        (match_labels, prop::collection::vec(expression, 0..4)).prop_map(|(match_labels, match_expressions)| {
            let match_labels = match_labels
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            LabelSelector {
                match_labels,
                match_expressions,
            }
        })
    }

    /// Every choice for the keys `a` and `b`: absent, a value the selectors name, or one they do not.
    fn universe() -> Vec<Labels> {
        let values = [None, Some("x"), Some("y"), Some("z"), Some("other")];
        let pairs = values
            .iter()
            .flat_map(|a| values.iter().map(move |b| [("a", *a), ("b", *b)]));
        pairs
            .map(|pair| {
                pair.into_iter()
                    .filter_map(|(key, value)| Some((key, value?)))
                    .collect()
            })
            .collect()
    }

    proptest! {
        #[test]
        fn witness_matches_and_no_means_none(left in any_selector(), right in any_selector()) {
            match selectors_satisfiable(&left, &right) {
                Satisfiable::Yes(witness) => prop_assert!(left.matches(&witness) && right.matches(&witness)),
                Satisfiable::No => {
                    let found = universe().into_iter().find(|labels| left.matches(labels) && right.matches(labels));
                    prop_assert_eq!(found, None);
                }
            }
        }
    }
}
