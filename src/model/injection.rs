//! Does the mesh's own webhook put a proxy into a pod? One function, and its truth table as its test.
//!
//! Two gates must both open: the API server calls the webhook (its namespace and object selectors), and the injector
//! then agrees (`istio pkg/kube/inject/inject.go`, `injectRequired`). Behaviour by version: `reference/injection.md`,
//! sections 1.1 to 1.4.

use std::fmt;

use serde::Deserialize;

use super::selector::{LabelSelector, Labels};
use super::verdict::{UnknownReason, Verdict};

/// The annotation, and from Istio 1.9 on also the label, by which a pod chooses.
pub const INJECT_KEY: &str = "sidecar.istio.io/inject";
/// The namespace label that switches injection on or off.
pub const NAMESPACE_INJECTION_LABEL: &str = "istio-injection";
/// The label, on namespaces and pods, that names a control plane revision.
pub const REVISION_LABEL: &str = "istio.io/rev";

/// Namespace labels beginning with `istio` or `asm` that have nothing to do with sidecar injection.
const UNRELATED_MESH_LABELS: [&str; 6] = [
    "istio-env",
    "istio-operator-managed",
    "istio.io/dataplane-mode",
    "istio.io/ingress-use-waypoint",
    "istio.io/use-waypoint",
    "istio.io/use-waypoint-namespace",
];

/// What is known of the labels of a pod's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceLabels {
    /// Git has the Namespace object.
    Known(Labels),
    /// The namespace has a name, but Git has no object for it.
    NotInGit,
    /// Not even the name is known.
    Unresolved,
}

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
    fn namespace_must_opt_in(self) -> bool {
        matches!(self, Self::NamespaceOptInPodOptOut | Self::NamespaceOptInPodOptIn)
    }

    fn default_policy(self) -> DefaultPolicy {
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
    fn minor(&self) -> u32 {
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

    fn default_policy(&self) -> DefaultPolicy {
        match self {
            Self::Istio { default_policy, .. } => *default_policy,
            Self::Asm { injection_policy, .. } => injection_policy.default_policy(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Istio { .. } => "Istio",
            Self::Asm { .. } => "ASM",
        }
    }
}

/// Whether the pod gets a proxy from the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InjectionVerdict {
    /// It does.
    Injected,
    /// It does not.
    NotInjected,
    /// Git does not say.
    Unknown,
}

/// The input that settled the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecisiveInput {
    /// `spec.hostNetwork` of the pod.
    HostNetwork,
    /// The name of the namespace.
    NamespaceName,
    /// The labels of the namespace, or their being unknown.
    NamespaceLabels,
    /// The pod template's annotation.
    PodAnnotation,
    /// A label of the pod template.
    PodLabel,
    /// A selector in the injector's configuration.
    InjectorSelector,
    /// The injector's setting for whoever does not choose.
    DefaultPolicy,
}

/// Where a pod template writes its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// `metadata.annotations`
    Annotation,
    /// `metadata.labels`
    Label,
}

impl fmt::Display for Carrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Annotation => "annotation",
            Self::Label => "label",
        })
    }
}

/// Why the decision is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InjectionReason {
    /// Pods in the node's network are never injected.
    HostNetwork,
    /// The injector leaves this namespace alone.
    IgnoredNamespace(String),
    /// The pod template chooses.
    PodChoice {
        /// Where.
        carrier: Carrier,
        /// The value written there.
        value: String,
    },
    /// The pod template's revision label.
    PodRevision(String),
    /// A `neverInjectSelector` selects the pod.
    NeverInjectSelector,
    /// An `alwaysInjectSelector` selects the pod.
    AlwaysInjectSelector,
    /// The pod does not choose, and the injector does not inject unasked.
    DefaultPolicyDisabled,
    /// The label `istio-injection` of the namespace has this value.
    NamespaceLabel(String),
    /// The namespace's revision label.
    NamespaceRevision(String),
    /// The namespace has no injection label, and the mesh injects only where there is one.
    NamespaceWithoutLabel,
    /// The namespace does not opt out, and the mesh injects wherever it may.
    NamespacesByDefault,
    /// Git does not say.
    Unknown(UnknownReason),
}

impl InjectionReason {
    fn decisive(&self) -> DecisiveInput {
        match self {
            Self::HostNetwork => DecisiveInput::HostNetwork,
            Self::IgnoredNamespace(_) => DecisiveInput::NamespaceName,
            Self::PodChoice {
                carrier: Carrier::Annotation,
                ..
            } => DecisiveInput::PodAnnotation,
            Self::PodChoice {
                carrier: Carrier::Label,
                ..
            }
            | Self::PodRevision(_) => DecisiveInput::PodLabel,
            Self::NeverInjectSelector | Self::AlwaysInjectSelector => DecisiveInput::InjectorSelector,
            Self::DefaultPolicyDisabled => DecisiveInput::DefaultPolicy,
            Self::NamespaceLabel(_)
            | Self::NamespaceRevision(_)
            | Self::NamespaceWithoutLabel
            | Self::NamespacesByDefault
            | Self::Unknown(_) => DecisiveInput::NamespaceLabels,
        }
    }
}

