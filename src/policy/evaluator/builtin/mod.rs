//! The built-in evaluators: one file each, one line each in the table.

mod decoder_fault;
mod double_injection;
mod doubled_resources;
mod duplicate_object;
mod empty_image;
mod empty_selection;
mod environment;
mod file_mode;
mod host_network;
mod host_port;
mod image_reference;
mod invalid_selector;
mod mesh_image;
mod name_collision;
mod namespace_labels;
mod native_sidecar;
mod no_proxy;
mod object_schema;
mod object_type;
mod one_to_one;
mod opt_out;
mod overlapping_sets;
mod post_start;
mod proxy_setup;
mod refused_set;
mod renamed_key;
mod rollout;
mod rollout_effect;
mod shared;
mod skipped_path;
mod stray_blank;
mod string_due;
mod unbuilt_kustomization;
mod unreadable_path;
mod unrendered_chart;
mod upgrade_type;
mod volumes;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// A function that finds the faults of a policy.
pub(crate) type Evaluate = fn(&Policy, Context<'_>) -> Vec<Finding>;

/// Every built-in evaluator, by the name that policy files call it by.
const BUILTINS: &[(&str, Evaluate)] = &[
    ("cluster-id-config-map", environment::config_map),
    ("conflicting-injection-labels", namespace_labels::evaluate),
    ("decoder-fault", decoder_fault::evaluate),
    ("double-injection", double_injection::evaluate),
    ("doubled-resources", doubled_resources::evaluate),
    ("duplicate-object", duplicate_object::evaluate),
    ("empty-image", empty_image::evaluate),
    ("file-mode", file_mode::evaluate),
    ("floating-image", image_reference::floating_image),
    ("hand-over-volume", volumes::hand_over_volume),
    ("host-network", host_network::evaluate),
    ("host-port", host_port::evaluate),
    ("idle-rollout", rollout_effect::idle_rollout),
    ("incomplete-type", object_type::incomplete),
    ("ineffective-opt-out", opt_out::evaluate),
    ("init-image", mesh_image::init_differs),
    ("invalid-selector", invalid_selector::evaluate),
    ("legacy-strategy", rollout::legacy_strategy),
    ("missing-label", environment::missing_label),
    ("missing-mount", volumes::missing_mount),
    ("missing-volume", volumes::missing_volume),
    ("misspelt-rollout", rollout::misspelt_rollout),
    ("misspelt-type", object_type::misspelt),
    ("missing-variable", proxy_setup::missing_variable),
    ("name-collision", name_collision::evaluate),
    ("native-sidecar", native_sidecar::evaluate),
    ("no-proxy", no_proxy::evaluate),
    ("no-traffic-capture", proxy_setup::no_capture),
    ("not-hot-capable", mesh_image::not_hot_capable),
    ("outage-rollout", rollout_effect::outage_rollout),
    ("overlapping-sidecarsets", overlapping_sets::evaluate),
    ("placeholder-image", image_reference::placeholder_image),
    ("post-start", post_start::evaluate),
    ("refused-sidecarset", refused_set::evaluate),
    ("renamed-key", renamed_key::evaluate),
    ("selector-of-metadata", empty_selection::own_metadata),
    ("selects-nothing", empty_selection::nothing),
    ("several-deployments", one_to_one::several_workloads),
    ("several-sidecarsets", one_to_one::several_sets),
    ("skipped-path", skipped_path::evaluate),
    ("stray-blank", stray_blank::evaluate),
    ("string-due", string_due::evaluate),
    ("undeclared-volume", volumes::undeclared_volume),
    ("oversized-kustomization", unbuilt_kustomization::too_large),
    ("refused-kustomization", unbuilt_kustomization::refused),
    ("undecided-kustomization", unbuilt_kustomization::undecided),
    ("unknown-field", object_schema::unknown_field),
    ("unreadable-path", unreadable_path::evaluate),
    ("unrendered-chart", unrendered_chart::evaluate),
    ("upgrade-type", upgrade_type::evaluate),
    ("wrong-type", object_schema::wrong_type),
];

/// The built-in evaluator of this name.
pub(crate) fn find(name: &str) -> Option<Evaluate> {
    BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, evaluate)| evaluate)
}
