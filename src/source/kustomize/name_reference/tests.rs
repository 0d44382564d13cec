use std::sync::Arc;

use super::super::problem::BuildVerdict;
use super::super::read::{self, Placing};
use super::super::resource::Resource;
use super::super::value::FileId;
use super::*;
use crate::source::decode::decode_str;

/// What happened to an object before references follow.
enum Then {
    Prefix(&'static str),
    Suffix(&'static str),
    Namespace(&'static str),
    Hash(&'static str),
}
use Then::{Hash, Namespace, Prefix, Suffix};

fn object(text: &str, then: &[Then]) -> Resource {
    let decoded = decode_str("a.yaml", format!("---\n{text}"));
    let placing = Placing {
        file: FileId(0),
        step: Step::Resource,
        map: None,
    };
    let mut resource = read::resources(&decoded, placing).unwrap().remove(0);
    for then in then {
        resource.remember_id();
        let origin = resource.value.origin.clone();
        let name = resource.name().to_owned();
        let mut set = |key: &str, text: String| {
            let metadata = resource.value.get_mut("metadata").unwrap();
            metadata.set(key, &origin, Value::text(text, origin.clone()));
        };
        match then {
            Prefix(prefix) => {
                set("name", format!("{prefix}{name}"));
                resource.prefixes.push(Arc::from(*prefix));
            }
            Suffix(suffix) => {
                set("name", format!("{name}{suffix}"));
                resource.suffixes.push(Arc::from(*suffix));
            }
            Namespace(namespace) => set("namespace", (*namespace).to_owned()),
            Hash(hash) => set("name", format!("{name}-{hash}")),
        }
    }
    resource
}

fn config_map(name: &str, then: &[Then]) -> Resource {
    object(
        &format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}"),
        then,
    )
}

/// A pod that takes its environment from a ConfigMap.
fn pod(reference: &str, then: &[Then]) -> Resource {
    object(
        &format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: pod}}, spec: {{containers: [{{envFrom: [{{configMapRef: {{name: {reference}}}}}]}}]}}}}"
        ),
        then,
    )
}

fn account(name: &str, then: &[Then]) -> Resource {
    object(
        &format!("{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}}}}}"),
        then,
    )
}

fn binding(kind: &str, subject: &str, then: &[Then]) -> Resource {
    object(
        &format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: binding}}, \
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: role}}, subjects: [{subject}]}}"
        ),
        then,
    )
}

fn fix(objects: Vec<Resource>) -> Result<Resources, Problem> {
    let mut resources = Resources::default();
    for object in objects {
        resources.append(object)?;
    }
    fix_references(
        &mut resources,
        &Configuration::default_of_kustomize(),
        &Sources::default(),
    )?;
    Ok(resources)
}

/// The first reference of the last object: a ConfigMap, or a subject.
fn reference(resources: &Resources) -> &Value {
    let last = &resources.get(resources.len() - 1).unwrap().value;
    let found = last
        .get("spec")
        .and_then(|spec| spec.get("containers")?.items()[0].get("envFrom")?.items()[0].at(&["configMapRef", "name"]));
    found.or_else(|| Some(&last.get("subjects")?.items()[0])).unwrap()
}

