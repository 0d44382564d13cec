//! What of a target is not known, because the repository could not be read or built as far as it should.

use super::inventory::Inventory;
use super::target::Target;
use crate::source::load::Repository;

/// Something of the repository that objects may come from, and that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The file, or the folder of a kustomization (`.` for the root).
    pub name: String,
    /// Why.
    pub why: String,
}

/// What of a target was not read, sorted.
#[must_use]
pub fn unread(repository: &Repository, target: &Target, inventory: &Inventory) -> Vec<Unread> {
    let mut found: Vec<Unread> = repository
        .unreadable
        .iter()
        .filter(|path| target.may_hold(&path.name))
        .map(|path| Unread {
            name: path.name.clone(),
            why: path.message.clone(),
        })
        .collect();
    for file in repository.files.iter().filter(|file| target.holds(&file.name)) {
        let Some(decoded) = &file.decoded else {
            continue;
        };
        // Of what is no Kubernetes manifest it does not matter.
        let is_manifest = file.class.is_checked() || file.class == crate::source::classify::FileClass::Unreadable;
        if let Some(document) = decoded.refused().next().filter(|_| is_manifest) {
            let line = decoded.file.position(document.span.start).line;
            found.push(Unread {
                name: file.name.clone(),
                why: format!("the document at line {line} cannot be read (`checker check` says why)"),
            });
        }
    }
    for root in repository
        .rendering
        .roots
        .iter()
        .filter(|root| target.holds(root.name()))
    {
        if let Err(unbuilt) = &root.outcome {
            found.push(Unread {
                name: root.name().to_owned(),
                why: format!("the kustomization was not built: {}", unbuilt.message),
            });
        }
    }
    found.extend(inventory.incomplete.iter().map(|why| Unread {
        name: target.name.to_string(),
        why: why.clone(),
    }));
    found.sort();
    found.dedup();
    found
}
