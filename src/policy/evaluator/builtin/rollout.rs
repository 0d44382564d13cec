//! The fields of a rollout: those of before 0.8, and those that Kruise refuses or misreads.

use crate::model::int_or_percent::IntOrString;
use crate::model::placeholder;
use crate::model::relations::SetFacts;
use crate::model::rollout::{NOT_UPDATE, ROLLING_UPDATE, UpdateStrategy};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::{Entry, Node, NodeKind, write_json};

/// What a rollout does where nothing is written (`kruise v1.9.0 apis/apps/defaults/v1alpha1.go`).
const DEFAULTS: [(&str, &str); 4] = [
    ("type", "\"RollingUpdate\""),
    ("partition", "0"),
    ("maxUnavailable", "1"),
    ("paused", "false"),
];

/// `spec.strategy` and `spec.paused`, fields that Kruise no longer has.
pub(super) fn legacy_strategy(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    context
        .relations
        .sets
        .iter()
        .filter_map(|facts| legacy_finding(policy, facts))
        .collect()
}

fn legacy_finding(policy: &Policy, facts: &SetFacts<'_>) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let spec = facts.set.spec()?;
    let (strategy, paused) = (spec.entry("strategy"), spec.entry("paused"));
    let first = strategy.or(paused)?;
    let written = written_values(strategy, paused);
    let current = UpdateStrategy::of(facts.set);
    let effective = |key: &str| match current.field(key) {
        Some(node) => Some(json(node)),
        None => DEFAULTS
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| (*value).to_owned()),
    };
    let lost_values: Vec<&(String, String)> = written
        .iter()
        .filter(|(key, value)| effective(key).as_ref() != Some(value))
        .collect();
    let lost: Vec<String> = lost_values
        .iter()
        .map(|(key, value)| format!("`{key}: {}`", plain(value)))
        .collect();
    let fields = match (strategy, paused) {
        (Some(_), Some(_)) => "`spec.strategy` and `spec.paused`",
        (Some(_), None) => "`spec.strategy`",
        _ => "`spec.paused`",
    };
    let runs = DEFAULTS
        .iter()
        .filter(|(key, _)| *key != "paused")
        .map(|(key, value)| {
            format!(
                "{key} {}",
                plain(&effective(key).unwrap_or_else(|| (*value).to_owned()))
            )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let paused_words = if current.is_paused() { "paused" } else { "not paused" };
    let consequence = if !current.is_known() {
        "what runs is what fills in `updateStrategy`".to_owned()
    } else if written.is_empty() {
        format!("what runs is {runs}, {paused_words}")
    } else if lost.is_empty() {
        format!("what runs is {runs}, {paused_words}, by luck what is written")
    } else {
        format!("what runs is {runs}, {paused_words}; lost: {}", lost.join(", "))
    };
    let message = format!("Kruise drops {fields} of SidecarSet `{set}`; {consequence}");
    let existing = spec.get("updateStrategy").and_then(|_| spec.entry("updateStrategy"));
    // Into a strategy that is there only what it does not say goes.
    let moved = if existing.is_some() {
        lost_values
    } else {
        written.iter().collect()
    };
    let mut lines: Vec<String> = moved
        .iter()
        .map(|(key, value)| format!("    {key}: {}", plain(value)))
        .collect();
    if lines.is_empty() {
        lines.push(format!("    type: {ROLLING_UPDATE}"));
    }
    let text = format!("updateStrategy:\n{}", lines.join("\n"));
    let mut finding = Finding::at_key(policy, object, spec, first, message)
        .labelled("no field of a SidecarSet")
        .with_help(&[("strategy", &text)]);
    if let (Some(strategy), None, None) = (strategy, paused, spec.entry("updateStrategy"))
        && strategy.value().kind() == NodeKind::Mapping
        && strategy.value().get("rollingUpdate").is_none()
    {
        // What is written takes effect then; where it says what runs anyway, nothing changes.
        let safety = if lost.is_empty() { Safety::Safe } else { Safety::Unsafe };
        let operation = Operation::rename(strategy, "updateStrategy");
        finding = finding.mended_by(Mend::new(safety, "rename the field to `updateStrategy`", operation));
    }
    if let (Some(_), Some(paused)) = (strategy, paused) {
        finding = finding.with_related_key(paused, "dropped too");
    }
    if let Some(current) = existing {
        let case = if lost.is_empty() { "said" } else { "beside" };
        finding = finding
            .with_mend(policy, case)
            .with_help(&[("fields", fields), ("strategy", &text)]);
        finding = finding.with_related_key(current, "what Kruise reads");
    }
    Some(finding)
}

/// The values of the dropped fields under the names that `updateStrategy` has for them, as JSON.
fn written_values(strategy: Option<Entry<'_>>, paused: Option<Entry<'_>>) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for entry in strategy.into_iter().flat_map(|entry| entry.value().entries()) {
        let value = entry.value();
        if value.is_null() {
            continue;
        }
        if entry.key() == "rollingUpdate" && value.kind() == NodeKind::Mapping {
            values.extend(
                value
                    .entries()
                    .map(|inner| (inner.key().to_owned(), json(inner.value()))),
            );
        } else {
            values.push((entry.key().to_owned(), json(value)));
        }
    }
    if let Some(entry) = paused.filter(|entry| !entry.value().is_null()) {
        values.push(("paused".to_owned(), json(entry.value())));
    }
    values
}

