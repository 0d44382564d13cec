//! File modes written in decimal where octal was meant: `mode: 644`.
//! Parameter `modes`: the decimal numbers that are octal modes to the eye.

use crate::model::object::Object;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::{Entry, Node};

const SOURCES: [&str; 4] = ["configMap", "secret", "downwardAPI", "projected"];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let modes: Vec<i64> = policy
        .parameters
        .get("modes")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_i64)
        .collect();
    let of_workloads = context
        .relations
        .workloads
        .iter()
        .map(|facts| (facts.pod.object, facts.pod.spec()));
    let of_sets = context
        .relations
        .sets
        .iter()
        .map(|facts| (facts.set.object, facts.set.spec()));
    let mut findings = Vec::new();
    for (object, spec) in of_workloads.chain(of_sets) {
        let volumes = spec.and_then(|spec| spec.get("volumes"));
        for volume in volumes.into_iter().flat_map(Node::items) {
            for source in SOURCES.iter().filter_map(|source| volume.get(source)) {
                check_source(policy, object, source, &modes, &mut findings);
            }
        }
    }
    findings
}

fn check_source(policy: &Policy, object: &Object, source: Node<'_>, modes: &[i64], findings: &mut Vec<Finding>) {
    // A projected volume holds sources of its own, one level down.
    let projected = source
        .get("sources")
        .into_iter()
        .flat_map(Node::items)
        .flat_map(Node::entries)
        .map(Entry::value);
    for holder in std::iter::once(source).chain(projected) {
        let items = holder.get("items").into_iter().flat_map(Node::items);
        let of_items = items.filter_map(|item| item.get("mode"));
        for mode in holder.get("defaultMode").into_iter().chain(of_items) {
            let Some(number) = mode.as_i64() else {
                continue;
            };
            let is_decimal = mode.source().parse::<i64>().is_ok() && !mode.source().starts_with('0');
            if is_decimal && modes.contains(&number) {
                let octal = format!("{number:o}");
                findings.push(
                    Finding::at(
                        policy,
                        object,
                        mode,
                        format!("the mode {number} is decimal, which is 0{octal} in octal"),
                    )
                    .labelled(format!("write 0{number}"))
                    .with_help(&[("mode", &number.to_string())])
                    .mended_by(mend(mode, number)),
                );
            }
        }
    }
}

/// The API server refuses what is over 0777 (kubernetes v1.32 pkg/apis/core/validation/validation.go); what is not gives the file other
/// permissions so far.
fn mend(mode: Node<'_>, number: i64) -> Option<Mend> {
    const HIGHEST: i64 = 0o777;
    let octal = u32::from_str_radix(&number.to_string(), 8).ok()?;
    let safety = if number > HIGHEST { Safety::Safe } else { Safety::Unsafe };
    let operation = Operation::set_mode(mode, octal);
    Some(Mend::new(safety, "write the mode in octal", operation))
}
