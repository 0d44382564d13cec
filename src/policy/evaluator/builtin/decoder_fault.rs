//! What the decoder met. Parameter `faults`: the sorts of fault that belong to the policy.

use std::sync::Arc;

use crate::model::object::{Identity, Object};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, Label, Place};
use crate::source::classify::{self, FileClass};
use crate::source::decode::{Decoded, FaultKind, objects};
use crate::source::load::LoadedFile;
use crate::source::text::Span;

/// The names of the faults in policy files.
const NAMES: [(&str, FaultKind); 14] = [
    ("syntax", FaultKind::Syntax),
    ("separator", FaultKind::Separator),
    ("too-deep", FaultKind::TooDeep),
    ("excessive-aliasing", FaultKind::ExcessiveAliasing),
    ("invalid-key", FaultKind::InvalidKey),
    ("invalid-merge", FaultKind::InvalidMerge),
    ("invalid-tag", FaultKind::InvalidTag),
    ("invalid-number", FaultKind::InvalidNumber),
    ("not-an-object", FaultKind::NotAnObject),
    ("invalid-utf8", FaultKind::InvalidUtf8),
    ("duplicate-key", FaultKind::DuplicateKey),
    ("merge-overrides-key", FaultKind::MergeOverridesKey),
    ("ignored-text", FaultKind::IgnoredText),
    ("hidden-line-break", FaultKind::HiddenLineBreak),
];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let names = policy.strings("faults");
    let kinds: Vec<FaultKind> = NAMES
        .iter()
        .filter(|(name, _)| names.contains(name))
        .map(|&(_, kind)| kind)
        .collect();
    let mut findings = Vec::new();
    for file in &context.repository.files {
        if !is_judged(file.class) {
            continue;
        }
        let Some(decoded) = &file.decoded else {
            continue;
        };
        let of_objects = decoded
            .documents
            .iter()
            // A patch may be a list of operations.
            .filter(|_| file.class.is_checked())
            .filter_map(|document| document.tree.as_ref())
            .flat_map(|tree| objects::objects(tree.root()).1);
        let faults = decoded.faults.iter().cloned().chain(of_objects);
        for fault in faults.filter(|fault| kinds.contains(&fault.kind)) {
            let mut finding = Finding::in_file(policy, &decoded.file, fault.span, fault.message);
            finding.object = object_around(decoded, fault.span);
            if is_doubtful(file) {
                finding = finding.with_severity(policy.weaker());
            }
            finding.related.extend(fault.related.iter().map(|(span, text)| Label {
                place: Place {
                    file: Arc::clone(&decoded.file),
                    span: *span,
                },
                text: text.clone(),
            }));
            findings.push(finding);
        }
    }
    findings
}

/// Templates are not YAML before they are rendered, and other tools' files follow other rules.
fn is_judged(class: FileClass) -> bool {
    class.is_checked() || matches!(class, FileClass::Unreadable | FileClass::KustomizePatch | FileClass::Kustomization)
}

/// A file that cannot be read and shows no sign of Kubernetes may belong to any tool.
fn is_doubtful(file: &LoadedFile) -> bool {
    file.class == FileClass::Unreadable
        && file
            .decoded
            .as_ref()
            .is_some_and(|decoded| !classify::looks_like_kubernetes(decoded.file.text()))
}

/// The object that a fault stands in, if the document could be read.
fn object_around(decoded: &Decoded, span: Span) -> Option<Identity> {
    let document = decoded
        .documents
        .iter()
        .find(|document| document.span.start <= span.start && span.end <= document.span.end)?;
    let tree = document.tree.as_ref()?;
    let (objects, _) = objects::objects(tree.root());
    let around = objects.into_iter().rev().find(|object| object.node.span().start <= span.start)?;
    let (api_version, kind) = (around.api_version()?, around.kind()?);
    Some(Object::new(tree, around.node, api_version, kind, None).identity)
}