impl fmt::Display for InjectionReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostNetwork => formatter.write_str("the pod uses the host network"),
            Self::IgnoredNamespace(name) => {
                write!(formatter, "the injector ignores the namespace \"{name}\"")
            }
            Self::PodChoice { carrier, value } => {
                write!(
                    formatter,
                    "the pod template has the {carrier} {INJECT_KEY}: \"{value}\""
                )
            }
            Self::PodRevision(revision) => write!(
                formatter,
                "the pod template has the label {REVISION_LABEL}: \"{revision}\""
            ),
            Self::NeverInjectSelector => formatter.write_str("a neverInjectSelector of the injector selects the pod"),
            Self::AlwaysInjectSelector => {
                formatter.write_str("an alwaysInjectSelector of the injector selects the pod")
            }
            Self::DefaultPolicyDisabled => formatter.write_str("the injector injects only pods that ask for it"),
            Self::NamespaceLabel(value) => {
                write!(
                    formatter,
                    "the namespace has the label {NAMESPACE_INJECTION_LABEL}: \"{value}\""
                )
            }
            Self::NamespaceRevision(revision) => {
                write!(
                    formatter,
                    "the namespace has the label {REVISION_LABEL}: \"{revision}\""
                )
            }
            Self::NamespaceWithoutLabel => formatter.write_str("the namespace has no injection label"),
            Self::NamespacesByDefault => {
                formatter.write_str("the mesh injects into every namespace that does not opt out")
            }
            Self::Unknown(reason) => write!(formatter, "{reason}"),
        }
    }
}

/// The answer, why, and by which input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The answer.
    pub verdict: InjectionVerdict,
    /// Why.
    pub reason: InjectionReason,
    /// By which input.
    pub decisive: DecisiveInput,
}

impl Decision {
    fn new(verdict: InjectionVerdict, reason: InjectionReason) -> Self {
        let decisive = reason.decisive();
        Self {
            verdict,
            reason,
            decisive,
        }
    }

    /// "The mesh injects into this pod", as a three-valued verdict.
    #[must_use]
    pub fn injected(&self) -> Verdict {
        match (&self.verdict, &self.reason) {
            (InjectionVerdict::Injected, _) => Verdict::Yes,
            (InjectionVerdict::Unknown, InjectionReason::Unknown(reason)) => Verdict::unknown(reason.clone()),
            (InjectionVerdict::NotInjected | InjectionVerdict::Unknown, _) => Verdict::No,
        }
    }
}

/// Whether the mesh's own webhook injects a proxy into a pod of this template.
///
/// Only what is in the pod template counts; the Deployment's own labels and annotations do not.
#[must_use]
pub fn mesh_injection(
    namespace: &NamespaceLabels,
    template_labels: &Labels,
    template_annotations: &Labels,
    host_network: bool,
    namespace_name: Option<&str>,
    profile: &InjectionProfile,
) -> Decision {
    let minor = profile.engine.minor();
    let no = |reason| Decision::new(InjectionVerdict::NotInjected, reason);

    // The pod's own reasons come first: they hold whatever the namespace is, so they answer even when Git has none.
    if host_network {
        return no(InjectionReason::HostNetwork);
    }
    if let Some(name) = namespace_name.filter(|name| is_ignored_namespace(name, minor)) {
        return no(InjectionReason::IgnoredNamespace(name.to_owned()));
    }
    let injector = injector_answer(template_labels, template_annotations, profile);
    if let Answer::No(reason) = injector {
        return no(reason);
    }
    let called = webhook_called(namespace, template_labels, namespace_name, profile);
    match (called, injector) {
        (Answer::No(reason), _) => no(reason),
        (_, Answer::Default) if profile.engine.default_policy() == DefaultPolicy::Disabled => {
            no(InjectionReason::DefaultPolicyDisabled)
        }
        (Answer::Unknown(reason), _) => Decision::new(InjectionVerdict::Unknown, InjectionReason::Unknown(reason)),
        // Where nobody is injected unasked, the pod's asking decides; elsewhere it changes nothing.
        (_, Answer::Yes(reason)) if profile.engine.default_policy() == DefaultPolicy::Disabled => {
            Decision::new(InjectionVerdict::Injected, reason)
        }
        (Answer::Yes(reason), _) => Decision::new(InjectionVerdict::Injected, reason),
        // The webhook's selectors always say yes, no or unknown.
        (Answer::Default, _) => no(InjectionReason::NamespaceWithoutLabel),
    }
}

enum Answer {
    Yes(InjectionReason),
    No(InjectionReason),
    Default,
    Unknown(UnknownReason),
}

/// `IgnoredNamespaces` of the injector.
fn is_ignored_namespace(name: &str, minor: u32) -> bool {
    matches!(name, "kube-system" | "kube-public")
        || (minor >= 9 && matches!(name, "kube-node-lease" | "local-path-storage"))
}

/// What the injector makes of the pod itself; `Default` when the pod does not choose.
fn injector_answer(labels: &Labels, annotations: &Labels, profile: &InjectionProfile) -> Answer {
    let (label, annotation) = (labels.get(INJECT_KEY), annotations.get(INJECT_KEY));
    match pod_choice(profile.engine.minor(), label, annotation) {
        Some((carrier, value, true)) => Answer::Yes(InjectionReason::PodChoice {
            carrier,
            value: value.to_owned(),
        }),
        Some((carrier, value, false)) => Answer::No(InjectionReason::PodChoice {
            carrier,
            value: value.to_owned(),
        }),
        None => {
            // An empty selector selects nothing here (inject.go asks for a selector that is not empty).
            let any = |selectors: &[LabelSelector]| {
                selectors
                    .iter()
                    .any(|selector| !selector.is_empty() && selector.matches(labels))
            };
            if any(&profile.never_inject_selectors) {
                Answer::No(InjectionReason::NeverInjectSelector)
            } else if any(&profile.always_inject_selectors) {
                Answer::Yes(InjectionReason::AlwaysInjectSelector)
            } else {
                Answer::Default
            }
        }
    }
}