#[test]
fn a_name_follows_what_it_means() {
    for (what, objects, wanted) in [
        ("nothing renamed", vec![config_map("a", &[]), pod("a", &[])], "a"),
        (
            "renamed",
            vec![config_map("a", &[Prefix("x-")]), pod("a", &[Prefix("x-")])],
            "x-a",
        ),
        (
            "over several layers",
            vec![
                config_map("a", &[Prefix("x-"), Suffix("-y"), Hash("5f")]),
                pod("a", &[]),
            ],
            "x-a-y-5f",
        ),
        (
            "an overlay names it by its name in the base",
            vec![
                config_map("a", &[Prefix("x-"), Prefix("y-")]),
                pod("x-a", &[Prefix("y-")]),
            ],
            "y-x-a",
        ),
        (
            "of another kind",
            vec![account("a", &[Prefix("x-")]), pod("a", &[])],
            "a",
        ),
        (
            "in another namespace",
            vec![config_map("a", &[Prefix("x-"), Namespace("n")]), pod("a", &[])],
            "a",
        ),
        (
            "in the same namespace",
            vec![
                config_map("a", &[Prefix("x-"), Namespace("n")]),
                config_map("a", &[Prefix("y-"), Namespace("m")]),
                pod("a", &[Namespace("m")]),
            ],
            "y-a",
        ),
        (
            "of the same prefix",
            vec![
                config_map("a", &[Prefix("x-")]),
                config_map("a", &[Prefix("y-")]),
                pod("a", &[Prefix("y-")]),
            ],
            "y-a",
        ),
        (
            "of the same prefix, then a common one",
            vec![
                config_map("a", &[Prefix("x-"), Prefix("all-")]),
                config_map("a", &[Prefix("y-"), Prefix("all-")]),
                pod("a", &[Prefix("x-"), Prefix("all-")]),
            ],
            "all-x-a",
        ),
        (
            "of the same suffix",
            vec![
                config_map("a", &[Suffix("-x")]),
                config_map("a", &[Suffix("-y")]),
                pod("a", &[Suffix("-x")]),
            ],
            "a-x",
        ),
        (
            "one that is only prefixed fits one that is only suffixed",
            vec![config_map("a", &[Prefix("x-")]), pod("a", &[Suffix("-y")])],
            "x-a",
        ),
        (
            "without a prefix, of two with one",
            vec![
                config_map("a", &[Prefix("x-")]),
                config_map("a", &[Prefix("y-")]),
                pod("a", &[]),
            ],
            "a",
        ),
        (
            "of neither prefix",
            vec![
                config_map("a", &[Prefix("x-")]),
                config_map("a", &[Prefix("y-")]),
                pod("a", &[Prefix("z-")]),
            ],
            "a",
        ),
    ] {
        let resources = fix(objects).unwrap_or_else(|problem| panic!("{what}: {problem:?}"));
        assert_eq!(reference(&resources).as_str(), Some(wanted), "{what}");
    }
}

#[test]
fn a_followed_name_keeps_the_place_that_a_person_edits() {
    let resources = fix(vec![config_map("a", &[Prefix("x-")]), pod("a", &[])]).unwrap();
    let origin = &reference(&resources).origin;
    let before = origin.before.as_ref().unwrap();
    assert_eq!(origin.step, Step::NameReference);
    assert_eq!(origin.span, before.span);
    assert_eq!(before.step, Step::Resource);
}

#[test]
fn a_name_that_means_several_objects_is_refused() {
    let problem = fix(vec![
        config_map("a", &[Hash("5f")]),
        config_map("a", &[Hash("6g")]),
        pod("a", &[]),
    ])
    .unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::Refused);
    assert_eq!(
        problem.message,
        "kustomize refuses to guess which ConfigMap `a` means here: ConfigMap a-5f or ConfigMap a-6g"
    );
    assert_eq!(problem.related.len(), 2);
}

