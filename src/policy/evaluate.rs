//! All policies over one target of a repository.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::catalog::Catalog;
use super::definition::{Evaluator, Policy};
use super::evaluator::{builtin, cel, schema};
use super::finding::{Finding, Label, Place, Severity};
use super::schema::SchemaFaults;
use crate::model::inventory::Inventory;
use crate::model::object::ObjectKey;
use crate::model::profile::Profile;
use crate::model::relations::Relations;
use crate::model::target::Target;
use crate::source::delivery::FurtherChange;
use crate::source::helm::RenderedChart;
use crate::source::kustomize::rendering::Root;
use crate::source::load::{LoadedFile, Repository};
use crate::source::walk::{SkippedPath, UnreadablePath};

/// What evaluators look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// Everything that was read, also what belongs to other targets.
    repository: &'c Repository,
    /// The target that is judged.
    pub target: &'c Target,
    /// The targets that are judged before it.
    earlier: &'c [Target],
    /// The objects of the target.
    pub inventory: &'c Inventory,
    /// How they hang together.
    pub relations: &'c Relations<'c>,
    /// What the schemas do not allow.
    pub schema_faults: &'c SchemaFaults<'c>,
    /// What the mesh needs.
    pub profile: &'c Profile,
}

impl<'c> Context<'c> {
    /// The charts that were to be rendered for the target, and for no earlier one.
    pub fn own_charts(self) -> impl Iterator<Item = &'c RenderedChart> {
        let charts = self.repository.rendered_charts.all.iter();
        let is_new = move |chart: &&RenderedChart| !self.earlier.iter().any(|target| target.renders(&chart.instance));
        charts
            .filter(move |chart| self.target.renders(&chart.instance))
            .filter(is_new)
    }

    /// Computes what evaluators look at and hands it on. What two targets share is told of once, for the `earlier` of them.
    pub fn with<T>(
        repository: &Repository,
        target: &Target,
        earlier: &[Target],
        look: impl FnOnce(Context<'_>) -> T,
    ) -> T {
        let inventory = Inventory::of(repository, target);
        let relations = Relations::of(&inventory, &target.profile);
        let schema_faults = SchemaFaults::of(&inventory);
        look(Context {
            repository,
            target,
            earlier,
            inventory: &inventory,
            relations: &relations,
            schema_faults: &schema_faults,
            profile: &target.profile,
        })
    }

    /// The files of the target.
    pub fn files(self) -> impl Iterator<Item = &'c LoadedFile> {
        let files = self.repository.files.iter();
        files.filter(move |file| self.has_file(self.target, &file.name))
    }

    /// Whether a file is of a target: it lies in it, or one of its kustomizations takes it.
    fn has_file(self, target: &Target, name: &str) -> bool {
        target.holds_file(name, &self.repository.rendering)
    }

    /// The kustomizations of the target that are taken by no other.
    pub fn roots(self) -> impl Iterator<Item = &'c Root> {
        let roots = self.repository.rendering.roots.iter();
        roots.filter(move |root| self.target.holds(root.name()))
    }

    /// The files of the target that no earlier one has: what is said of a file as such is said once.
    pub fn own_files(self) -> impl Iterator<Item = &'c LoadedFile> {
        let is_new = move |file: &&LoadedFile| !self.earlier.iter().any(|target| self.has_file(target, &file.name));
        self.files().filter(is_new)
    }

    /// The paths left out that may belong to the target, and to no earlier one.
    pub fn own_skipped(self) -> impl Iterator<Item = &'c SkippedPath> {
        let paths = self.repository.skipped.iter();
        paths.filter(move |path| self.is_own_path(&path.name))
    }

    /// The paths that could not be read and may belong to the target, and to no earlier one.
    pub fn own_unreadable(self) -> impl Iterator<Item = &'c UnreadablePath> {
        let paths = self.repository.unreadable.iter();
        paths.filter(move |path| self.is_own_path(&path.name))
    }

    fn is_own_path(self, name: &str) -> bool {
        self.target.may_hold(name) && !self.earlier.iter().any(|target| target.may_hold(name))
    }
}

/// A policy that cannot be evaluated, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationProblem {
    /// The policy.
    pub policy: String,
    /// What is wrong with it.
    pub message: String,
}

impl std::fmt::Display for EvaluationProblem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "policy `{}`: {}", self.policy, self.message)
    }
}

/// Evaluates every policy of the catalog. Findings come sorted by place, whatever the number of threads, each kustomization's on its own.
///
/// # Errors
/// The first policy whose evaluator is unknown, or whose expression or schema cannot be used.
pub fn evaluate(catalog: &Catalog, context: Context<'_>) -> Result<Vec<Finding>, EvaluationProblem> {
    let found: Result<Vec<Vec<Finding>>, EvaluationProblem> = catalog
        .policies()
        .par_iter()
        .map(|policy| evaluate_one(policy, context))
        .collect();
    let mut findings: Vec<Finding> = found?.into_iter().flatten().collect();
    doubt(&mut findings, context);
    findings.sort_by(|left, right| left.sort_key().cmp(&right.sort_key()));
    Ok(findings)
}

/// What is found in an object that somebody still changes may not be so in the cluster: it is told as that, and nothing is mended.
fn doubt(findings: &mut [Finding], context: Context<'_>) {
    let objects = context.inventory.objects.iter();
    #[expect(clippy::mutable_key_type, reason = "a key is hashed by its address")]
    let changed: HashMap<ObjectKey, &FurtherChange> = objects
        .filter_map(|object| object.changed_by.as_ref().map(|change| (object.key(), change)))
        .collect();
    for finding in findings {
        let change = finding.subject.as_ref().and_then(|subject| changed.get(subject));
        if let Some(change) = change {
            finding.severity = finding.severity.min(Severity::Info);
            finding.mend = None;
            let said = &change.said;
            finding.related.push(Label {
                place: Place::new(Arc::clone(&said.file), said.span),
                text: format!("{} {}", said.by, change.what),
            });
        }
    }
}

/// Evaluates one policy.
///
/// # Errors
/// When its evaluator is unknown, or its expression or schema cannot be used.
pub fn evaluate_one(policy: &Policy, context: Context<'_>) -> Result<Vec<Finding>, EvaluationProblem> {
    let problem = |message: String| EvaluationProblem {
        policy: policy.id.to_string(),
        message,
    };
    let mut findings = match &policy.evaluator {
        Evaluator::Builtin(name) => {
            let builtin =
                builtin::find(name).ok_or_else(|| problem(format!("there is no built-in evaluator `{name}`")))?;
            builtin(policy, context)
        }
        Evaluator::Cel(rule) => cel::evaluate(policy, rule, context).map_err(problem)?,
        Evaluator::Schema(rule) => schema::evaluate(policy, rule, context).map_err(problem)?,
        // The ledger of suppressions has them, when everything else is found.
        Evaluator::Suppression(_) => Vec::new(),
    };
    for finding in &mut findings {
        finding.target = Arc::clone(&context.target.name);
    }
    Ok(findings)
}
