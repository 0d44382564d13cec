//! Patches as a kustomization has them, from text to objects.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::source::decode;
use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Origin, Step};
use crate::source::limits;

/// The objects that come of a kustomization of resources and patches, and the files.
fn build(files: &[(&str, &str)]) -> (Sources, Result<Resources, Problem>) {
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add_documents(Arc::new(decode::decode(*name, text.as_bytes().to_vec())));
    }
    let built = carry_out(&sources);
    (sources, built)
}

/// What a patch without a target makes of an object.
fn patched(object: &str, patch: &str) -> Result<Json, Problem> {
    patched_by(object, &[("patch.yaml", patch)], "patches: [path: patch.yaml]")
}

/// What a JSON patch makes of an object.
fn operated(object: &str, operations: &str) -> Result<Json, Problem> {
    patched_by(
        object,
        &[("patch.yaml", operations)],
        "patches: [{path: patch.yaml, target: {}}]",
    )
}

fn patched_by(object: &str, files: &[(&str, &str)], fields: &str) -> Result<Json, Problem> {
    let kustomization = format!("resources: [object.yaml]\n{fields}\n");
    let mut all = vec![("kustomization.yaml", kustomization.as_str()), ("object.yaml", object)];
    all.extend(files);
    let (_, built) = build(&all);
    built.map(|resources| resources.iter().map(|resource| as_json(&resource.value)).collect())
}

/// An object with this at the place of a pod's containers.
fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: pod}}\nspec: {{{spec}}}\n")
}

/// An object of which kustomize knows no schema.
fn custom(spec: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Custom\nmetadata: {{name: custom}}\nspec: {{{spec}}}\n")
}

fn carry_out(sources: &Sources) -> Result<Resources, Problem> {
    let file = sources.find("kustomization.yaml").unwrap();
    let layer = Layer {
        sources,
        file,
        folder: "",
        schema: crate::source::kustomize::schema::Known::BuiltIn,
    };
    let decoded = Arc::clone(sources.decoded(file).unwrap());
    let tree = decoded.documents[0].tree.as_ref().unwrap();
    let mut resources = Resources::default();
    for path in tree.root().get("resources").into_iter().flat_map(Node::items) {
        for resource in layer.resources_at(path, Step::Resource)? {
            resources.append(resource)?;
        }
    }
    if let Some(list) = tree.root().get("patchesStrategicMerge") {
        patches_strategic_merge(&mut resources, &layer, list)?;
    }
    if let Some(list) = tree.root().get("patches") {
        patches(&mut resources, &layer, list)?;
    }
    if let Some(list) = tree.root().get("patchesJson6902") {
        patches_json6902(&mut resources, &layer, list)?;
    }
    // As kustomize does at its end.
    for resource in resources.iter_mut() {
        notes::make_strings(&mut resource.value, "annotations", resource.is_rewritten, sources)?;
    }
    Ok(resources)
}

fn as_json(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => json!(value),
        Data::Int(number) => json!(number),
        Data::Float(number) => json!(number),
        Data::Text(text) => json!(text.to_string()),
        Data::List(items) => items.iter().map(as_json).collect(),
        Data::Map(fields) => Json::Object(
            fields
                .iter()
                .map(|field| (field.key.to_string(), as_json(&field.value)))
                .collect(),
        ),
    }
}

#[test]
fn mappings_merge_and_lists_without_keys_are_replaced() {
    for (object, patch, expected) in [
        ("a: 1, b: 2", "b: 3, c: 4", json!({"a": 1, "b": 3, "c": 4})),
        ("a: 1, b: 2", "b: null", json!({"a": 1})),
        (
            "a: {x: 1}",
            "b: {x: null, y: {z: null}}",
            json!({"a": {"x": 1}, "b": {"y": {}}}),
        ),
        ("a: null, b: ~", "d: 1", json!({"a": null, "b": null, "d": 1})),
        ("a: [1, 2], b: [1]", "a: [3, null], b: null", json!({"a": [3, null]})),
        ("a: {x: 1}", "a: {$patch: delete}", json!({})),
        ("a: {x: 1}", "a: {$patch: replace, y: 2}", json!({"a": {"y": 2}})),
        (
            "a: {x: 1}",
            "b: {$patch: unknown, y: 2}",
            json!({"a": {"x": 1}, "b": {"$patch": "unknown", "y": 2}}),
        ),
        ("a: [{name: x, v: 1}]", "a: [{name: y}]", json!({"a": [{"name": "y"}]})),
        ("a: null", "a: {x: null, y: 1}", json!({"a": {"y": 1}})),
    ] {
        let built = patched(&custom(object), &custom(patch)).unwrap();
        assert_eq!(built[0]["spec"], expected, "{object} <- {patch}");
    }
}

