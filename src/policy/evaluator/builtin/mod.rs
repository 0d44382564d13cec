//! The built-in evaluators: one file each, one line each in the table.

mod decoder_fault;
mod doubled_resources;
mod empty_image;
mod host_port;
mod image_reference;
mod mesh_image;
mod native_sidecar;
mod post_start;
mod rollout;
mod rollout_effect;
mod stray_blank;
mod upgrade_type;
mod volumes;

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
    Builtin {
        name: "decoder-fault",
        evaluate: decoder_fault::evaluate,
    },
    Builtin {
        name: "doubled-resources",
        evaluate: doubled_resources::evaluate,
    },
    Builtin {
        name: "empty-image",
        evaluate: empty_image::evaluate,
    },
    Builtin {
        name: "floating-image",
        evaluate: image_reference::floating_image,
    },
    Builtin {
        name: "hand-over-volume",
        evaluate: volumes::hand_over_volume,
    },
    Builtin {
        name: "host-port",
        evaluate: host_port::evaluate,
    },
    Builtin {
        name: "idle-rollout",
        evaluate: rollout_effect::idle_rollout,
    },
    Builtin {
        name: "init-image",
        evaluate: mesh_image::init_differs,
    },
    Builtin {
        name: "legacy-strategy",
        evaluate: rollout::legacy_strategy,
    },
    Builtin {
        name: "misspelt-rollout",
        evaluate: rollout::misspelt_rollout,
    },
    Builtin {
        name: "missing-mount",
        evaluate: volumes::missing_mount,
    },
    Builtin {
        name: "missing-volume",
        evaluate: volumes::missing_volume,
    },
    Builtin {
        name: "native-sidecar",
        evaluate: native_sidecar::evaluate,
    },
    Builtin {
        name: "not-hot-capable",
        evaluate: mesh_image::not_hot_capable,
    },
    Builtin {
        name: "outage-rollout",
        evaluate: rollout_effect::outage_rollout,
    },
    Builtin {
        name: "placeholder-image",
        evaluate: image_reference::placeholder_image,
    },
    Builtin {
        name: "post-start",
        evaluate: post_start::evaluate,
    },
    Builtin {
        name: "stray-blank",
        evaluate: stray_blank::evaluate,
    },
    Builtin {
        name: "undeclared-volume",
        evaluate: volumes::undeclared_volume,
    },
    Builtin {
        name: "upgrade-type",
        evaluate: upgrade_type::evaluate,
    },
];

/// The built-in evaluator of this name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}
