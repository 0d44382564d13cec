//! Hashes and contents are those of `kubectl kustomize`.

use serde_json::json;

use super::*;
use crate::source::kustomize::hash::add_hashes;
use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::testing::{Fixture, json as to_json, lines};

fn generated(fixture: &Fixture, resources: &mut Resources) -> Result<(), Problem> {
    fixture.run(|layer, root| generate(resources, layer, root, &mut Budget::new()))?;
    add_hashes(resources)
}

fn names(resources: &Resources) -> Vec<&str> {
    resources.iter().map(Resource::name).collect()
}

#[test]
fn objects_and_hashes_are_those_of_kustomize() {
    let fixture = Fixture::new(
        "generatorOptions:
  labels: {g: one, both: global}
  annotations: {note: '1'}
configMapGenerator:
- name: a
  literals: ['k=v', 'n=12', 'q=\"x\"', 'y=yes']
  envs: [e.env]
  files: [long.txt, other=bin.dat]
  options: {labels: {both: own}, immutable: true}
- name: empty
- name: plain
  options: {disableNameSuffixHash: true}
secretGenerator:
- name: s
  type: kubernetes.io/tls
  literals: [p=word]
  files: [long.txt]
- name: none
- name: bin
  files: [bin.dat]
  namespace: other
",
    )
    .with_data("app/e.env", b"A=1\nB=two\n")
    .with_data("app/bin.dat", b"\xff\x00bin")
    .with_data(
        "app/long.txt",
        format!("{}\n<&>\u{2028}é\n", "x".repeat(200)).as_bytes(),
    );
    let mut resources = Resources::default();
    generated(&fixture, &mut resources).unwrap();
    assert_eq!(
        names(&resources),
        [
            "a-8gb49f2m67",
            "empty-6ct58987ht",
            "plain",
            "s-t58gh2c8g2",
            "none-46f8b28mk5",
            "bin-7bccdmh859"
        ]
    );
    let all: Vec<_> = resources.iter().map(|resource| to_json(&resource.value)).collect();
    assert_eq!(all[0]["data"]["n"], "12");
    assert_eq!(all[0]["data"]["q"], "x");
    assert_eq!(all[0]["binaryData"], json!({"other": "/wBiaW4="}));
    assert_eq!(all[0]["immutable"], true);
    assert_eq!(all[0]["metadata"]["labels"], json!({"both": "own", "g": "one"}));
    assert_eq!(all[1].get("data"), None);
    assert_eq!(all[4]["data"], json!({}));
    assert_eq!(all[5]["metadata"]["namespace"], "other");
    assert!(
        all[3]["data"]["long.txt"]
            .as_str()
            .unwrap()
            .ends_with("HgKPCY+4oCow6kK\n")
    );

    let value = resources.get(0).unwrap().value.at(&["data", "B"]).unwrap();
    assert_eq!(fixture.text_at(value), "e.env");
    assert_eq!(value.origin.step, Step::Generator);
}

const OLD: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: ns, labels: {l: 1, m: old}}
data: {a: old, b: 2}
immutable: true
";

#[test]
fn what_is_there_is_merged_with_or_replaced() {
    for (behavior, data) in [
        ("merge", json!({"a": "new", "b": "2"})),
        ("replace", json!({"a": "new"})),
    ] {
        let mut fixture = Fixture::new(&format!(
            "configMapGenerator: [{{name: c, namespace: ns, behavior: {behavior}, literals: [a=new], options: {{labels: {{m: new}}}}}}]"
        ));
        let mut resources = fixture.objects(OLD);
        generated(&fixture, &mut resources).unwrap();
        let expected = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            // The old one has no hash, so that the new one gets none.
            "metadata": {"name": "c", "namespace": "ns", "labels": {"l": "1", "m": "new"}},
            "data": data,
        });
        assert_eq!(to_json(&resources.get(0).unwrap().value), expected, "{behavior}");
        let value = resources.get(0).unwrap().value.at(&["data", "a"]).unwrap();
        assert_eq!(fixture.text_at(value), "a=new");
        assert_eq!(value.origin.before.is_some(), behavior == "merge");
    }
}