#[test]
fn a_null_that_was_left_out_is_gone_after_a_patch_and_written_after_a_json_patch() {
    let object = custom("a: 1") + "left:\n";
    let built = patched(&object, &custom("b: 1")).unwrap();
    assert_eq!(built[0].get("left"), None);
    let files = [
        ("patch.yaml", "- {op: remove, path: /spec/a}"),
        ("merge.yaml", &custom("b: 1")),
    ];
    let built = patched_by(
        &object,
        &files,
        "patches: [{path: patch.yaml, target: {}}, {path: merge.yaml}]",
    )
    .unwrap();
    assert_eq!(built[0].get("left"), Some(&Json::Null));
}

#[test]
fn lists_with_keys_merge_item_by_item_those_of_the_patch_first() {
    for (object, patch, expected) in [
        (
            "containers: [{name: a, image: x}, {name: b}]",
            "containers: [{name: c}, {name: b, image: y}]",
            json!({"containers": [{"name": "c"}, {"name": "b", "image": "y"}, {"name": "a", "image": "x"}]}),
        ),
        (
            "containers: [{name: a, args: [1]}, {name: b}]",
            "containers: [{name: a, $patch: delete}]",
            json!({"containers": [{"name": "b"}]}),
        ),
        (
            "containers: [{name: a, args: [1]}, {name: b}]",
            "containers: [{name: c}, {$patch: replace}]",
            json!({"containers": [{"name": "c"}]}),
        ),
        // An item stays what it was beside the one that is to replace it.
        (
            "containers: [{name: a, image: x, args: [1]}]",
            "containers: [{name: a, $patch: replace, image: y}]",
            json!({"containers": [{"name": "a", "image": "x", "args": [1]}]}),
        ),
        // An item without its key makes the others vanish.
        (
            "containers: [{name: a}, {name: b}]",
            "containers: [{image: x}, {name: c}]",
            json!({"containers": [{"name": "c"}]}),
        ),
        (
            "containers: [{name: a}, {name: a, image: x}]",
            "a: 1",
            json!({"containers": [{"name": "a", "image": "x"}], "a": 1}),
        ),
        (
            "containers: [{name: a, ports: [{containerPort: 80, protocol: TCP}]}]",
            "containers: [{name: a, ports: [{containerPort: \"80\", protocol: TCP, name: x}, {containerPort: 81}]}]",
            json!({"containers": [{"name": "a", "ports": [
                {"containerPort": 81},
                {"containerPort": "80", "protocol": "TCP", "name": "x"},
            ]}]}),
        ),
        // What only one of them has of two keys is no difference, and what the patch says is lost.
        (
            "containers: [{name: a, ports: [{containerPort: 80, protocol: TCP}]}]",
            "containers: [{name: a, ports: [{containerPort: 80, name: x}]}]",
            json!({"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}),
        ),
        (
            "volumes: []",
            "volumes: [{name: a, emptyDir: null}]",
            json!({"volumes": [{"name": "a"}]}),
        ),
    ] {
        match patched(&pod(object), &pod(patch)) {
            Ok(built) => assert_eq!(built[0]["spec"], expected, "{object} <- {patch}"),
            Err(problem) => panic!("{object} <- {patch}: {}", problem.message),
        }
    }
}

#[test]
fn lists_of_plain_values_are_united_where_kubernetes_says_so() {
    let object =
        |finalizers: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, finalizers: [{finalizers}]}}\n");
    let built = patched(&object("a, b"), &object("b, c, c")).unwrap();
    assert_eq!(built[0]["metadata"]["finalizers"], json!(["b", "c", "a"]));
}

