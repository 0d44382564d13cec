//! All policies over one repository.

use rayon::prelude::*;

use super::catalog::Catalog;
use super::definition::{Evaluator, Policy};
use super::evaluator::{builtin, cel, schema};
use super::finding::Finding;
use super::schema::SchemaFaults;
use crate::model::inventory::Inventory;
use crate::model::profile::Profile;
use crate::model::relations::Relations;
use crate::source::load::Repository;

/// What evaluators look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The files.
    pub repository: &'c Repository,
    /// The objects.
    pub inventory: &'c Inventory,
    /// How they hang together.
    pub relations: &'c Relations<'c>,
    /// What the schemas do not allow.
    pub schema_faults: &'c SchemaFaults<'c>,
    /// What the mesh needs.
    pub profile: &'c Profile,
}

impl Context<'_> {
    /// Computes what evaluators look at and hands it on. `default_namespace` is for objects that name none.
    pub fn with<T>(
        repository: &Repository,
        profile: &Profile,
        default_namespace: Option<&str>,
        look: impl FnOnce(Context<'_>) -> T,
    ) -> T {
        let inventory = Inventory::of(repository, default_namespace);
        let relations = Relations::of(&inventory, profile);
        let schema_faults = SchemaFaults::of(&inventory);
        look(Context {
            repository,
            inventory: &inventory,
            relations: &relations,
            schema_faults: &schema_faults,
            profile,
        })
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

/// Evaluates every policy of the catalog. Findings come sorted by place, whatever the number of threads.
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
    findings.sort_by(|left, right| left.sort_key().cmp(&right.sort_key()));
    Ok(findings)
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
    match &policy.evaluator {
        Evaluator::Builtin(name) => {
            let builtin =
                builtin::find(name).ok_or_else(|| problem(format!("there is no built-in evaluator `{name}`")))?;
            Ok(builtin(policy, context))
        }
        Evaluator::Cel(rule) => cel::evaluate(policy, rule, context).map_err(problem),
        Evaluator::Schema(rule) => schema::evaluate(policy, rule, context).map_err(problem),
    }
}
