//! Results are those of `kubectl kustomize`.

use super::*;
use crate::source::kustomize::testing::{Fixture, lines};

const OBJECTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: old}}
spec: {replicas: 1, template: {spec: {containers: [{name: web, image: 'shop/web:1'}]}}}
";

/// A transformer or generator, as it stands in a file, carried out.
fn run(config: &str) -> Result<(Fixture, Resources), Problem> {
    let mut fixture = Fixture::new(config);
    let mut resources = fixture.objects(OBJECTS);
    fixture.run(|layer, root| {
        let plugin = Plugin {
            config: Resource::new(layer.value(root, Step::Resource)?),
            is_built: false,
        };
        if plugin.config.kind().ends_with("Generator") {
            return generate(&mut resources, layer, &plugin, &mut Budget::new());
        }
        transform(&mut resources, layer, &plugin)
    })?;
    Ok((fixture, resources))
}

#[test]
fn what_is_set_comes_from_the_lines_of_the_transformer() {
    for (config, path, written, before) in [
        (
            "{apiVersion: builtin, kind: LabelTransformer, labels: {tier: front}, fieldSpecs: [{path: metadata/labels}]}",
            &["metadata", "labels", "tier"][..],
            "front",
            Some("old"),
        ),
        (
            "{apiVersion: builtin, kind: NamespaceTransformer, metadata: {name: n, namespace: shop}}",
            &["metadata", "namespace"],
            "shop",
            None,
        ),
        (
            "{apiVersion: builtin, kind: PrefixTransformer, prefix: p-, fieldSpecs: [{path: metadata/name}]}",
            &["metadata", "name"],
            "p-",
            Some("web"),
        ),
        (
            "{apiVersion: builtin, kind: ReplicaCountTransformer, replica: {name: web, count: 3}, fieldSpecs: [{path: spec/replicas}]}",
            &["spec", "replicas"],
            "3",
            Some("1"),
        ),
        (
            "apiVersion: builtin\nkind: PatchTransformer\npatch: |-\n  kind: Deployment\n  apiVersion: apps/v1\n  metadata: {name: web}\n  \
             spec:\n    paused: true\n",
            &["spec", "paused"],
            "true",
            None,
        ),
        (
            "apiVersion: builtin\nkind: PatchJson6902Transformer\ntarget: {name: web}\njsonOp: |-\n  - op: replace\n    path: /spec/replicas\n    \
             value: 9\n",
            &["spec", "replicas"],
            "9",
            Some("1"),
        ),
    ] {
        let (fixture, resources) = run(config).unwrap_or_else(|problem| panic!("{config}: {}", problem.message));
        let value = resources.get(0).unwrap().value.at(path).unwrap();
        assert_eq!(fixture.text_at(value), written, "{config}");
        let origin = value.origin.before.as_ref();
        let text = origin.map(|origin| fixture.sources.file(origin.file).unwrap().slice(origin.span));
        assert_eq!(text, before, "{config}");
    }
}

#[test]
fn a_generator_is_named_by_its_metadata_unless_it_says_a_name() {
    for (config, expected) in [
        (
            "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: a, namespace: n}, literals: [k=v]}",
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"},"data":{"k":"v"}}"#,
        ),
        (
            "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: a}, name: b, labels: {x: y}}",
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}"#,
        ),
    ] {
        let (_, resources) = run(config).unwrap();
        assert_eq!(lines(&resources)[1], expected, "{config}");
    }
}

#[test]
fn what_kustomize_may_take_otherwise_is_left_to_it() {
    for config in [
        // A program of somebody else's.
        "{apiVersion: example.com/v1, kind: LabelTransformer, labels: {a: b}}",
        "{apiVersion: builtin, kind: HashTransformer}",
        // Go makes strings of numbers here, and reads fields of another case.
        "{apiVersion: builtin, kind: LabelTransformer, labels: {a: 1}}",
        "{apiVersion: builtin, kind: LabelTransformer, Labels: {a: b}}",
        "{apiVersion: builtin, kind: LabelTransformer, labels: {a: null}}",
        "{apiVersion: builtin, kind: ReplicaCountTransformer, replica: {name: web, count: 1000000}, fieldSpecs: [{path: spec/replicas}]}",
        "{apiVersion: builtin, kind: LabelTransformer, labels: {a: b}, fieldSpecs: [{path: '/metadata/labels'}]}",
        "{apiVersion: builtin, kind: SuffixTransformer, suffix: '', fieldSpecs: [{path: metadata/name, create: true}]}",
        "{apiVersion: builtin, kind: ImageTagTransformer, imageTag: {name: 'shop/.*', newTag: x}}",
        "{apiVersion: builtin, kind: ImageTagTransformer}",
        // kustomize keeps notes where this object has nothing.
        "{apiVersion: builtin, kind: AnnotationsTransformer, annotations: {a: b}, fieldSpecs: [{path: metadata/annotations}]}",
        "{apiVersion: builtin, kind: NamespaceTransformer, metadata: {namespace: n}, fieldSpecs: [{path: metadata/annotations}]}",
        "{apiVersion: builtin, kind: ReplacementTransformer, replacements: [{source: {kind: Deployment, fieldPath: spec}, \
         targets: [{select: {name: web}}]}]}",
    ] {
        let problem = run(config).err().unwrap_or_else(|| panic!("{config}"));
        assert_eq!(
            problem.verdict,
            BuildVerdict::NotUnderstood,
            "{config}: {}",
            problem.message
        );
        assert!(problem.spot.is_some(), "{config}");
    }
}

#[test]
fn what_kustomize_refuses_is_refused() {
    for config in [
        "{apiVersion: builtin, kind: LabelsTransformer}",
        "{apiVersion: builtin, kind: AnnotationsGenerator}",
        "{apiVersion: builtin, kind: SuffixTransformer, suffix: s}",
        "{apiVersion: builtin, kind: NamespaceTransformer, metadata: {namespace: n}, setRoleBindingSubjects: all}",
        "{apiVersion: builtin, kind: ReplicaCountTransformer, replica: {name: web, count: 1}}",
        "{apiVersion: builtin, kind: PatchTransformer}",
        "{apiVersion: builtin, kind: PatchStrategicMergeTransformer}",
        "{apiVersion: builtin, kind: PatchJson6902Transformer, target: {kind: Deployment}, jsonOp: '[]'}",
    ] {
        let problem = run(config).err().unwrap_or_else(|| panic!("{config}"));
        assert_eq!(problem.verdict, BuildVerdict::Refused, "{config}: {}", problem.message);
        assert!(problem.spot.is_some(), "{config}");
    }
}
