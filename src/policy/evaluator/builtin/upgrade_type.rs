//! An `upgradeType` that Kruise does not know, and takes for a cold upgrade.

use crate::model::placeholder;
use crate::model::sidecar_set::{self, HOT_UPGRADE};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::Node;
use crate::source::spelling;

const COLD_UPGRADE: &str = "ColdUpgrade";

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.containers() {
            let Some(node) = container.at(&["upgradeStrategy", "upgradeType"]) else {
                continue;
            };
            let Some(text) = node.as_str() else {
                continue;
            };
            // Kruise's webhook makes ColdUpgrade of an empty string.
            if ["", COLD_UPGRADE, HOT_UPGRADE].contains(&text) || placeholder::find(text).is_some() {
                continue;
            }
            let (set, name) = (facts.set.name(), sidecar_set::container_name(container));
            let lower = text.to_lowercase();
            let meant = match (lower.contains("hot"), lower.contains("cold")) {
                (true, false) => Some(HOT_UPGRADE),
                (false, true) => Some(COLD_UPGRADE),
                _ => None,
            };
            let question = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            let message = format!(
                "`{text}` is no upgrade type, so Kruise upgrades container `{name}` of SidecarSet `{set}` cold{question}"
            );
            findings.push(
                Finding::at(policy, facts.set.object, node, message)
                    .labelled(format!("neither `{HOT_UPGRADE}` nor `{COLD_UPGRADE}`"))
                    .mended_by(
                        meant
                            .filter(|meant| is_slip(&lower, meant))
                            .map(|meant| mend(node, meant)),
                    ),
            );
        }
    }
    findings
}

/// Whether a word is the name of an upgrade type, or how it begins, but for case, a mark between its words, or a slip of the pen.
fn is_slip(lower: &str, meant: &str) -> bool {
    let letters: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let short = meant.strip_suffix("Upgrade").unwrap_or(meant);
    letters.eq_ignore_ascii_case(short) || spelling::slips(&letters, meant).is_some()
}

/// The word is part of both hashes of a SidecarSet (`kruise v1.9.0 pkg/control/sidecarcontrol/hash.go`): also where the container is upgraded
/// cold before and after, the pods that run are not upgraded any more.
fn mend(node: Node<'_>, meant: &str) -> Mend {
    Mend::new(
        Safety::Unsafe,
        format!("write `{meant}`"),
        Operation::set_text(node, meant),
    )
}