/// The pod's choice, and where it is written. From 1.12 on a label wins over the annotation, even an empty one.
fn pod_choice<'a>(minor: u32, label: Option<&'a str>, annotation: Option<&'a str>) -> Option<(Carrier, &'a str, bool)> {
    let (carrier, value) = match (label, annotation) {
        (Some(label), _) if minor >= 12 => (Carrier::Label, label),
        (_, Some(annotation)) => (Carrier::Annotation, annotation),
        _ => return None,
    };
    read_choice(minor, value).map(|inject| (carrier, value, inject))
}

/// What a value asks for; `None` leaves it to the default.
fn read_choice(minor: u32, value: &str) -> Option<bool> {
    if minor >= 27 {
        // Exact since 1.27.0; anything else is only a warning in istiod's log.
        return match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
    }
    match value.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => Some(true),
        "" => None,
        _ => Some(false),
    }
}

/// Whether the API server calls the webhook.
fn webhook_called(
    namespace: &NamespaceLabels,
    pod_labels: &Labels,
    namespace_name: Option<&str>,
    profile: &InjectionProfile,
) -> Answer {
    let minor = profile.engine.minor();
    let stock = matches!(profile.engine, Engine::Istio { .. });
    let pod_label = pod_labels.get(INJECT_KEY);
    // All of Istio's webhooks have this object selector since 1.9. For ASM before 1.12 the label means nothing.
    if let Some(value) = pod_label.filter(|value| stock && minor >= 9 && *value == "false") {
        return Answer::No(InjectionReason::PodChoice {
            carrier: Carrier::Label,
            value: value.to_owned(),
        });
    }
    let labels = match (namespace, namespace_name) {
        (NamespaceLabels::Known(labels), _) => labels,
        (NamespaceLabels::NotInGit, Some(name)) => {
            return Answer::Unknown(UnknownReason::NamespaceNotInGit(name.to_owned()));
        }
        (NamespaceLabels::NotInGit, None) | (NamespaceLabels::Unresolved, _) => {
            return Answer::Unknown(UnknownReason::NamespaceUnresolved);
        }
    };

    if let Some(value) = labels.get(NAMESPACE_INJECTION_LABEL) {
        return injection_label_answer(value, labels, profile);
    }
    let revision_answer = |revision: &str, reason: InjectionReason| {
        let own = match &profile.revision {
            Some(own) => own == revision,
            None => stock && minor >= 10 && revision == "default",
        };
        if own {
            Answer::Yes(reason)
        } else {
            Answer::Unknown(UnknownReason::RevisionNotInProfile(revision.to_owned()))
        }
    };
    if let Some(revision) = labels.get(REVISION_LABEL) {
        return revision_answer(revision, InjectionReason::NamespaceRevision(revision.to_owned()));
    }
    if let Some(revision) = pod_labels.get(REVISION_LABEL).filter(|_| minor >= 10) {
        return revision_answer(revision, InjectionReason::PodRevision(revision.to_owned()));
    }
    // A pod may ask by label in a namespace that says nothing: only with stock Istio, and only of the default revision.
    if let Some(value) = pod_label.filter(|value| stock && minor >= 10 && *value == "true") {
        return match profile.revision {
            None => Answer::Yes(InjectionReason::PodChoice {
                carrier: Carrier::Label,
                value: value.to_owned(),
            }),
            Some(_) => default_revision(),
        };
    }
    // ASM's own opt-in to SidecarSet injection writes a namespace label that is not documented.
    if let Some((key, value)) = labels.iter().find(|(key, _)| is_unexplained_mesh_label(key)) {
        return Answer::Unknown(UnknownReason::NamespaceLabelNotUnderstood {
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    let by_default = match &profile.engine {
        Engine::Asm { injection_policy, .. } => !injection_policy.namespace_must_opt_in(),
        Engine::Istio {
            enable_namespaces_by_default: false,
            ..
        } => false,
        Engine::Istio { .. } if minor >= 10 => pod_label.is_none(),
        Engine::Istio { .. } => opted_in_by_default_before_1_10(labels),
    };
    if by_default {
        Answer::Yes(InjectionReason::NamespacesByDefault)
    } else {
        Answer::No(InjectionReason::NamespaceWithoutLabel)
    }
}

/// The label `istio-injection` is there: it wins over `istio.io/rev`.
fn injection_label_answer(value: &str, labels: &Labels, profile: &InjectionProfile) -> Answer {
    let reason = InjectionReason::NamespaceLabel(value.to_owned());
    if value == "enabled" {
        // Only a default revision answers to this label.
        return if profile.revision.is_none() {
            Answer::Yes(reason)
        } else {
            default_revision()
        };
    }
    let injects = value != "disabled"
        && match &profile.engine {
            Engine::Asm { injection_policy, .. } => !injection_policy.namespace_must_opt_in(),
            Engine::Istio {
                minor,
                enable_namespaces_by_default,
                ..
            } => *enable_namespaces_by_default && *minor < 10 && opted_in_by_default_before_1_10(labels),
        };
    if injects {
        Answer::Yes(reason)
    } else {
        Answer::No(reason)
    }
}

fn default_revision() -> Answer {
    Answer::Unknown(UnknownReason::RevisionNotInProfile("default".to_owned()))
}

/// The namespace selector of `enableNamespacesByDefault` up to 1.9, beside `istio-injection`.
fn opted_in_by_default_before_1_10(labels: &Labels) -> bool {
    labels.get("name") != Some("istio-system")
        && !labels.contains_key("istio-env")
        && !labels.contains_key(REVISION_LABEL)
}

fn is_unexplained_mesh_label(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    [key, name]
        .iter()
        .any(|text| text.starts_with("istio") || text.starts_with("asm"))
        && !UNRELATED_MESH_LABELS.contains(&key)
        && key != NAMESPACE_INJECTION_LABEL
        && key != REVISION_LABEL
}

/// A range of minor versions, `1.from` to `1.to`, or with no end in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MinorRange {
    /// The first one.
    pub from: u32,
    /// The last one; `None` if it reaches the newest known version.
    pub to: Option<u32>,
}

impl fmt::Display for MinorRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            None if self.from <= OLDEST_MINOR => formatter.write_str("every version"),
            None => write!(formatter, "1.{} and later", self.from),
            Some(to) if self.from <= OLDEST_MINOR => write!(formatter, "1.{to} and earlier"),
            Some(to) if to == self.from => write!(formatter, "1.{to}"),
            Some(to) => write!(formatter, "1.{} to 1.{to}", self.from),
        }
    }
}

