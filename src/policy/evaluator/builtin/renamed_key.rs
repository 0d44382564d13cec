//! Keys that YAML 1.1 renames: `on:` becomes `true`, `0644:` becomes `420`.

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::Entry;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &context.inventory.objects {
        let root = object.root();
        if !root.tree().has_converted_keys() {
            continue;
        }
        let mut pending = vec![root];
        while let Some(node) = pending.pop() {
            if node.anchor_span().is_some() {
                continue;
            }
            pending.extend(node.items());
            for entry in node.entries().filter(|entry| !entry.is_merged()) {
                pending.push(entry.value());
                findings.extend(renamed(entry).map(|written| {
                    Finding::at_key(
                        policy,
                        object,
                        node,
                        entry,
                        format!("Kubernetes reads the key `{written}` as `{}`", entry.key()),
                    )
                    .labelled(format!("write \"{written}\""))
                    .with_help(&[("key", written)])
                    // Something may read the key by the name that it has in the cluster.
                    .mended_by(Mend::new(
                        Safety::Unsafe,
                        "quote the key",
                        Operation::rename(entry, written),
                    ))
                }));
            }
        }
    }
    findings
}

/// The key as written, if that is not what is read.
fn renamed(entry: Entry<'_>) -> Option<&str> {
    let written = entry.key_file().slice(entry.key_span());
    (!entry.key_is_text() && written != entry.key()).then_some(written)
}
