//! A blank that slipped between two references in an argument of a mesh proxy, as in `$(A). $(B)`.

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::Node;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let Some(mesh) = facts.mesh else {
            continue;
        };
        for argument in mesh.get("args").into_iter().flat_map(Node::items) {
            let Some(mended) = argument.as_str().and_then(without_blanks) else {
                continue;
            };
            let (set, text) = (facts.set.name(), argument.as_str().unwrap_or_default());
            let message = format!("the argument `{text}` of the mesh proxy in SidecarSet `{set}` holds a stray blank");
            findings.push(
                Finding::at(policy, facts.set.object, argument, message)
                    .labelled("a blank after the separator")
                    .with_help(&[("argument", &mended)])
                    // The proxies call themselves by another name then.
                    .mended_by(Mend::new(
                        Safety::Unsafe,
                        "take the blank out",
                        Operation::set_text(argument, mended),
                    )),
            );
        }
    }
    findings
}

/// The text without its blanks, if it is names and references with a blank next to a separator between two references.
///
/// A blank alone is how a shell command separates its words, and a text with other blanks is a sentence or a command.
fn without_blanks(text: &str) -> Option<String> {
    let text = text.trim();
    let mut rest = text;
    let mut stray = 0;
    while let Some(end) = rest.find(')') {
        let (reference, after) = rest.split_at(end + 1);
        let is_reference = reference
            .rfind("$(")
            .and_then(|start| reference.get(start + 2..end))
            .is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace));
        let Some(next) = after.find("$(") else {
            break;
        };
        let (between, following) = after.split_at(next);
        let is_separator = between.trim().len() == 1 && between.trim().starts_with(['.', ':', '/', '-', '_', ',', '@']);
        let blanks = between.chars().filter(|character| character.is_whitespace()).count();
        if is_reference && is_separator {
            stray += blanks;
        }
        rest = following;
    }
    let blanks = text.chars().filter(|character| character.is_whitespace()).count();
    (stray > 0 && stray == blanks).then(|| text.split_whitespace().collect())
}