/// The versions whose source was compared.
const OLDEST_MINOR: u32 = 6;
const NEWEST_MINOR: u32 = 30;

/// How a pod template tries to opt out of injection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OptOutForm {
    /// It does not try.
    NotAttempted,
    /// The annotation is exactly `"false"`, and no label says otherwise: the form that works in every version.
    Effective,
    /// Only the label opts out; older versions do not read it.
    LabelOnly {
        /// The label's value.
        value: String,
    },
    /// A spelling other than `"false"`: newer versions do not understand it.
    FragileSpelling {
        /// Where it is written.
        carrier: Carrier,
        /// The value.
        value: String,
    },
    /// Annotation and label say different things; which one wins depends on the version.
    Contradicted {
        /// The annotation's value.
        annotation: String,
        /// The label's value.
        label: String,
    },
}

/// How a pod template tries to opt out, and with what success.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OptOut {
    /// The form.
    pub form: OptOutForm,
    /// Whether it opts out under the profile's version.
    pub effective: bool,
    /// The versions in which the pod is injected all the same, in a namespace that opts in.
    pub injected_in: Vec<MinorRange>,
    mesh: &'static str,
}

impl OptOut {
    /// Whether it opts out now and in every version.
    #[must_use]
    pub fn is_robust(&self) -> bool {
        self.effective && self.injected_in.is_empty()
    }
}

impl fmt::Display for OptOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            OptOutForm::NotAttempted => {
                return formatter.write_str("the pod template does not opt out of injection");
            }
            OptOutForm::Effective => {
                return write!(
                    formatter,
                    "the pod template opts out by the annotation {INJECT_KEY}: \"false\""
                );
            }
            OptOutForm::LabelOnly { value } => {
                write!(
                    formatter,
                    "the pod template opts out only by the label {INJECT_KEY}: \"{value}\""
                )?;
            }
            OptOutForm::FragileSpelling { carrier, value } => {
                write!(
                    formatter,
                    "the pod template opts out by the {carrier} {INJECT_KEY}: \"{value}\" and not by \"false\""
                )?;
            }
            OptOutForm::Contradicted { annotation, label } => write!(
                formatter,
                "the pod template has {INJECT_KEY} as annotation \"{annotation}\" and as label \"{label}\""
            )?,
        }
        let effect = if self.effective {
            "opts out here"
        } else {
            "has no effect here"
        };
        write!(formatter, ", which {effect}")?;
        if !self.injected_in.is_empty() {
            let ranges: Vec<String> = self.injected_in.iter().map(MinorRange::to_string).collect();
            write!(formatter, "; {} injects it in {}", self.mesh, ranges.join(" and "))?;
        }
        Ok(())
    }
}

/// How a pod template tries to opt out. The versions come from the same rules as [`mesh_injection`].
#[must_use]
pub fn opt_out_form(template_labels: &Labels, template_annotations: &Labels, profile: &InjectionProfile) -> OptOut {
    let label = template_labels.get(INJECT_KEY);
    let annotation = template_annotations.get(INJECT_KEY);
    let minor = profile.engine.minor();
    let stock = matches!(profile.engine, Engine::Istio { .. });
    let opts_out = |minor: u32| {
        (stock && minor >= 9 && label == Some("false"))
            || matches!(pod_choice(minor, label, annotation), Some((_, _, false)))
    };
    let attempts = |value: &str| looks_false(value) || read_choice(minor, value) == Some(false);
    let form = match (annotation, label) {
        (Some("false"), None | Some("false")) => OptOutForm::Effective,
        (None | Some(""), Some(label)) if attempts(label) => OptOutForm::LabelOnly {
            value: label.to_owned(),
        },
        (Some(annotation), Some(label)) if attempts(annotation) != attempts(label) => OptOutForm::Contradicted {
            annotation: annotation.to_owned(),
            label: label.to_owned(),
        },
        (Some("false"), Some(label)) => OptOutForm::FragileSpelling {
            carrier: Carrier::Label,
            value: label.to_owned(),
        },
        (Some(annotation), _) if attempts(annotation) => OptOutForm::FragileSpelling {
            carrier: Carrier::Annotation,
            value: annotation.to_owned(),
        },
        _ => OptOutForm::NotAttempted,
    };
    let attempted = form != OptOutForm::NotAttempted;
    OptOut {
        form,
        effective: attempted && opts_out(minor),
        injected_in: if attempted {
            ranges(|minor| !opts_out(minor))
        } else {
            Vec::new()
        },
        mesh: profile.engine.name(),
    }
}