#[test]
fn a_subject_follows_in_name_and_namespace() {
    const HERE: &str = "{kind: ServiceAccount, name: a, namespace: n}";
    const NOWHERE: &str = "{kind: ServiceAccount, name: a}";
    for (what, objects, wanted) in [
        (
            "its namespace is where the account was",
            vec![
                object(
                    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: n}}",
                    &[Prefix("x-"), Namespace("m")],
                ),
                binding("ClusterRoleBinding", HERE, &[]),
            ],
            ("x-a", Some("m")),
        ),
        (
            "its namespace is where the account is",
            vec![
                account("a", &[Prefix("x-"), Namespace("n")]),
                binding("RoleBinding", HERE, &[]),
            ],
            ("x-a", Some("n")),
        ),
        (
            "without a namespace it gets one",
            vec![
                account("a", &[Namespace("n")]),
                binding("ClusterRoleBinding", NOWHERE, &[]),
            ],
            ("a", Some("n")),
        ),
        (
            "an account without a namespace gives none",
            vec![account("a", &[Prefix("x-")]), binding("RoleBinding", NOWHERE, &[])],
            ("x-a", None),
        ),
        (
            "another namespace is another account",
            vec![
                account("a", &[Prefix("x-"), Namespace("m")]),
                binding("ClusterRoleBinding", HERE, &[]),
            ],
            ("a", Some("n")),
        ),
        (
            "a RoleBinding without the namespace does not reach the account",
            vec![
                account("a", &[Prefix("x-"), Namespace("m")]),
                binding("RoleBinding", NOWHERE, &[]),
            ],
            ("a", None),
        ),
    ] {
        let resources = fix(objects).unwrap_or_else(|problem| panic!("{what}: {problem:?}"));
        let subject = reference(&resources);
        assert_eq!(
            (subject.str_at(&["name"]).unwrap(), subject.str_at(&["namespace"])),
            wanted,
            "{what}"
        );
    }
}

#[test]
fn a_role_is_followed_by_kind() {
    let role = |kind: &str, prefix| {
        object(
            &format!("{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: role}}}}"),
            &[Prefix(prefix)],
        )
    };
    let resources = fix(vec![
        role("ClusterRole", "cluster-"),
        role("Role", "own-"),
        binding("RoleBinding", "{kind: User, name: a}", &[]),
    ])
    .unwrap();
    let binding = &resources.get(2).unwrap().value;
    assert_eq!(binding.str_at(&["roleRef", "name"]), Some("own-role"));
}

#[test]
fn what_kustomize_refuses_is_refused_and_what_is_in_doubt_is_not_understood() {
    use BuildVerdict::{NotUnderstood, Refused};
    let webhook = |service: &str| {
        object(
            &format!(
                "{{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {{name: w}}, \
                 webhooks: [{{clientConfig: {{service: {service}}}}}]}}"
            ),
            &[],
        )
    };
    for (objects, verdict) in [
        (vec![webhook("{namespace: n}")], Refused),
        (vec![webhook("[[a]]")], Refused),
        (vec![binding("RoleBinding", "a", &[])], Refused),
        (
            vec![binding(
                "RoleBinding",
                "{kind: ServiceAccount, name: a, namespace: null}",
                &[],
            )],
            Refused,
        ),
        (
            vec![object(
                "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: true}}",
                &[],
            )],
            Refused,
        ),
        (vec![config_map("'1'", &[Suffix("-x")]), pod("0x1", &[])], NotUnderstood),
        (
            vec![config_map("a", &[]), config_map("'2'", &[Prefix("1")]), pod("'2'", &[])],
            NotUnderstood,
        ),
    ] {
        assert_eq!(fix(objects).unwrap_err().verdict, verdict);
    }
    // A number means nothing as long as nothing had such a name.
    assert!(fix(vec![config_map("a", &[Prefix("x-")]), pod("0x1", &[])]).is_ok());
}

#[test]
fn the_name_of_an_object_that_follows_another_is_not_understood() {
    let mut configuration = Configuration::clone(&Configuration::default_of_kustomize());
    configuration.name_references[0].kind = "ConfigMap".to_owned();
    configuration.name_references[0].group = String::new();
    configuration.name_references[0].referrers = vec![FieldSpec::new("", "", "Secret", "metadata/name", false)];
    let mut resources = Resources::default();
    resources.append(config_map("a", &[Prefix("x-")])).unwrap();
    resources
        .append(object("{apiVersion: v1, kind: Secret, metadata: {name: a}}", &[]))
        .unwrap();
    let problem = fix_references(&mut resources, &configuration, &Sources::default()).unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::NotUnderstood);
}
