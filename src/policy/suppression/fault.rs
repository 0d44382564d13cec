//! What can be wrong with a suppression, and the findings that say so.

use serde::Deserialize;

use super::{Date, Malformed, Reach, Suppression};
use crate::model::object::Identity;
use crate::policy::catalog::Catalog;
use crate::policy::definition::{Evaluator, Policy};
use crate::policy::finding::{Finding, Place, shortened};

/// What can be wrong with a suppression. A policy file names one of them as its evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionFault {
    /// It cannot be read.
    Malformed,
    /// It names no policy.
    Unknown,
    /// It names a policy that must not be suppressed.
    Forbidden,
    /// It does not say why.
    WithoutReason,
    /// Its last day is over.
    Expired,
    /// It hides nothing.
    Unused,
}

/// Makes the findings about suppressions; none of a fault whose policy is not in the catalog, or off.
pub(super) struct Faults<'c> {
    catalog: &'c Catalog,
}

impl<'c> Faults<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        Self { catalog }
    }

    fn policy(&self, fault: SuppressionFault) -> Option<&'c Policy> {
        let is_of = |policy: &&Policy| matches!(policy.evaluator, Evaluator::Suppression(of) if of == fault);
        self.catalog.policies().iter().find(is_of)
    }

    fn finding(
        &self,
        fault: SuppressionFault,
        place: &Place,
        object: Option<&Identity>,
        message: impl Into<String>,
    ) -> Option<Finding> {
        let mut finding = Finding::in_place(self.policy(fault)?, place.clone(), message);
        finding.object = object.cloned();
        Some(finding)
    }

    pub(super) fn malformed(&self, malformed: &Malformed) -> Option<Finding> {
        self.finding(
            SuppressionFault::Malformed,
            &malformed.place,
            malformed.object.as_ref(),
            malformed.message.clone(),
        )
    }

    pub(super) fn unknown(&self, suppression: &Suppression, id: &str, place: &Place) -> Option<Finding> {
        let hint = self
            .catalog
            .suggest(id)
            .map(|meant| format!("; did you mean `{meant}`?"))
            .unwrap_or_default();
        let message = format!("there is no policy `{}`{hint}", shortened(id));
        self.finding(SuppressionFault::Unknown, place, suppression.object.as_ref(), message)
    }

    pub(super) fn forbidden(&self, suppression: &Suppression, id: &str, place: &Place) -> Option<Finding> {
        let message = format!("findings of `{id}` cannot be suppressed, and are shown all the same");
        self.finding(SuppressionFault::Forbidden, place, suppression.object.as_ref(), message)
    }

    pub(super) fn without_reason(&self, suppression: &Suppression) -> Option<Finding> {
        self.finding(
            SuppressionFault::WithoutReason,
            &suppression.place,
            suppression.object.as_ref(),
            "this suppression does not say why",
        )
    }

    pub(super) fn expired(&self, suppression: &Suppression, until: Date) -> Option<Finding> {
        let message = format!("this suppression ended on {until}; what it hid is shown again");
        self.finding(
            SuppressionFault::Expired,
            &suppression.place,
            suppression.object.as_ref(),
            message,
        )
    }

    /// `elsewhere` is where the nearest finding of the policy in the same file is.
    pub(super) fn unused(
        &self,
        suppression: &Suppression,
        id: &str,
        place: &Place,
        elsewhere: Option<&Place>,
    ) -> Option<Finding> {
        let is_off = self.catalog.get(id).is_some_and(|policy| self.catalog.is_off(policy));
        let mut message = match &suppression.reach {
            Reach::Nothing => format!("`{id}` hides nothing: no line of a manifest follows the comment directly"),
            _ if is_off => format!("`{id}` hides nothing: the policy is switched off"),
            Reach::Line(_) => format!("`{id}` hides nothing: no such finding is on this line"),
            Reach::Block(_) => format!("`{id}` hides nothing: no such finding is in what begins below"),
            Reach::Document(_) => format!("`{id}` hides nothing: no such finding is in this document"),
            Reach::Text(_) | Reach::Object(_) | Reach::Pods(..) => {
                format!("`{id}` hides nothing: no such finding is there for this annotation")
            }
            Reach::Rule(_) => format!("`{id}` hides nothing: the rule fits no such finding"),
        };
        if elsewhere.is_some() {
            message.push_str(", but elsewhere");
        }
        let finding = self.finding(SuppressionFault::Unused, place, suppression.object.as_ref(), message)?;
        Some(match elsewhere {
            Some(elsewhere) => finding.with_related(elsewhere.clone(), "here is one"),
            None if matches!(suppression.reach, Reach::Rule(_)) => self.with_mend(finding, "rule"),
            None => finding,
        })
    }

    /// Of an entry of the baseline. It is worth less than what somebody decided for a reason.
    pub(super) fn stale(&self, place: &Place, message: String) -> Option<Finding> {
        let finding = self.finding(SuppressionFault::Unused, place, None, message)?;
        Some(self.with_mend(self.weakened(finding), "baseline"))
    }

    fn with_mend(&self, finding: Finding, case: &str) -> Finding {
        match self.policy(SuppressionFault::Unused) {
            Some(policy) => finding.with_mend(policy, case),
            None => finding,
        }
    }

    /// The same finding, where it is not certain.
    pub(super) fn weakened(&self, finding: Finding) -> Finding {
        match self.policy(SuppressionFault::Unused) {
            Some(policy) => finding.with_severity(policy.weaker()),
            None => finding,
        }
    }
}
