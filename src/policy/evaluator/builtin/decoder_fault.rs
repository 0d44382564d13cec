//! What the decoder met. Parameter `faults`: the sorts of fault that belong to the policy.

use std::sync::Arc;

use crate::model::object::{Identity, Object};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, Label, Place};
use crate::source::classify::{self, FileClass};
use crate::source::decode::objects::ObjectNode;
use crate::source::decode::{Decoded, Document, FaultKind, objects};
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
    for file in context.own_files() {
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
        let mut faults = decoded
            .faults
            .iter()
            .cloned()
            .chain(of_objects)
            .filter(|fault| kinds.contains(&fault.kind) && is_judged(file.class, fault.kind))
            .peekable();
        if faults.peek().is_none() {
            continue;
        }
        let mut surroundings = Surroundings::of(file.class, decoded);
        for fault in faults {
            let mut finding = Finding::in_file(policy, &decoded.file, fault.span, fault.message);
            finding.object = surroundings.object(fault.span);
            if surroundings.is_doubtful(fault.span) {
                finding = finding.with_severity(policy.weaker());
            }
            finding
                .related
                .extend(fault.related.into_iter().map(|(span, text)| Label {
                    place: Place::new(Arc::clone(&decoded.file), span),
                    text,
                }));
            findings.push(finding);
        }
    }
    findings
}

/// Templates are not YAML before they are rendered, and other tools' files follow other rules; but a chart with a file that
/// cannot be read renders nothing.
fn is_judged(class: FileClass, fault: FaultKind) -> bool {
    match class {
        FileClass::Manifest
        | FileClass::CustomResourceDefinition
        | FileClass::Unreadable
        | FileClass::KustomizePatch
        | FileClass::Kustomization => true,
        FileClass::HelmChart | FileClass::HelmValues => fault.is_refusal(),
        FileClass::HelmTemplate | FileClass::Template | FileClass::Configuration | FileClass::NotKubernetes => false,
    }
}

/// What a fault stands in. A file may have thousands of them: what is asked of a whole file or document is found out once.
struct Surroundings<'d> {
    decoded: &'d Decoded,
    /// Whether the whole file may not be meant for Kubernetes.
    is_doubtful: bool,
    /// The document asked for last, whether it is a template, and its objects.
    last: Option<(usize, bool, Vec<ObjectNode<'d>>)>,
}

impl<'d> Surroundings<'d> {
    fn of(class: FileClass, decoded: &'d Decoded) -> Self {
        Self {
            decoded,
            is_doubtful: match class {
                // Kubernetes never sees it; Helm does.
                FileClass::HelmChart | FileClass::HelmValues => true,
                // A file that cannot be read and shows no sign of Kubernetes may belong to any tool.
                FileClass::Unreadable => !classify::looks_like_kubernetes(decoded.file.text()),
                _ => false,
            },
            last: None,
        }
    }

    fn document(&mut self, span: Span) -> Option<(&'d Document, bool, &[ObjectNode<'d>])> {
        let document = self.decoded.document_around(span)?;
        if self.last.as_ref().is_none_or(|(index, ..)| *index != document.index) {
            let text = self.decoded.file.slice(document.span);
            let is_template = document.is_refused() && classify::has_template_marks(text);
            let objects = document.tree.as_ref().map(|tree| objects::objects(tree.root()).0);
            self.last = Some((document.index, is_template, objects.unwrap_or_default()));
        }
        let (_, is_template, objects) = self.last.as_ref()?;
        Some((document, *is_template, objects))
    }

    /// Whether the fault may be none: then its finding weighs less.
    fn is_doubtful(&mut self, span: Span) -> bool {
        self.is_doubtful || self.document(span).is_some_and(|(_, is_template, _)| is_template)
    }

    /// The object that a fault stands in, if the document could be read.
    fn object(&mut self, span: Span) -> Option<Identity> {
        let (document, _, objects) = self.document(span)?;
        let tree = document.tree.as_ref()?;
        let after = objects.partition_point(|object| object.node.span().start <= span.start);
        let around = objects.get(after.checked_sub(1)?)?;
        let (api_version, kind) = (around.api_version()?, around.kind()?);
        Some(Object::new(tree, around.node, api_version, kind, None).identity)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::model::target::Target;
    use crate::policy::catalog::{self, Catalog};
    use crate::policy::evaluate::{Context, evaluate_one};
    use crate::policy::finding::{Finding, Severity};
    use crate::source::{load, walk};

    fn unreadable(files: &[(&str, &str)]) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let paths = [folder.path().to_owned()];
        let repository = load::load(walk::walk(folder.path(), &paths).unwrap(), None, None);
        let catalog = Catalog::builtin().unwrap();
        let policy = catalog
            .policies()
            .iter()
            .find(|policy| &*policy.id == "unreadable-document")
            .unwrap();
        let target = Target::everything(catalog::default_profile().unwrap());
        Context::with(&repository, &target, &[], |context| evaluate_one(policy, context)).unwrap()
    }

    fn severities(files: &[(&str, &str)]) -> Vec<Severity> {
        unreadable(files).iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn a_chart_that_helm_cannot_read_is_a_finding_of_less_weight() {
        let files = [("Chart.yaml", "name: c\n"), ("values.yaml", "image: [\n")];
        assert_eq!(severities(&files), [Severity::Warning]);
        let files = [("Chart.yaml", "name: [\n"), ("values.yaml", "a: 1\na: 2\n")];
        assert_eq!(severities(&files), [Severity::Warning]);
    }

    #[test]
    fn only_the_template_among_manifests_weighs_less() {
        let text = "apiVersion: v1\nkind: Pod\n---\nname: {{ x }}\n---\nkind: [\n";
        assert_eq!(severities(&[("a.yaml", text)]), [Severity::Warning, Severity::Error]);
    }

    #[test]
    fn thousands_of_broken_documents_cost_what_their_text_costs() {
        let text = "kind: [\n---\n".repeat(20_000);
        let start = std::time::Instant::now();
        assert_eq!(unreadable(&[("a.yaml", &text)]).len(), 20_000);
        // Far above what it takes, far below what a look at the whole file for each fault takes.
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}
