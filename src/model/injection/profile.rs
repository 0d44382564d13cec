//! Which injector runs in a cluster, and how it is set up: a part of a profile file.

use std::fmt;

use serde::Deserialize;

use crate::model::selector::LabelSelector;

/// Which injector runs in the cluster and how it is set up; a part of a profile file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InjectionProfile {
    /// The injector.
    pub engine: Engine,
    /// The control plane's revision; absent for the default one.
    #[serde(default)]
    pub revision: Option<String>,
    /// `neverInjectSelector` of the injector.
    #[serde(default)]
    pub never_inject_selectors: Vec<LabelSelector>,
    /// `alwaysInjectSelector` of the injector.
    #[serde(default)]
    pub always_inject_selectors: Vec<LabelSelector>,
}

/// An injector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "mesh",
    rename_all = "lowercase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Engine {
    /// Istio 1.`minor` as its own charts install it.
    Istio {
        /// The second number of the version.
        minor: u32,
        /// `global.proxy.autoInject`
        #[serde(default)]
        default_policy: DefaultPolicy,
        /// `sidecarInjectorWebhook.enableNamespacesByDefault`
        #[serde(default)]
        enable_namespaces_by_default: bool,
    },
    /// Alibaba Cloud Service Mesh.
    Asm {
        /// The version.
        version: AsmVersion,
        /// The sidecar injection policy chosen in the console.
        #[serde(default)]
        injection_policy: AsmInjectionPolicy,
    },
}

/// What the injector does with a pod that does not choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultPolicy {
    /// It injects.
    #[default]
    Enabled,
    /// It does not.
    Disabled,
}

/// The four injection policies of ASM ("Configure sidecar injection policies"): which side has to say what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsmInjectionPolicy {
    /// The namespace says `enabled` and the pod does not say `false`; ASM's own setting at the start.
    #[default]
    NamespaceOptInPodOptOut,
    /// The namespace says `enabled` and the pod says `true`.
    NamespaceOptInPodOptIn,
    /// The namespace does not say `disabled` and the pod does not say `false`.
    NamespaceOptOutPodOptOut,
    /// The namespace does not say `disabled` and the pod says `true`.
    NamespaceOptOutPodOptIn,
}

impl AsmInjectionPolicy {
    pub(super) fn namespace_must_opt_in(self) -> bool {
        matches!(self, Self::NamespaceOptInPodOptOut | Self::NamespaceOptInPodOptIn)
    }

    pub(super) fn default_policy(self) -> DefaultPolicy {
        match self {
            Self::NamespaceOptInPodOptOut | Self::NamespaceOptOutPodOptOut => DefaultPolicy::Enabled,
            Self::NamespaceOptInPodOptIn | Self::NamespaceOptOutPodOptIn => DefaultPolicy::Disabled,
        }
    }
}

/// A version of ASM, as far as behaviour differs.
///
/// It is read from a string only: YAML takes an unquoted `1.10` for the number 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AsmVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

/// The text is not a version such as `1.6` or `1.16.4.91`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsmVersionProblem(String);

impl fmt::Display for AsmVersionProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\" is not an ASM version; write it as \"1.6\"", self.0)
    }
}

impl std::error::Error for AsmVersionProblem {}

impl TryFrom<String> for AsmVersion {
    type Error = AsmVersionProblem;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut numbers = text.strip_prefix('v').unwrap_or(&text).split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        });
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(major), Some(minor)) if numbers.all(|number| number.is_some()) => Ok(Self { major, minor }),
            _ => Err(AsmVersionProblem(text)),
        }
    }
}

impl fmt::Display for AsmVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Engine {
    /// The minor version of Istio whose injector runs: ASM numbers its versions after Istio's.
    pub(super) fn minor(&self) -> u32 {
        match self {
            Self::Istio { minor, .. }
            | Self::Asm {
                version: AsmVersion { major: 1, minor },
                ..
            } => *minor,
            Self::Asm {
                version: AsmVersion { major: 0, .. },
                ..
            } => 0,
            Self::Asm { .. } => u32::MAX,
        }
    }

    pub(super) fn default_policy(&self) -> DefaultPolicy {
        match self {
            Self::Istio { default_policy, .. } => *default_policy,
            Self::Asm { injection_policy, .. } => injection_policy.default_policy(),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Istio { .. } => "Istio",
            Self::Asm { .. } => "ASM",
        }
    }
}
