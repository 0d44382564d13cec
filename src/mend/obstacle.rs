//! What keeps every mend away from a file.

use super::Refusal;
use crate::source::classify::{self, FileClass};
use crate::source::decode::{Decoded, FaultKind, objects};
use crate::source::kustomize::rendering::Renderer;
use crate::source::load::{LoadedFile, Repository};

/// Why nothing of a file is mended; its documents otherwise.
pub(super) fn readable<'r>(repository: &Repository, file: &'r LoadedFile) -> Result<&'r Decoded, Refusal> {
    if matches!(file.class, FileClass::HelmTemplate | FileClass::Template) {
        return Err(Refusal::new("a template makes it, and templates are not mended"));
    }
    let Some(decoded) = &file.decoded else {
        return Err(Refusal::new("the file is none that is judged as it is written"));
    };
    let text = decoded.file.text();
    if decoded.is_refused() {
        return Err(Refusal::new("a part of the file cannot be read"));
    }
    if classify::has_template_marks(text) {
        return Err(Refusal::new("the file holds marks of a template (`{{` or `{%`)"));
    }
    if holds_secret(decoded) {
        return Err(Refusal::new(
            "the file holds a Secret, of which no copy may be made; give it a file of its own",
        ));
    }
    let is_odd = |kind: FaultKind| matches!(kind, FaultKind::InvalidUtf8 | FaultKind::HiddenLineBreak);
    if decoded.faults.iter().any(|fault| is_odd(fault.kind)) || has_lone_carriage_return(text) {
        return Err(Refusal::new(
            "the file holds bytes or line ends that programs read in different ways",
        ));
    }
    let by_program = repository.rendering.roots_with(&file.name).any(|root| {
        let built = root.outcome.as_ref();
        built.is_ok_and(|built| matches!(built.by, Renderer::Program { .. }))
    });
    if by_program {
        return Err(Refusal::new(
            "another program renders it, which reads from the disk only, so it cannot be judged before it is written",
        ));
    }
    Ok(decoded)
}

/// A mended file is written beside the old one first: its text must hold nothing that must not be copied.
fn holds_secret(decoded: &Decoded) -> bool {
    let is_secret = |kind: &str| matches!(kind, "Secret" | "SecretList");
    decoded.file.text().contains("secretGenerator")
        || decoded.documents.iter().any(|document| {
            let skimmed = document.skimmed.as_ref();
            let tree = document.tree.as_ref();
            skimmed.is_some_and(|skimmed| is_secret(&skimmed.kind))
                || tree.is_some_and(|tree| {
                    let root = tree.root();
                    let (objects, _) = objects::objects(root);
                    root.str_at(&["kind"]).is_some_and(is_secret)
                        || objects.iter().any(|object| object.kind().is_some_and(is_secret))
                })
        })
}

/// YAML ends a line at it, an editor does not.
fn has_lone_carriage_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}
