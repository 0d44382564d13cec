//! The things that a CEL or schema rule looks at, one by one.

use crate::model::object::Object;
use crate::model::relations::{Relations, SetFacts, WorkloadFacts};
use crate::model::sidecar_set;
use crate::policy::definition::Subject;
use crate::policy::evaluate::Context;
use crate::source::decode::Node;

/// One thing to judge.
pub(super) struct Case<'c> {
    /// The object it belongs to.
    pub(super) object: &'c Object,
    /// The node that is `self`.
    pub(super) node: Node<'c>,
    /// The facts, if the object is a SidecarSet.
    pub(super) set: Option<&'c SetFacts<'c>>,
    /// The facts, if the object has a pod template.
    pub(super) workload: Option<&'c WorkloadFacts<'c>>,
}

/// All cases of a subject, in the order of the inventory.
pub(super) fn cases<'c>(subject: Subject, context: Context<'c>) -> Vec<Case<'c>> {
    let relations: &'c Relations<'c> = context.relations;
    let of_set = |facts: &'c SetFacts<'c>, node: Node<'c>| Case {
        object: facts.set.object,
        node,
        set: Some(facts),
        workload: None,
    };
    match subject {
        Subject::Object => context
            .inventory
            .objects
            .iter()
            .map(|object| Case {
                object,
                node: object.root(),
                set: None,
                workload: None,
            })
            .collect(),
        Subject::Workload => relations
            .workloads
            .iter()
            .map(|facts| Case {
                object: facts.pod.object,
                node: facts.pod.object.root(),
                set: None,
                workload: Some(facts),
            })
            .collect(),
        Subject::SidecarSet => relations
            .sets
            .iter()
            .map(|facts| of_set(facts, facts.set.object.root()))
            .collect(),
        Subject::MeshSidecarSet => relations
            .sets
            .iter()
            .filter(|facts| facts.mesh.is_some())
            .map(|facts| of_set(facts, facts.set.object.root()))
            .collect(),
        Subject::MeshContainer => relations
            .sets
            .iter()
            .filter_map(|facts| Some(of_set(facts, facts.mesh?)))
            .collect(),
        Subject::SidecarContainer => relations
            .sets
            .iter()
            .flat_map(|facts| facts.set.containers().map(move |node| of_set(facts, node)))
            .collect(),
        Subject::HotContainer => relations
            .sets
            .iter()
            .flat_map(|facts| facts.set.containers().map(move |node| of_set(facts, node)))
            .filter(|case| sidecar_set::is_hot(case.node))
            .collect(),
    }
}