#[test]
fn an_object_within_a_custom_resource_merges_by_its_own_type() {
    let inner = |containers: &str| {
        format!(
            "template: {{apiVersion: v1, kind: Pod, spec: {{containers: [{containers}]}}}}, containers: [{containers}]"
        )
    };
    let built = patched(
        &custom(&inner("{name: a, image: x}")),
        &custom(&inner("{name: a, args: [1]}")),
    )
    .unwrap();
    let spec = &built[0]["spec"];
    assert_eq!(
        spec["template"]["spec"]["containers"],
        json!([{"name": "a", "image": "x", "args": [1]}])
    );
    assert_eq!(spec["containers"], json!([{"name": "a", "args": [1]}]));
}

#[test]
fn a_number_in_the_place_of_a_string_in_quotes_becomes_a_string() {
    for (object, patch, expected) in [
        ("\"1\"", "2", Ok(json!("2"))),
        ("'x'", "0x10", Ok(json!("0x10"))),
        ("\"x\"", "true", Ok(json!("true"))),
        ("500m", "1", Ok(json!(1))),
        ("1", "\"2\"", Ok(json!("2"))),
        ("1", "2", Ok(json!(2))),
        ("yes", "1", Err(BuildVerdict::NotUnderstood)),
    ] {
        let built = patched(&custom(&format!("a: {object}")), &custom(&format!("a: {patch}")));
        let found = built
            .map(|built| built[0]["spec"]["a"].clone())
            .map_err(|problem| problem.verdict);
        assert_eq!(found, expected, "{object} <- {patch}");
    }
}

#[test]
fn by_a_target_labels_become_strings_and_stay_whose_they_are() {
    let object = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n, labels: {a: x, b: y}}\n";
    let patch = "apiVersion: v9\nkind: Other\nmetadata: {name: t, labels: {a: null, c: 5}}\ndata: {k: v}\n";
    let built = patched_by(
        object,
        &[("patch.yaml", patch)],
        "patches: [{path: patch.yaml, target: {name: s}}]",
    )
    .unwrap();
    let labels = json!({"a": "null", "b": "y", "c": "5"});
    assert_eq!(
        built,
        json!([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n", "labels": labels}, "data": {"k": "v"}}])
    );
}

#[test]
fn operations_are_as_lenient_as_kustomize() {
    for (operations, expected) in [
        (
            "[{\"op\": \"replace\", \"path\": \"/spec/b\", \"value\": 1}]",
            json!({"a": [1, 2], "b": 1}),
        ),
        ("- {op: add, path: /spec/a/-, value: yes}", json!({"a": [1, 2, true]})),
        ("- {op: add, path: /spec/a/-2, value: 0}", json!({"a": [1, 0, 2]})),
        ("- {op: add, path: /spec/a/2, value: 3}", json!({"a": [1, 2, 3]})),
        ("- {op: remove, path: /spec/a/-1}", json!({"a": [1]})),
        (
            "- {op: copy, from: /spec/none, path: /spec/b}",
            json!({"a": [1, 2], "b": null}),
        ),
        (
            "- {op: move, from: /spec/a, path: /spec/c~1d~0}",
            json!({"c/d~": [1, 2]}),
        ),
        ("- {op: test, path: /spec/a, value: [1, 2]}", json!({"a": [1, 2]})),
        ("- {op: test, path: /spec/none, value: null}", json!({"a": [1, 2]})),
        ("- {op: add, path: x/spec, value: {}}", json!({})),
    ] {
        match operated(&custom("a: [1, 2]"), operations) {
            Ok(built) => assert_eq!(built[0]["spec"], expected, "{operations}"),
            Err(problem) => panic!("{operations}: {}", problem.message),
        }
    }
}

#[test]
fn operations_that_do_not_apply_are_refused() {
    for operations in [
        "- {op: add, path: /spec/a/3, value: 3}",
        "- {op: add, path: /spec/b/c, value: 3}",
        "- {op: add, path: spec, value: 3}",
        "- {op: add, value: 3}",
        "- {op: remove, path: /spec/b}",
        "- {op: replace, path: /spec/a/-, value: 3}",
        "- {op: replace, path: /spec/a/2, value: 3}",
        "- {op: move, from: /spec/b, path: /spec/c}",
        "- {op: test, path: /spec/a, value: [2, 1]}",
        "- {op: other, path: /spec/a}",
        "- null",
        "- text",
        "[{op: remove, path: /spec/a}]",
        "[]",
    ] {
        let problem = operated(&custom("a: [1, 2]"), operations).unwrap_err();
        assert_eq!(
            problem.verdict,
            BuildVerdict::Refused,
            "{operations}: {}",
            problem.message
        );
    }
}

#[test]
fn annotations_are_there_for_a_json_patch_once_kustomize_keeps_notes_in_them() {
    let built = operated(&custom("a: 1"), "- {op: add, path: /metadata/annotations/x, value: 5}").unwrap();
    assert_eq!(
        built[0]["metadata"],
        json!({"name": "custom", "annotations": {"x": "5"}})
    );
    let fields = "patchesJson6902: [{path: patch.yaml, target: {name: custom}}]";
    let files = [("patch.yaml", "- {op: add, path: /metadata/annotations/x, value: 5}")];
    let problem = patched_by(&custom("a: 1"), &files, fields).unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::Refused);
}

