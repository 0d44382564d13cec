//! How a pod template tries to keep injection away, and with what success. The versions come from the same rules as the decision.

use std::fmt;

use super::{Carrier, Engine, INJECT_KEY, InjectionProfile, pod_choice, read_choice};
use crate::model::selector::Labels;

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
pub(super) const OLDEST_MINOR: u32 = 6;
pub(super) const NEWEST_MINOR: u32 = 30;

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

/// How a pod template tries to opt out. The versions come from the same rules as [`super::mesh_injection`].
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
