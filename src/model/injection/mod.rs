//! Does the mesh's own webhook put a proxy into a pod? One function, and its truth table as its test.
//!
//! Two gates must both open: the API server calls the webhook (its namespace and object selectors), and the injector
//! then agrees (`istio pkg/kube/inject/inject.go`, `injectRequired`). What differs between versions was
//! compared in the source of 1.6 to 1.30.

mod opt_out;
mod profile;
#[cfg(test)]
mod tests;

use std::fmt;

use super::selector::{LabelSelector, LabelValue, Labels};
use super::verdict::{UnknownReason, Verdict};

pub use opt_out::{MinorRange, OptOut, OptOutForm, opt_out_form};
pub use profile::{AsmInjectionPolicy, AsmVersion, AsmVersionProblem, DefaultPolicy, Engine, InjectionProfile};

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
    if let Some(field) = unfilled_choice(template_labels, template_annotations) {
        let reason = UnknownReason::Placeholder { field };
        return Decision::new(InjectionVerdict::Unknown, InjectionReason::Unknown(reason));
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

/// What of the pod's choice is still to be filled in.
fn unfilled_choice(labels: &Labels, annotations: &Labels) -> Option<&'static str> {
    let is_open = |found| matches!(found, LabelValue::Unfilled | LabelValue::Unknown);
    if is_open(labels.look_up(INJECT_KEY)) {
        Some("a label of the pods")
    } else if is_open(annotations.look_up(INJECT_KEY)) {
        Some("an annotation of the pods")
    } else {
        None
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

    match labels.look_up(NAMESPACE_INJECTION_LABEL) {
        LabelValue::Known(value) => return injection_label_answer(value, labels, profile),
        LabelValue::Unfilled | LabelValue::Unknown => {
            return Answer::Unknown(UnknownReason::Placeholder {
                field: "a label of the namespace",
            });
        }
        LabelValue::Absent => {}
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
