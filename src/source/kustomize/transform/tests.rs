//! Results are those of `kubectl kustomize`, with the places that these tests name.

use super::{annotations, images, labels, name, namespace, replicas};
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::field_spec::FieldSpec;
use crate::source::kustomize::problem::{BuildVerdict, Problem};
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::testing::{Fixture, lines};

fn configuration() -> Configuration {
    let place = |kind: &str, path: &str, create: bool| FieldSpec::new("", "", kind, path, create);
    Configuration {
        name_prefix: vec![place("", "metadata/name", false)],
        name_suffix: vec![place("", "metadata/name", false)],
        namespace: vec![
            place("", "metadata/namespace", true),
            place("Namespace", "metadata/name", true),
            place("RoleBinding", "subjects/namespace", false),
        ],
        common_labels: vec![
            place("", "metadata/labels", true),
            place("Deployment", "spec/selector/matchLabels", true),
            place("Deployment", "spec/template/metadata/labels", true),
        ],
        template_labels: vec![place("Deployment", "spec/template/metadata/labels", true)],
        common_annotations: vec![
            place("", "metadata/annotations", true),
            place("Deployment", "spec/template/metadata/annotations", true),
        ],
        images: vec![place("", "spec/image", false)],
        replicas: vec![
            place("Deployment", "spec/replicas", true),
            place("StatefulSet", "spec/replicas", true),
        ],
        ..Configuration::default()
    }
}

/// Runs the transformers that the kustomization asks for.
fn transform(fixture: &Fixture, resources: &mut Resources) -> Result<(), Problem> {
    let configuration = configuration();
    fixture.run(|layer, root| {
        if let Some(node) = root.get("namespace") {
            namespace::apply(resources, layer, node, &configuration.namespace)?;
        }
        if let Some(node) = root.get("namePrefix") {
            name::prefix(resources, layer, node, &configuration.name_prefix)?;
        }
        if let Some(node) = root.get("nameSuffix") {
            name::suffix(resources, layer, node, &configuration.name_suffix)?;
        }
        labels::apply(resources, layer, root, &configuration)?;
        if let Some(node) = root.get("commonAnnotations") {
            annotations::apply(resources, layer, node, &configuration.common_annotations)?;
        }
        if let Some(node) = root.get("replicas") {
            replicas::apply(resources, layer, node, &configuration.replicas)?;
        }
        root.get("images").map_or(Ok(()), |node| {
            images::apply(resources, layer, node, &configuration.images)
        })
    })
}

/// An object, in one line without its type, after a kustomization.
fn transformed(kustomization: &str, object: &str) -> Result<String, Problem> {
    let mut fixture = Fixture::new(kustomization);
    let mut resources = fixture.objects(object);
    transform(&fixture, &mut resources)?;
    Ok(lines(&resources).join(" "))
}