fn ranges(holds: impl Fn(u32) -> bool) -> Vec<MinorRange> {
    let mut found: Vec<MinorRange> = Vec::new();
    for minor in (OLDEST_MINOR..=NEWEST_MINOR).filter(|minor| holds(*minor)) {
        let end = (minor < NEWEST_MINOR).then_some(minor);
        match found.last_mut() {
            Some(last) if last.to.is_some_and(|to| to + 1 == minor) => last.to = end,
            _ => found.push(MinorRange { from: minor, to: end }),
        }
    }
    found
}

/// Values by which people mean "no", whatever the injector makes of them.
fn looks_false(value: &str) -> bool {
    matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "false" | "f" | "no" | "n" | "off" | "disable" | "disabled" | "never" | "none" | "0"
    )
}

#[cfg(test)]
mod tests {
    use super::super::selector::tests::{labels, selector};
    use super::*;

    fn istio(minor: u32) -> InjectionProfile {
        profile(Engine::Istio {
            minor,
            default_policy: DefaultPolicy::Enabled,
            enable_namespaces_by_default: false,
        })
    }

    fn asm(minor: u32, injection_policy: AsmInjectionPolicy) -> InjectionProfile {
        profile(Engine::Asm {
            version: AsmVersion { major: 1, minor },
            injection_policy,
        })
    }

    fn profile(engine: Engine) -> InjectionProfile {
        InjectionProfile {
            engine,
            revision: None,
            never_inject_selectors: vec![],
            always_inject_selectors: vec![],
        }
    }

    fn choice(value: Option<&str>) -> Labels {
        value.map(|value| (INJECT_KEY, value)).into_iter().collect()
    }

    fn known(text: &str) -> NamespaceLabels {
        NamespaceLabels::Known(labels(text))
    }

    /// A pod in a namespace `shop`.
    fn decide(
        namespace: &NamespaceLabels,
        annotation: Option<&str>,
        label: Option<&str>,
        profile: &InjectionProfile,
    ) -> Decision {
        mesh_injection(
            namespace,
            &choice(label),
            &choice(annotation),
            false,
            Some("shop"),
            profile,
        )
    }

    const ENABLED: &str = "istio-injection=enabled";
    const DISABLED: &str = "istio-injection=disabled";
    const OTHER: &str = "istio-injection=true";

