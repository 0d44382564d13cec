//! kubectl's budget for aliases (`decode.go`, `decoder.unmarshal`): a document in which nearly all of many decoding steps come
//! from aliases is refused.
//!
//! go-yaml counts while it decodes the tree; the count here runs along with the events, which come in the same order. What an
//! alias costs is known at once, because its target is closed by then, so nothing is ever unfolded.

use std::collections::HashMap;

use super::tree::NodeId;
use crate::source::limits;

/// Below so many steps nothing is refused.
const STEPS_FREE: u64 = 1_000;
const ALIAS_STEPS_FREE: u64 = 100;
/// The allowed share of alias steps falls from the one to the other between these numbers of steps.
const RANGE_LOW: u64 = 400_000;
const RANGE_HIGH: u64 = 4_000_000;
const SHARE_LOW: f64 = 0.99;
const SHARE_HIGH: f64 = 0.10;

/// What it takes to decode a part of a document, aliases unfolded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Nodes: keys and values, and each alias once more.
    steps: u64,
    /// Bytes of text.
    bytes: u64,
}

impl Cost {
    fn since(self, before: Self) -> Self {
        Self {
            steps: self.steps.saturating_sub(before.steps),
            bytes: self.bytes.saturating_sub(before.bytes),
        }
    }

    fn add(&mut self, other: Self) {
        self.steps = self.steps.saturating_add(other.steps);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The count so far.
#[derive(Debug)]
pub(crate) struct Budget {
    spent: Cost,
    by_aliases: Cost,
    /// What each anchored node costs.
    anchored: HashMap<NodeId, Cost>,
}

/// The budget is spent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exceeded;

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            // The document itself is the first step.
            spent: Cost { steps: 1, bytes: 0 },
            by_aliases: Cost::default(),
            anchored: HashMap::new(),
        }
    }

    /// The count before a node, for [`Budget::close_anchored`].
    pub(crate) fn now(&self) -> Cost {
        self.spent
    }

    /// One node.
    pub(crate) fn step(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.spent.add(Cost {
            steps: 1,
            bytes: bytes as u64,
        });
        self.check()
    }

    /// An anchored node is over.
    pub(crate) fn close_anchored(&mut self, node: NodeId, before: Cost) {
        self.anchored.insert(node, self.spent.since(before));
    }

    /// An alias of a node that is over.
    pub(crate) fn alias(&mut self, target: NodeId) -> Result<(), Exceeded> {
        self.step(0)?;
        let cost = self.anchored.get(&target).copied().unwrap_or_default();
        self.spent.add(cost);
        self.by_aliases.add(cost);
        if self.by_aliases.bytes > limits::UNFOLDED_BYTES {
            return Err(Exceeded);
        }
        self.check()
    }

    /// go-yaml asks at every step. Within one alias the share only grows, and faster than the allowed one can, so that it is
    /// enough to ask at its end.
    fn check(&self) -> Result<(), Exceeded> {
        let (aliases, all) = (self.by_aliases.steps, self.spent.steps);
        if aliases > ALIAS_STEPS_FREE && all > STEPS_FREE && share(aliases, all) > allowed_share(all) {
            return Err(Exceeded);
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Go does it")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[expect(clippy::cast_precision_loss, reason = "as Go does it")]
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