#[test]
fn objects_become_those_of_kustomize() {
    for (kustomization, object, expected) in [
        // Names.
        (
            "{namePrefix: p-, nameSuffix: -s}",
            "{apiVersion: v1, kind: Service, metadata: {name: a}}",
            r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"p-a-s"}}"#,
        ),
        (
            "{namePrefix: p-}",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#,
        ),
        // Namespaces.
        (
            "{namespace: ns}",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"}}"#,
        ),
        (
            "{namespace: ns}",
            "{apiVersion: x.io/v1, kind: Namespace, metadata: {name: a}}",
            r#"{"apiVersion":"x.io/v1","kind":"Namespace","metadata":{"name":"a","namespace":"ns"}}"#,
        ),
        (
            "{namespace: ns}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a, namespace: null}, subjects: [{name: default}, {name: b, \
             namespace: m}, {name: default, namespace: m}]}",
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"a","namespace":"ns"},"subjects":[{"name":"default","namespace":"ns"},{"name":"b","namespace":"m"},{"name":"default","namespace":"ns"}]}"#,
        ),
        // Labels.
        (
            "{labels: [{pairs: {a: '1', b: }}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {a: 0, c: 2}}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"a":"1","c":2,"b":""}}}"#,
        ),
        (
            "{labels: [{pairs: {a: '1'}, includeTemplates: true, fields: [{path: spec/x, kind: Deployment}]}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {x: {}}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"a":"1"}},"spec":{"x":{"a":"1"},"template":{"metadata":{"labels":{"a":"1"}}}}}"#,
        ),
        // What `commonLabels` finds made by `labels` is the same node for kustomize, and where it was written it is not.
        (
            "{labels: [{pairs: {a: one}, includeSelectors: true}, {pairs: {a: two}}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: own}}}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"a":"two"}},"spec":{"selector":{"matchLabels":{"a":"one"}},"template":{"metadata":{"labels":{"a":"two"}}}}}"#,
        ),
        // Annotations.
        (
            "{commonAnnotations: {a: 'true'}}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, annotations: null}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","annotations":{"a":"true"}},"spec":{"template":{"metadata":{"annotations":{"a":"true"}}}}}"#,
        ),
        // Replicas.
        (
            "{replicas: [{name: d, count: 3}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: '1'}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":"3"}}"#,
        ),
        (
            "{namePrefix: p-, replicas: [{name: d}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"p-d"},"spec":{"replicas":0}}"#,
        ),
    ] {
        let object =
            transformed(kustomization, object).unwrap_or_else(|problem| panic!("{kustomization}: {}", problem.message));
        assert_eq!(object, expected, "{kustomization}");
    }
}

