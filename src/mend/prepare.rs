//! What each finding's mend means in its file, each for itself.

use std::collections::HashMap;
use std::sync::Arc;

use super::locate::{Locator, Route};
use super::{Edit, Refusal, bytes, obstacle};
use crate::policy::finding::{Finding, Place};
use crate::source::load::Repository;
use crate::source::text::SourceFile;

/// What a mend means in its file.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The file, as it was read.
    pub file: Arc<SourceFile>,
    pub(super) routes: Vec<Route>,
    /// The edits, each with the text that comes in its place.
    pub edits: Vec<(Place, String)>,
}

/// For each finding with a mend, in their order, what that means, or why it is not made.
#[must_use]
pub fn prepare(repository: &Repository, findings: &[Finding]) -> Vec<Option<Result<Prepared, Refusal>>> {
    let mut files: HashMap<&str, Result<Locator<'_>, Refusal>> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let first = finding.mend.as_ref()?.operations.first()?;
            let name = first.place().file.path();
            let file = repository.file(name);
            let locator = files.entry(name).or_insert_with(|| match file {
                Some(file) => obstacle::readable(repository, file).map(Locator::of),
                None => Err(Refusal::new("the file is not among those to check")),
            });
            Some(match locator {
                Ok(locator) => prepare_one(locator, finding),
                Err(refusal) => Err(refusal.clone()),
            })
        })
        .collect()
}

fn prepare_one(locator: &mut Locator<'_>, finding: &Finding) -> Result<Prepared, Refusal> {
    let operations = finding.mend.iter().flat_map(|mend| &mend.operations);
    let mut prepared = Prepared {
        file: Arc::clone(&locator.decoded().file),
        routes: Vec::new(),
        edits: Vec::new(),
    };
    for operation in operations {
        let route = locator.route(operation)?;
        let edits = bytes::edits(locator.decoded(), &route, operation)?;
        let placed = edits
            .into_iter()
            .map(|Edit { span, text }| (Place::new(Arc::clone(&prepared.file), span), text));
        prepared.edits.extend(placed);
        prepared.routes.push(route);
    }
    Ok(prepared)
}