    /// reference/injection.md, 1.3: namespace, annotation, label, and whether it injects in 1.6-1.8, 1.9, 1.10-1.11,
    /// 1.12-1.26 and from 1.27 on.
    type Row = (&'static str, Option<&'static str>, Option<&'static str>, [bool; 5]);

    const NO: [bool; 5] = [false; 5];
    const YES: [bool; 5] = [true; 5];
    const ROWS: &[Row] = &[
        (ENABLED, None, None, YES),
        (ENABLED, Some("false"), None, NO),
        (ENABLED, Some("False"), None, [false, false, false, false, true]),
        (ENABLED, Some("no"), None, [false, false, false, false, true]),
        (ENABLED, Some("off"), None, [false, false, false, false, true]),
        (ENABLED, Some("disabled"), None, [false, false, false, false, true]),
        (ENABLED, Some("0"), None, [false, false, false, false, true]),
        (ENABLED, Some("true"), None, YES),
        (ENABLED, Some("yes"), None, YES),
        (ENABLED, Some(""), None, YES),
        (ENABLED, None, Some("false"), [true, false, false, false, false]),
        (ENABLED, None, Some("no"), [true, true, true, false, true]),
        (ENABLED, None, Some("False"), [true, true, true, false, true]),
        (ENABLED, Some("false"), Some("true"), [false, false, false, true, true]),
        (ENABLED, Some("false"), Some(""), [false, false, false, true, true]),
        (ENABLED, Some("true"), Some("false"), [true, false, false, false, false]),
        (ENABLED, Some("false"), Some("false"), NO),
        ("", None, None, NO),
        ("", Some("true"), None, NO),
        ("", None, Some("true"), [false, false, true, true, true]),
        ("", None, Some("yes"), NO),
        ("", Some("false"), Some("true"), [false, false, false, true, true]),
        (DISABLED, None, None, NO),
        (DISABLED, Some("true"), None, NO),
        (DISABLED, None, Some("true"), NO),
        (OTHER, None, None, NO),
        (OTHER, Some("true"), None, NO),
        (OTHER, None, Some("true"), NO),
    ];

    const COLUMNS: [std::ops::RangeInclusive<u32>; 5] = [6..=8, 9..=9, 10..=11, 12..=26, 27..=30];

    #[test]
    fn truth_table_of_istio() {
        for (namespace, annotation, label, expected) in ROWS {
            for (column, expected) in COLUMNS.into_iter().zip(expected) {
                for minor in column {
                    let case =
                        format!("1.{minor}: namespace {namespace:?}, annotation {annotation:?}, label {label:?}");
                    let verdict = if *expected {
                        InjectionVerdict::Injected
                    } else {
                        InjectionVerdict::NotInjected
                    };
                    let decision = decide(&known(namespace), *annotation, *label, &istio(minor));
                    assert_eq!(decision.verdict, verdict, "{case}: {}", decision.reason);

                    let (pod_labels, annotations) = (choice(*label), choice(*annotation));
                    let host = mesh_injection(
                        &known(namespace),
                        &pod_labels,
                        &annotations,
                        true,
                        Some("shop"),
                        &istio(minor),
                    );
                    assert_eq!(host.verdict, InjectionVerdict::NotInjected, "{case}, host network");
                    assert_eq!(host.decisive, DecisiveInput::HostNetwork);

                    let system = Some("kube-system");
                    let ignored = mesh_injection(
                        &known(namespace),
                        &pod_labels,
                        &annotations,
                        false,
                        system,
                        &istio(minor),
                    );
                    assert_eq!(ignored.verdict, InjectionVerdict::NotInjected, "{case}, kube-system");
                    assert_eq!(ignored.decisive, DecisiveInput::NamespaceName);
                }
            }
        }
    }

    #[test]
    fn without_the_namespace_only_the_pod_can_decide() {
        for (_, annotation, label, _) in ROWS {
            for minor in OLDEST_MINOR..=NEWEST_MINOR {
                // Unknown is right exactly when some namespace would make the pod injected.
                let possible = [ENABLED, "", DISABLED, OTHER].into_iter().any(|namespace| {
                    decide(&known(namespace), *annotation, *label, &istio(minor)).verdict == InjectionVerdict::Injected
                });
                let expected = if possible {
                    InjectionVerdict::Unknown
                } else {
                    InjectionVerdict::NotInjected
                };
                for namespace in [NamespaceLabels::NotInGit, NamespaceLabels::Unresolved] {
                    let decision = decide(&namespace, *annotation, *label, &istio(minor));
                    assert_eq!(
                        decision.verdict, expected,
                        "1.{minor} annotation {annotation:?}, label {label:?}"
                    );
                }
            }
        }
        let decision = decide(&NamespaceLabels::NotInGit, None, None, &istio(8));
        assert_eq!(
            decision.injected(),
            Verdict::unknown(UnknownReason::NamespaceNotInGit("shop".into()))
        );
        let decision = decide(&NamespaceLabels::NotInGit, Some("false"), None, &istio(8));
        assert_eq!(decision.injected(), Verdict::No);
        assert_eq!(decision.decisive, DecisiveInput::PodAnnotation);
    }

    #[test]
    fn ignored_namespaces_by_version() {
        for (name, minor, injected) in [
            ("kube-public", 6, false),
            ("kube-node-lease", 8, true),
            ("kube-node-lease", 9, false),
            ("local-path-storage", 30, false),
            ("default", 30, true),
        ] {
            let decision = mesh_injection(
                &known(ENABLED),
                &labels(""),
                &labels(""),
                false,
                Some(name),
                &istio(minor),
            );
            assert_eq!(decision.injected(), injected.into(), "{name} 1.{minor}");
        }
    }

    type Pod = (Option<&'static str>, Option<&'static str>, [(bool, bool); 3]);

    #[test]
    fn truth_table_of_asm() {
        use AsmInjectionPolicy::*;
        let policies = [
            NamespaceOptInPodOptOut,
            NamespaceOptInPodOptIn,
            NamespaceOptOutPodOptOut,
            NamespaceOptOutPodOptIn,
        ];
        // Whether the pod passes as "not false" and as "true", below 1.12, from 1.12 and from 1.27 on.
        let pods: [Pod; 10] = [
            (None, None, [(true, false); 3]),
            (Some("false"), None, [(false, false); 3]),
            (Some("true"), None, [(true, true); 3]),
            (Some("no"), None, [(false, false), (false, false), (true, false)]),
            (Some("yes"), None, [(true, true), (true, true), (true, false)]),
            (None, Some("false"), [(true, false), (false, false), (false, false)]),
            (None, Some("true"), [(true, false), (true, true), (true, true)]),
            (
                Some("false"),
                Some("true"),
                [(false, false), (true, true), (true, true)],
            ),
            (
                Some("true"),
                Some("false"),
                [(true, true), (false, false), (false, false)],
            ),
            (Some("true"), Some("no"), [(true, true), (false, false), (true, false)]),
        ];
        // Whether the namespace passes where it must opt in, and where it must not opt out.
        let namespaces = [
            (ENABLED, true, true),
            (DISABLED, false, false),
            (OTHER, false, true),
            ("", false, true),
        ];
        for (minors, column) in [(6..=11, 0), (12..=26, 1), (27..=30, 2)] {
            for minor in minors {
                for policy in policies {
                    for (annotation, label, columns) in pods {
                        for (namespace, opts_in, does_not_opt_out) in namespaces {
                            let (not_false, is_true) = columns[column];
                            let by_pod = match policy {
                                NamespaceOptInPodOptOut | NamespaceOptOutPodOptOut => not_false,
                                NamespaceOptInPodOptIn | NamespaceOptOutPodOptIn => is_true,
                            };
                            let by_namespace = match policy {
                                NamespaceOptInPodOptOut | NamespaceOptInPodOptIn => opts_in,
                                NamespaceOptOutPodOptOut | NamespaceOptOutPodOptIn => does_not_opt_out,
                            };
                            let decision = decide(&known(namespace), annotation, label, &asm(minor, policy));
                            assert_eq!(
                                decision.injected(),
                                (by_pod && by_namespace).into(),
                                "ASM 1.{minor} {policy:?}, namespace {namespace:?}, annotation {annotation:?}, label {label:?}: {}",
                                decision.reason
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn unexplained_mesh_labels_are_unknown() {
        for (namespace, unknown) in [
            ("istio-sidecarset-injection=enabled", true),
            ("asm-sidecarset=enabled", true),
            ("istio.alibabacloud.com/sidecarset=on", true),
            ("mesh.example.com/asm-inject=on", true),
            ("istio.io/dataplane-mode=ambient", false),
            ("team=asmara", false),
            ("istio-injection=disabled,asm-x=y", false),
        ] {
            for profile in [istio(8), asm(6, AsmInjectionPolicy::default())] {
                let decision = decide(&known(namespace), None, None, &profile);
                assert_eq!(
                    decision.verdict == InjectionVerdict::Unknown,
                    unknown,
                    "{namespace}: {}",
                    decision.reason
                );
            }
        }
        let decision = decide(&known("istio-injection=enabled,asm-x=y"), None, None, &istio(8));
        assert_eq!(decision.injected(), Verdict::Yes);
    }

    #[test]
    fn revisions() {
        let canary = InjectionProfile {
            revision: Some("canary".into()),
            ..istio(16)
        };
        let other = |name: &str| Verdict::unknown(UnknownReason::RevisionNotInProfile(name.into()));
        for (namespace, pod, profile, expected) in [
            ("istio.io/rev=canary", "", &canary, Verdict::Yes),
            ("istio.io/rev=stable", "", &canary, other("stable")),
            ("istio.io/rev=canary", "", &istio(16), other("canary")),
            ("istio.io/rev=default", "", &istio(16), Verdict::Yes),
            ("istio.io/rev=default", "", &istio(8), other("default")),
            (
                "istio-injection=enabled,istio.io/rev=canary",
                "",
                &istio(16),
                Verdict::Yes,
            ),
            (
                "istio-injection=enabled,istio.io/rev=canary",
                "",
                &canary,
                other("default"),
            ),
            ("istio-injection=disabled,istio.io/rev=canary", "", &canary, Verdict::No),
            ("", "istio.io/rev=canary", &canary, Verdict::Yes),
            ("", "istio.io/rev=canary", &istio(16), other("canary")),
            ("", "istio.io/rev=canary", &istio(8), Verdict::No),
            (
                "",
                "istio.io/rev=canary,sidecar.istio.io/inject=false",
                &istio(16),
                Verdict::No,
            ),
            ("", "sidecar.istio.io/inject=true", &canary, other("default")),
        ] {
            let decision = mesh_injection(&known(namespace), &labels(pod), &labels(""), false, None, profile);
            assert_eq!(decision.injected(), expected, "{namespace} | {pod}");
        }
    }

    #[test]
    fn namespaces_enabled_by_default() {
        for (minor, namespace, label, expected) in [
            (8, "", None, true),
            (8, OTHER, None, true),
            (8, DISABLED, None, false),
            (8, "name=istio-system", None, false),
            (8, "istio-env=x", None, false),
            (16, "", None, true),
            (16, "", Some("true"), true),
            (16, "", Some("yes"), false),
            (16, OTHER, None, false),
        ] {
            let profile = profile(Engine::Istio {
                minor,
                default_policy: DefaultPolicy::Enabled,
                enable_namespaces_by_default: true,
            });
            assert_eq!(
                decide(&known(namespace), None, label, &profile).injected(),
                expected.into(),
                "1.{minor} {namespace} {label:?}"
            );
        }
    }

    #[test]
    fn selectors_and_policy_of_the_injector() {
        let mut profile = istio(8);
        profile.never_inject_selectors = vec![selector(""), selector("job")];
        profile.always_inject_selectors = vec![selector("web")];
        let ask = |pod: &str, annotation: Option<&str>, profile: &InjectionProfile| {
            let decision = mesh_injection(&known(ENABLED), &labels(pod), &choice(annotation), false, None, profile);
            (decision.injected().is_yes(), decision.decisive)
        };
        assert_eq!(ask("app=a", None, &profile), (true, DecisiveInput::NamespaceLabels));
        assert_eq!(ask("job=a", None, &profile), (false, DecisiveInput::InjectorSelector));
        assert_eq!(
            ask("job=a", Some("true"), &profile),
            (true, DecisiveInput::NamespaceLabels)
        );
        profile.engine = Engine::Istio {
            minor: 8,
            default_policy: DefaultPolicy::Disabled,
            enable_namespaces_by_default: false,
        };
        assert_eq!(ask("app=a", None, &profile), (false, DecisiveInput::DefaultPolicy));
        assert_eq!(ask("web=a", None, &profile), (true, DecisiveInput::InjectorSelector));
        assert_eq!(
            ask("web=a,job=a", None, &profile),
            (false, DecisiveInput::InjectorSelector)
        );
        assert_eq!(
            ask("app=a", Some("true"), &profile),
            (true, DecisiveInput::PodAnnotation)
        );
    }

    #[test]
    fn forms_of_opting_out() {
        let old_asm = asm(6, AsmInjectionPolicy::default());
        let new_asm = asm(12, AsmInjectionPolicy::default());
        let form =
            |annotation, label, profile: &InjectionProfile| opt_out_form(&choice(label), &choice(annotation), profile);
        let ranges = |out: &OptOut| {
            out.injected_in
                .iter()
                .map(MinorRange::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };

        for (annotation, label) in [
            (None, None),
            (Some("true"), None),
            (None, Some("true")),
            (Some(""), None),
        ] {
            assert_eq!(form(annotation, label, &old_asm).form, OptOutForm::NotAttempted);
        }
        for label in [None, Some("false")] {
            let out = form(Some("false"), label, &old_asm);
            assert_eq!(out.form, OptOutForm::Effective);
            assert!(out.is_robust());
        }

        let out = form(None, Some("false"), &old_asm);
        assert_eq!(out.form, OptOutForm::LabelOnly { value: "false".into() });
        assert_eq!((out.effective, ranges(&out)), (false, "1.11 and earlier".into()));
        assert!(form(None, Some("false"), &new_asm).effective);
        let out = form(None, Some("false"), &istio(9));
        assert_eq!((out.effective, ranges(&out)), (true, "1.8 and earlier".into()));
        let out = form(None, Some("no"), &istio(9));
        assert_eq!(
            (out.effective, ranges(&out)),
            (false, "1.11 and earlier, 1.27 and later".into())
        );

        for value in ["False", "no", "off", "0", "1", "enabled"] {
            let out = form(Some(value), None, &old_asm);
            assert_eq!(
                out.form,
                OptOutForm::FragileSpelling {
                    carrier: Carrier::Annotation,
                    value: value.into()
                }
            );
            assert_eq!(
                (out.effective, ranges(&out)),
                (true, "1.27 and later".into()),
                "{value}"
            );
        }
        assert!(!form(Some("no"), None, &istio(27)).effective);
        assert_eq!(form(Some("1"), None, &istio(27)).form, OptOutForm::NotAttempted);

        let out = form(Some("false"), Some("true"), &old_asm);
        assert_eq!(
            out.form,
            OptOutForm::Contradicted {
                annotation: "false".into(),
                label: "true".into()
            }
        );
        assert_eq!((out.effective, ranges(&out)), (true, "1.12 and later".into()));
        assert!(!form(Some("false"), Some("true"), &new_asm).effective);
        assert!(matches!(
            form(Some("false"), Some(""), &old_asm).form,
            OptOutForm::Contradicted { .. }
        ));
        let out = form(Some("true"), Some("false"), &old_asm);
        assert_eq!(
            out.to_string(),
            "the pod template has sidecar.istio.io/inject as annotation \"true\" and as label \"false\", \
             which has no effect here; ASM injects it in 1.11 and earlier"
        );
        let out = form(Some("false"), Some("no"), &old_asm);
        assert_eq!(
            out.form,
            OptOutForm::FragileSpelling {
                carrier: Carrier::Label,
                value: "no".into()
            }
        );
        assert_eq!((out.effective, ranges(&out)), (true, "1.27 and later".into()));
    }

    #[test]
    fn an_effective_opt_out_is_a_decision_against_injection() {
        for (_, annotation, label, _) in ROWS {
            for profile in (OLDEST_MINOR..=NEWEST_MINOR)
                .flat_map(|minor| [istio(minor), asm(minor, AsmInjectionPolicy::default())])
            {
                let out = opt_out_form(&choice(*label), &choice(*annotation), &profile);
                let injected = decide(&known(ENABLED), *annotation, *label, &profile).injected();
                assert_eq!(out.effective, injected.is_no(), "{profile:?} {annotation:?} {label:?}");
                let minor = profile.engine.minor();
                let listed = out
                    .injected_in
                    .iter()
                    .any(|range| range.from <= minor && range.to.is_none_or(|to| minor <= to));
                if out.form != OptOutForm::NotAttempted {
                    assert_eq!(listed, injected.is_yes(), "{profile:?} {annotation:?} {label:?}");
                }
            }
        }
    }

    #[test]
    fn profiles_are_data() {
        let read: InjectionProfile = serde_yaml::from_str(
            "engine: {mesh: asm, version: '1.6', injectionPolicy: namespace-opt-out-pod-opt-out}\n\
             neverInjectSelectors: [{matchLabels: {job: a}}]\n",
        )
        .unwrap();
        assert_eq!(read.engine, asm(6, AsmInjectionPolicy::NamespaceOptOutPodOptOut).engine);
        assert_eq!(read.never_inject_selectors.len(), 1);
        let read: InjectionProfile =
            serde_yaml::from_str("engine: {mesh: istio, minor: 8, defaultPolicy: disabled}").unwrap();
        assert_eq!(read.engine.default_policy(), DefaultPolicy::Disabled);
        for wrong in [
            "engine: {mesh: asm, version: 1.10}",
            "engine: {mesh: asm, version: '1'}",
            "engine: {mesh: istio, minor: 8, policy: enabled}",
            "engine: {mesh: linkerd}",
            "engine: {mesh: istio, minor: 8}\nother: 1",
        ] {
            assert!(serde_yaml::from_str::<InjectionProfile>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            AsmVersion::try_from("1.16.4.91".to_owned()),
            Ok(AsmVersion { major: 1, minor: 16 })
        );
        assert_eq!(AsmVersion { major: 1, minor: 16 }.to_string(), "1.16");
    }
}