fn json(node: Node<'_>) -> String {
    let mut text = String::new();
    write_json(node, &mut text);
    text
}

/// JSON without the quotes that YAML can do without: JSON is YAML, only less pleasant.
fn plain(json: &str) -> &str {
    json.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|text| {
            text.starts_with(|first: char| first.is_ascii_alphabetic())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && !matches!(
                    text.to_ascii_lowercase().as_str(),
                    "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
                )
        })
        .or_else(|| {
            // `90%` is a string as it stands.
            json.strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .filter(|text| text.ends_with('%') && text.bytes().filter(u8::is_ascii_digit).count() + 1 == text.len())
        })
        .unwrap_or(json)
}

/// Values of `updateStrategy` that Kruise refuses, or takes for something else.
pub(super) fn misspelt_rollout(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let strategy = UpdateStrategy::of(facts.set);
        findings.extend(misspelt_type(policy, facts, strategy));
        // Kruise looks at the rest only where it rolls.
        if strategy.kind() == NOT_UPDATE {
            continue;
        }
        for key in ["partition", "maxUnavailable"] {
            findings.extend(misspelt_amount(policy, facts, strategy, key));
        }
        findings.extend(partition_and_selector(policy, context, facts, strategy));
    }
    findings
}

fn misspelt_type(policy: &Policy, facts: &SetFacts<'_>, strategy: UpdateStrategy<'_>) -> Option<Finding> {
    let node = strategy.field("type")?;
    let text = node.as_str()?;
    if ["", ROLLING_UPDATE, NOT_UPDATE].contains(&text) || placeholder::find(text).is_some() {
        return None;
    }
    let set = facts.set.name();
    let meant = [ROLLING_UPDATE, NOT_UPDATE]
        .into_iter()
        .find(|known| strsim::jaro_winkler(&known.to_lowercase(), &text.to_lowercase()) > 0.85)
        .map_or(String::new(), |known| format!("; did you mean `{known}`?"));
    let message = format!(
        "`{text}` is no update type, and Kruise then checks nothing of the rollout of SidecarSet `{set}`{meant}"
    );
    Some(
        Finding::at(policy, facts.set.object, node, message)
            .labelled(format!("neither `{ROLLING_UPDATE}` nor `{NOT_UPDATE}`")),
    )
}

fn misspelt_amount(policy: &Policy, facts: &SetFacts<'_>, strategy: UpdateStrategy<'_>, key: &str) -> Option<Finding> {
    let (node, amount) = strategy.amount(key)?;
    let problem = amount.validate().err()?;
    let set = facts.set.name();
    let message = format!("`{key}` of SidecarSet `{set}` is neither a number of pods nor a percentage: {problem}");
    Some(Finding::at(policy, facts.set.object, node, message).labelled("refused"))
}

fn partition_and_selector(
    policy: &Policy,
    context: Context<'_>,
    facts: &SetFacts<'_>,
    strategy: UpdateStrategy<'_>,
) -> Option<Finding> {
    // Refused since 1.8 (`kruise v1.8.3 pkg/webhook/sidecarset/validating/sidecarset_create_update_handler.go`); before, both count.
    if !context.profile.kruise.behaves_as_at_least(1, 8) {
        return None;
    }
    let (node, partition) = strategy.amount("partition")?;
    let selector = strategy.field("selector")?;
    if partition == IntOrString::Int(0) || partition.validate().is_err() {
        return None;
    }
    let set = facts.set.name();
    let message =
        format!("Kruise refuses SidecarSet `{set}`: `partition` and `selector` of a rollout exclude each other");
    let finding = Finding::at(policy, facts.set.object, node, message).labelled("not beside a selector");
    Some(match strategy.node().and_then(|strategy| strategy.entry("selector")) {
        Some(entry) => finding.with_related_key(entry, "the selector"),
        None => finding.with_related_node(selector, "the selector"),
    })
}
