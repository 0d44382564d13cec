//! `${VAR}` in place of any value of correct manifests is unknown, and no fault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

mod program;

use std::collections::BTreeSet;
use std::fs;

use checker::model::target::Target;
use checker::policy::catalog::{self, Catalog};
use checker::policy::evaluate::{Context, evaluate};
use checker::source::decode::{self, Node, NodeKind};
use checker::source::load;
use program::here;

/// Manifests without a fault, as they belong together.
const FIXTURES: [&[&str]; 2] = [
    &["tests/fixtures/placeholders/shop.yaml"],
    &[
        "examples/asm-1.6/cluster-profile.yaml",
        "examples/asm-1.6/namespace.yaml",
        "examples/asm-1.6/nginx.yaml",
        "examples/asm-1.6/sidecarset.yaml",
    ],
];

/// What may well be said of a placeholder: these ask that something fills in the image, or the ID of the cluster.
const ABOUT_PLACEHOLDERS: [&str; 2] = ["placeholder-image", "cluster-id-config-map"];

/// Fields whose keys are people's own, and may be filled in.
const MAPS: [&str; 6] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "requests",
    "limits",
];

fn findings(text: &str, catalog: &Catalog) -> BTreeSet<(String, String)> {
    let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
    let target = Target::everything(catalog::default_profile().unwrap());
    let found = Context::with(&repository, &target, &[], |context| evaluate(catalog, context));
    let found = found.expect("a policy cannot be evaluated").into_iter();
    found
        .map(|finding| (finding.policy.to_string(), finding.path))
        .filter(|(policy, _)| !ABOUT_PLACEHOLDERS.contains(&policy.as_str()))
        .collect()
}

/// The bytes of all scalars below a node, but for the type of the object, and of the keys that may be filled in.
fn places(node: Node<'_>, is_map: bool, found: &mut Vec<std::ops::Range<usize>>) {
    let bytes = |span: checker::source::text::Span| span.start as usize..span.end as usize;
    match node.kind() {
        NodeKind::Mapping => {
            for entry in node.entries() {
                if is_map {
                    found.push(bytes(entry.key_span()));
                }
                let is_type = node.parent().is_none() && ["apiVersion", "kind"].contains(&entry.key());
                if !is_type {
                    places(entry.value(), MAPS.contains(&entry.key()), found);
                }
            }
        }
        NodeKind::Sequence => node.items().for_each(|item| places(item, false, found)),
        NodeKind::Null => {}
        _ => found.push(bytes(node.span())),
    }
}

#[test]
fn a_variable_in_place_of_any_value_of_a_correct_manifest_is_no_fault() {
    let catalog = Catalog::builtin().unwrap();
    let mut tried = 0;
    let mut false_findings = Vec::new();
    for names in FIXTURES {
        let texts: Vec<String> = names
            .iter()
            .map(|name| fs::read_to_string(here().join(name)).unwrap())
            .collect();
        let (name, text) = (names.join(" "), texts.join("---\n"));
        let before = findings(&text, &catalog);
        let decoded = decode::decode_str(name.as_str(), text.as_str());
        let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
        let mut found = Vec::new();
        for tree in trees {
            places(tree.root(), false, &mut found);
        }
        for place in found {
            for filler in ["\"${VAR}\"", "\"${VAR:=a}-x\""] {
                let changed = format!("{}{filler}{}", &text[..place.start], &text[place.end..]);
                let after = findings(&changed, &catalog);
                let more: Vec<_> = after.difference(&before).collect();
                if !more.is_empty() {
                    let line = text[..place.start].matches('\n').count() + 1;
                    false_findings.push(format!("{name}:{line} `{}`: {more:?}", &text[place.clone()]));
                }
                tried += 1;
            }
        }
    }
    eprintln!("{tried} values were filled in");
    assert!(false_findings.is_empty(), "{}", false_findings.join("\n"));
}
