//! What the builds of a repository may cost in all, shared out so that the same kustomizations are built whatever the threads do.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::sources::Sources;
use crate::source::limits;

/// What was, or may still be, spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Values that stay in memory.
    pub(super) values: usize,
    /// Looks at objects and parts of them.
    pub(super) steps: usize,
}

impl Cost {
    /// What all kustomizations of a repository may cost: a large repository more than a small one.
    pub(super) fn allowed(sources: &Sources) -> Self {
        let bytes = sources.bytes();
        Self {
            values: limits::KUSTOMIZATION_VALUES_IN_ALL + bytes / limits::BYTES_FOR_A_VALUE,
            steps: limits::BUILD_STEPS_IN_ALL + bytes * limits::BUILD_STEPS_FOR_A_BYTE,
        }
    }

    pub(super) fn is_within(self, allowed: Self) -> bool {
        self.values < allowed.values && self.steps < allowed.steps
    }

    pub(super) fn add(&mut self, other: Self) {
        self.values = self.values.saturating_add(other.values);
        self.steps = self.steps.saturating_add(other.steps);
    }
}

/// What is spent, and what may be.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    allowed: Cost,
    spent: Cost,
}

impl Allowance {
    pub(super) fn new(allowed: Cost) -> Self {
        Self {
            allowed,
            spent: Cost::default(),
        }
    }

    /// Builds each item, in parallel; none any more once those before it have cost all that is allowed.
    pub(super) fn share_out<I, T>(&mut self, items: &[I], make: impl Fn(&I) -> (Cost, T) + Sync) -> Vec<Option<T>>
    where
        I: Sync,
        T: Send,
    {
        let spent = Shared::new(self.spent);
        let mut built: Vec<Option<(Cost, T)>> = items
            .par_iter()
            .map(|item| {
                if !spent.load().is_within(self.allowed) {
                    return None;
                }
                let built = make(item);
                spent.add(built.0);
                Some(built)
            })
            .collect();
        // Which threads were faster must not decide what is left out.
        let mut all = Vec::with_capacity(items.len());
        for (item, built) in items.iter().zip(&mut built) {
            let built = built.take();
            if !self.spent.is_within(self.allowed) {
                all.push(None);
                continue;
            }
            let (cost, built) = built.unwrap_or_else(|| make(item));
            self.spent.add(cost);
            all.push(Some(built));
        }
        all
    }
}

/// What several threads spend.
struct Shared {
    values: AtomicUsize,
    steps: AtomicUsize,
}

impl Shared {
    fn new(cost: Cost) -> Self {
        Self {
            values: AtomicUsize::new(cost.values),
            steps: AtomicUsize::new(cost.steps),
        }
    }

    fn load(&self) -> Cost {
        Cost {
            values: self.values.load(Ordering::Relaxed),
            steps: self.steps.load(Ordering::Relaxed),
        }
    }

    fn add(&self, cost: Cost) {
        self.values.fetch_add(cost.values, Ordering::Relaxed);
        self.steps.fetch_add(cost.steps, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_does_not_depend_on_threads() {
        let costs: Vec<usize> = (0..200).map(|at| at * 7 % 13).collect();
        let built = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut allowance = Allowance::new(Cost {
                values: 500,
                steps: usize::MAX,
            });
            let make = |values: &usize| {
                let cost = Cost {
                    values: *values,
                    steps: 1,
                };
                (cost, *values)
            };
            let mut built = pool.install(|| allowance.share_out(&costs, make));
            built.extend(pool.install(|| allowance.share_out(&costs, make)));
            built
        };
        let one = built(1);
        let kept = one.iter().take_while(|built| built.is_some()).count();
        assert!((50..200).contains(&kept), "{kept}");
        assert!(one.iter().skip(kept).all(Option::is_none));
        let sum: usize = one.iter().flatten().sum();
        assert!((500..513).contains(&sum), "{sum}");
        for threads in [2, 3, 8] {
            assert_eq!(built(threads), one);
        }
    }
}
