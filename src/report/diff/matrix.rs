//! Objects by clusters: where one is not the same everywhere.

use std::collections::BTreeMap;

use super::{DiffReport, words};
use crate::diff::change::Status;
use crate::live::reference::ObjectReference;

/// One object, and what is to do with it on each side; `None` where it is not held against the side.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) object: String,
    pub(super) statuses: Vec<Option<&'static str>>,
}

/// The objects that are not the same on every side, in their order.
pub(super) fn rows(report: &DiffReport) -> Vec<Row> {
    let mut by_object: BTreeMap<&ObjectReference, Vec<Option<Status>>> = BTreeMap::new();
    for (at, side) in report.sides.iter().enumerate() {
        for object in &side.objects {
            let statuses = by_object
                .entry(&object.object)
                .or_insert_with(|| vec![None; report.sides.len()]);
            if let Some(status) = statuses.get_mut(at) {
                *status = Some(object.status);
            }
        }
    }
    by_object
        .into_iter()
        .filter(|(_, statuses)| statuses.iter().flatten().any(|status| *status != Status::Same))
        .map(|(object, statuses)| Row {
            object: object.to_string(),
            statuses: statuses.into_iter().map(|status| status.map(words::status)).collect(),
        })
        .collect()
}
