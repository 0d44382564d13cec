//! kubectl's budget for aliases (`go.yaml.in/yaml/v2` `decode.go`, `decoder.unmarshal`): a document in which nearly all of many
//! decoding steps come from aliases is refused before it unfolds.

use super::tree::{EntryData, NodeData, NodeId, Value};
use crate::source::text::Span;

/// Below so many steps nothing is refused.
const STEPS_FREE: u64 = 1_000;
const ALIAS_STEPS_FREE: u64 = 100;
/// The allowed share of alias steps falls from the one to the other between these numbers of steps.
const RANGE_LOW: u64 = 400_000;
const RANGE_HIGH: u64 = 4_000_000;
const SHARE_LOW: f64 = 0.99;
const SHARE_HIGH: f64 = 0.10;

/// Walks the document as go-yaml would, aliases unfolded, until it ends or the budget does; then the span of the alias at fault.
pub(crate) fn excess(
    nodes: &[NodeData],
    items: &[NodeId],
    entries: &[EntryData],
    root: NodeId,
) -> Option<Span> {
    /// What is still to do; the alias that brought us here, if any.
    enum Step {
        Node(NodeId, Option<Span>),
        Key(Option<Span>),
    }
    let mut steps = 0_u64;
    let mut alias_steps = 0_u64;
    let mut pending = vec![Step::Node(root, None)];
    while let Some(step) = pending.pop() {
        steps += 1;
        let alias = match step {
            Step::Key(alias) | Step::Node(_, alias) => alias,
        };
        if let Some(span) = alias {
            alias_steps += 1;
            if alias_steps > ALIAS_STEPS_FREE
                && steps > STEPS_FREE
                && share(alias_steps, steps) > allowed_share(steps)
            {
                return Some(span);
            }
        }
        let Step::Node(id, alias) = step else {
            continue;
        };
        let node = &nodes[id.0 as usize];
        match node.value {
            Value::Alias(target) => pending.push(Step::Node(target, Some(alias.unwrap_or(node.span)))),
            Value::Sequence(run) => {
                pending.extend(items[run.range()].iter().rev().map(|&item| Step::Node(item, alias)));
            }
            Value::Mapping(run) => {
                for entry in entries[run.range()].iter().rev() {
                    let alias = if entry.merged {
                        Some(alias.unwrap_or(entry.key_span))
                    } else {
                        alias
                    };
                    pending.push(Step::Node(entry.value, alias));
                    pending.push(Step::Key(alias));
                }
            }
            _ => {}
        }
    }
    None
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn allowed_share(steps: u64) -> f64 {
    match steps {
        0..=RANGE_LOW => SHARE_LOW,
        RANGE_HIGH.. => SHARE_HIGH,
        _ => {
            let way = (steps - RANGE_LOW) as f64 / (RANGE_HIGH - RANGE_LOW) as f64;
            SHARE_LOW - (SHARE_LOW - SHARE_HIGH) * way
        }
    }
}
