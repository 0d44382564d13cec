//! The built-in evaluators: one file each, one line each in the table.

mod decoder_fault;
mod doubled_resources;
mod empty_image;
mod file_mode;
mod host_port;
mod image_reference;
mod mesh_image;
mod native_sidecar;
mod object_schema;
mod object_type;
mod post_start;
mod renamed_key;
mod rollout;
mod rollout_effect;
mod skipped_path;
mod stray_blank;
mod string_due;
mod unreadable_path;
mod upgrade_type;
mod volumes;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// A function that finds the faults of a policy.
pub(crate) type Evaluate = fn(&Policy, Context<'_>) -> Vec<Finding>;

/// Every built-in evaluator, by the name that policy files call it by.
const BUILTINS: &[(&str, Evaluate)] = &[
    ("decoder-fault", decoder_fault::evaluate),
    ("doubled-resources", doubled_resources::evaluate),
    ("empty-image", empty_image::evaluate),
    ("file-mode", file_mode::evaluate),
    ("floating-image", image_reference::floating_image),
    ("hand-over-volume", volumes::hand_over_volume),
    ("host-port", host_port::evaluate),
    ("idle-rollout", rollout_effect::idle_rollout),
    ("incomplete-type", object_type::incomplete),
    ("init-image", mesh_image::init_differs),
    ("legacy-strategy", rollout::legacy_strategy),
    ("missing-mount", volumes::missing_mount),
    ("missing-volume", volumes::missing_volume),
    ("misspelt-rollout", rollout::misspelt_rollout),
    ("misspelt-type", object_type::misspelt),
    ("native-sidecar", native_sidecar::evaluate),
    ("not-hot-capable", mesh_image::not_hot_capable),
    ("outage-rollout", rollout_effect::outage_rollout),
    ("placeholder-image", image_reference::placeholder_image),
    ("post-start", post_start::evaluate),
    ("renamed-key", renamed_key::evaluate),
    ("skipped-path", skipped_path::evaluate),
    ("stray-blank", stray_blank::evaluate),
    ("string-due", string_due::evaluate),
    ("undeclared-volume", volumes::undeclared_volume),
    ("unknown-field", object_schema::unknown_field),
    ("unreadable-path", unreadable_path::evaluate),
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
