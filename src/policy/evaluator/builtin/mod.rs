//! The built-in evaluators: one file each, one line each in the table.

mod decoder_fault;
mod double_injection;
mod empty_selection;
mod environment;
mod host_network;
mod invalid_selector;
mod name_collision;
mod namespace_labels;
mod no_proxy;
mod one_to_one;
mod opt_out;
mod overlapping_sets;
mod shared;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// A function that finds faults.
pub(crate) struct Builtin {
    /// The name in policy files.
    pub(crate) name: &'static str,
    pub(crate) evaluate: fn(&Policy, Context<'_>) -> Vec<Finding>,
}

/// Every built-in evaluator, by name.
pub(crate) const BUILTINS: &[Builtin] = &[
    builtin("decoder-fault", decoder_fault::evaluate),
    builtin("double-injection", double_injection::evaluate),
    builtin("ineffective-opt-out", opt_out::evaluate),
    builtin("no-proxy", no_proxy::evaluate),
    builtin("host-network", host_network::evaluate),
    builtin("invalid-selector", invalid_selector::evaluate),
    builtin("several-sidecarsets", one_to_one::several_sets),
    builtin("several-deployments", one_to_one::several_workloads),
    builtin("overlapping-sidecarsets", overlapping_sets::evaluate),
    builtin("name-collision", name_collision::evaluate),
    builtin("missing-label", environment::missing_label),
    builtin("cluster-id-config-map", environment::config_map),
    builtin("conflicting-injection-labels", namespace_labels::evaluate),
    builtin("selects-nothing", empty_selection::nothing),
    builtin("selector-of-metadata", empty_selection::own_metadata),
];

const fn builtin(name: &'static str, evaluate: fn(&Policy, Context<'_>) -> Vec<Finding>) -> Builtin {
    Builtin { name, evaluate }
}

/// The built-in evaluator of this name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}