#[test]
fn images_become_those_of_kustomize() {
    for (instruction, image, expected) in [
        ("name: nginx, newTag: '2'", "nginx", "nginx:2"),
        ("name: nginx, newTag: '2'", "nginx:1", "nginx:2"),
        ("name: nginx, newTag: '2'", "nginx@sha256:abc", "nginx:2"),
        ("name: nginx, newTag: '2'", "nginx:1@sha256:abc", "nginx:2"),
        ("name: nginx, newTag: '2'", "my/nginx:1", "my/nginx:1"),
        ("name: nginx, newTag: '2'", "nginx:a/b", "nginx:a/b"),
        ("name: nginx, newTag: '2'", "nginx@md5:abc", "nginx@md5:abc"),
        ("name: nginx, newName: r:5000/n", "nginx:1", "r:5000/n:1"),
        ("name: nginx, newName: r/n", "nginx:1@sha256:abc", "r/n:1@sha256:abc"),
        ("name: 'r:5000/n', newTag: '2'", "r:5000/n", "r:5000/n:2"),
        ("name: 'r:5000/n', newTag: '2'", "r:5000/n:1", "r:5000/n:2"),
        ("name: nginx, digest: 'sha256:d'", "nginx:1", "nginx@sha256:d"),
        (
            "name: nginx, newTag: '2', digest: 'sha256:d'",
            "nginx:1",
            "nginx:2@sha256:d",
        ),
        ("name: nginx, newTag: '2', tagSuffix: -x", "nginx:1", "nginx:2"),
        // Once as a container's, once as a place's: kustomize does it twice.
        ("name: nginx, tagSuffix: -x", "nginx:1", "nginx:1-x"),
        ("name: a.b, newTag: '2'", "a-b", "a-b:2"),
        ("name: nginx", "nginx:", "nginx"),
    ] {
        let kustomization = format!("{{images: [{{{instruction}}}]}}");
        let object = format!(
            "{{apiVersion: v1, kind: Any, metadata: {{name: a}}, deep: {{containers: [{{image: '{image}'}}]}}}}"
        );
        let found = transformed(&kustomization, &object).unwrap();
        let wanted = format!(
            r#"{{"apiVersion":"v1","kind":"Any","metadata":{{"name":"a"}},"deep":{{"containers":[{{"image":"{expected}"}}]}}}}"#
        );
        assert_eq!(found, wanted, "{instruction}");
    }
    let twice = transformed(
        "{images: [{name: a, tagSuffix: -x}]}",
        "{apiVersion: v1, kind: Any, metadata: {name: a}, spec: {image: 'a:1', containers: [{image: 'a:1'}]}}",
    );
    assert!(
        twice
            .unwrap()
            .contains(r#""spec":{"image":"a:1-x","containers":[{"image":"a:1-x"}]}"#)
    );
    let definition = "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: a}, spec: {containers: [{image: a}]}}";
    let kept = transformed("{images: [{name: a, newTag: x}]}", definition).unwrap();
    assert!(kept.contains(r#""image":"a""#), "{kept}");
}

#[test]
fn what_kustomize_refuses_is_refused() {
    for (kustomization, object, verdict) in [
        (
            "{namespace: ns}",
            "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: x}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: a, namespace: y}}",
            BuildVerdict::Refused,
        ),
        (
            "{commonLabels: {a: 1}}",
            "{apiVersion: v1, kind: Service, metadata: {name: a}}",
            BuildVerdict::Refused,
        ),
        (
            "{labels: [{pairs: {a: b}, fields: [{path: spec/selector}]}]}",
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: b}}",
            BuildVerdict::Refused,
        ),
        (
            "{replicas: [{name: x, count: 1}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}",
            BuildVerdict::Refused,
        ),
        (
            "{replicas: [{name: x, count: '1'}]}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}",
            BuildVerdict::Refused,
        ),
        (
            "{images: [{name: x, newTag: 1.0}]}",
            "{apiVersion: v1, kind: A, metadata: {name: x}}",
            BuildVerdict::Refused,
        ),
        (
            "{images: [{name: x, tag: a}]}",
            "{apiVersion: v1, kind: A, metadata: {name: x}}",
            BuildVerdict::Refused,
        ),
        (
            "{labels: [{pairs: {a: b}, fields: [{path: metadata/labels}]}]}",
            "{apiVersion: v1, kind: A, metadata: {name: x}}",
            BuildVerdict::Refused,
        ),
        // A regular expression, a number as a name.
        (
            "{images: [{name: 'x.*', newTag: a}]}",
            "{apiVersion: v1, kind: A, metadata: {name: x}}",
            BuildVerdict::NotUnderstood,
        ),
        (
            "{namePrefix: '1'}",
            "{apiVersion: v1, kind: A, metadata: {name: e5}}",
            BuildVerdict::NotUnderstood,
        ),
    ] {
        let problem = transformed(kustomization, object).expect_err(kustomization);
        assert_eq!(problem.verdict, verdict, "{kustomization}: {}", problem.message);
        assert!(problem.spot.is_some(), "{kustomization}");
    }
}

#[test]
fn what_is_set_comes_from_what_a_person_edits() {
    let mut fixture = Fixture::new(
        "{namespace: ns, namePrefix: p-, commonLabels: {a: b}, images: [{name: i, newName: j, newTag: '2'}], replicas: [{name: d, count: 3}]}",
    );
    let mut resources = fixture
        .objects("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 1, image: 'i:1'}}");
    transform(&fixture, &mut resources).unwrap();
    let resource = resources.get(0).unwrap();
    for (path, written, before) in [
        (&["metadata", "name"][..], "p-", Some("d")),
        (&["metadata", "namespace"], "ns", None),
        (&["metadata", "labels", "a"], "b", None),
        (&["spec", "replicas"], "3", Some("1")),
        (&["spec", "image"], "'2'", Some("'i:1'")),
    ] {
        let value = resource.value.at(path).unwrap();
        assert_eq!(fixture.text_at(value), written, "{path:?}");
        let origin = value.origin.before.as_ref();
        let text = origin.map(|origin| fixture.sources.file(origin.file).unwrap().slice(origin.span));
        assert_eq!(text, before, "{path:?}");
    }
    assert_eq!(resource.original_id().name, "d");
    assert_eq!(resource.previous.len(), 2);
    assert_eq!(resource.namespace_set_by.len(), 1);
    assert_eq!(resource.prefixes, ["p-".into()]);
}