#[test]
fn what_kustomize_refuses_is_refused() {
    for (kustomization, objects, part) in [
        (
            "configMapGenerator: [{name: c, namespace: ns}]",
            OLD,
            "is there already",
        ),
        (
            "configMapGenerator: [{name: c, behavior: merge}]",
            OLD,
            "there is no ConfigMap c to",
        ),
        ("configMapGenerator: [{literals: [a=b]}]", "", "without a `name`"),
        ("configMapGenerator: [{name: c, literals: [a]}]", "", "`key=value`"),
        ("configMapGenerator: [{name: c, literals: ['=a']}]", "", "`key=value`"),
        (
            "configMapGenerator: [{name: c, literals: [a=1, a=2]}]",
            "",
            "the key `a` of ConfigMap `c`",
        ),
        (
            "configMapGenerator: [{name: c, files: [a=b=c]}]",
            "",
            "more than one `=`",
        ),
        (
            "configMapGenerator: [{name: c, literal: [a=1]}]",
            "",
            "`literals` is meant?",
        ),
        (
            "configMapGenerator: [{name: c, type: Opaque}]",
            "",
            "unknown field `type`",
        ),
        (
            "configMapGenerator: [{name: c, options: {labels: {a: 1}}}]",
            "",
            "`labels` is a mapping of strings",
        ),
        ("secretGenerator: [{name: c, envs: [latin1.env]}]", "", "not all UTF-8"),
    ] {
        let mut fixture = Fixture::new(kustomization).with_data("app/latin1.env", b"A=\xe9");
        let mut resources = fixture.objects(objects);
        let problem = generated(&fixture, &mut resources).unwrap_err();
        assert_eq!(
            problem.verdict,
            BuildVerdict::Refused,
            "{kustomization}: {}",
            problem.message
        );
        assert!(problem.message.contains(part), "{}", problem.message);
    }
}

#[test]
fn a_file_that_is_not_there_leaves_the_object_open() {
    for path in ["secret.env", "https://example.com/secret.env"] {
        let fixture = Fixture::new(&format!("secretGenerator: [{{name: s, envs: ['{path}']}}]"));
        let problem = generated(&fixture, &mut Resources::default()).unwrap_err();
        assert_eq!(problem.verdict, BuildVerdict::Undecided);
        assert!(
            problem.message.contains("the content of Secret `s` is not known"),
            "{}",
            problem.message
        );
    }
}

#[test]
fn no_message_tells_a_value() {
    for kustomization in [
        "secretGenerator: [{name: s, literals: ['=hunter2']}]",
        "secretGenerator: [{name: s, literals: [hunter2]}]",
        "secretGenerator: [{name: s, literals: [a=hunter2, a=hunter2]}]",
        "secretGenerator: [{name: s, literals: [a=hunter2], envs: [s.env]}]",
        "secretGenerator: [{name: s, literals: [b=hunter2], behavior: merge}]",
    ] {
        let fixture = Fixture::new(kustomization).with_data("app/s.env", b"a=hunter2");
        let problem = generated(&fixture, &mut Resources::default()).unwrap_err();
        assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
    }
}

#[test]
fn generated_bytes_are_bounded() {
    let files: Vec<String> = (0..70).map(|at| format!("k{at}=big")).collect();
    let fixture = Fixture::new(&format!(
        "configMapGenerator: [{{name: c, files: [{}]}}]",
        files.join(", ")
    ))
    .with_data("app/big", &vec![b'a'; 1 << 20]);
    let problem = generated(&fixture, &mut Resources::default()).unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::TooLarge);
}

#[test]
fn the_files_that_generators_read_are_told_beforehand() {
    let fixture = Fixture::new(
        "configMapGenerator: [{name: c, files: [a, k=b, '=c'], env: d, envs: [e]}]\nsecretGenerator: [{name: s, files: [../f]}]",
    );
    let mut paths = Vec::new();
    let found = fixture.run(|_, root| {
        paths = wanted_data(root).into_iter().map(|(_, path)| path).collect();
        Ok(())
    });
    assert!(found.is_ok());
    assert_eq!(paths, ["e", "d", "a", "b", "../f"]);
    assert!(lines(&Resources::default()).is_empty());
}