#[test]
fn each_part_still_knows_its_bytes() {
    let kustomization = "resources: [object.yaml]\npatches:\n  - patch: |\n      apiVersion: v1\n      kind: Pod\n      metadata: {name: pod}\n      spec:\n        hostNetwork: true # here\n  - path: patch.yaml\n    target: {}\n";
    let (sources, built) = build(&[
        ("kustomization.yaml", kustomization),
        (
            "object.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {hostNetwork: false, hostPID: no, a: 1}\n",
        ),
        (
            "patch.yaml",
            "- {op: replace, path: /spec/hostPID, value: on}\n- {op: add, path: /spec/b, value: {c: d}}\n",
        ),
    ]);
    let built = built.unwrap();
    let object = &built.get(0).unwrap().value;
    let source = |keys: &[&str]| {
        let origin = &object.at(keys).unwrap().origin;
        let text = |origin: &Origin| {
            let file = sources.file(origin.file).unwrap();
            format!("{}:{}", file.path(), file.slice(origin.span))
        };
        let before = origin.before.as_deref().map(text);
        (text(origin), origin.step, before)
    };
    let old = |text: &str| Some(format!("object.yaml:{text}"));
    for (keys, text, step, before) in [
        (
            &["spec", "hostNetwork"] as &[&str],
            "kustomization.yaml:true",
            Step::Patch,
            old("false"),
        ),
        (&["spec", "hostPID"], "patch.yaml:on", Step::Patch, old("no")),
        (&["spec", "a"], "object.yaml:1", Step::Resource, None),
        (&["spec", "b", "c"], "patch.yaml:d", Step::Patch, None),
        (&["metadata", "name"], "object.yaml:pod", Step::Resource, None),
    ] {
        assert_eq!(source(keys), (text.to_owned(), step, before), "{keys:?}");
    }
}

#[test]
fn a_patch_for_nothing_names_what_may_be_meant() {
    let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n";
    for (patch, hint) in [
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}",
            "write `namespace: shop` in the patch",
        ),
        (
            "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}",
            "has `apiVersion: apps/v1`, the patch `apps/v1beta1`",
        ),
        (
            "{apiVersion: v1, kind: Service, metadata: {name: web}}",
            "Deployment shop/web has this name",
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: wep, namespace: shop}}",
            "Deployment shop/web is meant?",
        ),
        (
            "{apiVersion: v1, kind: Secret, metadata: {name: other}}",
            "there is none",
        ),
    ] {
        let problem = patched(object, patch).unwrap_err();
        assert_eq!(problem.verdict, BuildVerdict::Refused);
        assert!(problem.message.contains(hint), "{patch}: {}", problem.message);
    }
}

#[test]
fn costly_patches_meet_a_limit() {
    let doubling: String = (0..40)
        .map(|_| "- {op: copy, from: /spec, path: /spec/a/-}\n")
        .collect();
    let deep = "- {op: copy, from: /spec, path: /spec/b}\n".repeat(limits::RENDERED_DEPTH);
    for operations in [doubling, deep] {
        let problem = operated(&custom("a: [1], c: 1"), &operations).unwrap_err();
        assert_eq!(problem.verdict, BuildVerdict::TooLarge, "{}", problem.message);
    }
    let many: Vec<String> = (0..20_000).map(|at| format!("{{name: c{at}}}")).collect();
    let many = many.join(", ");
    let problem = patched(
        &pod(&format!("containers: [{many}]")),
        &pod(&format!("containers: [{many}]")),
    )
    .unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::TooLarge, "{}", problem.message);
}
