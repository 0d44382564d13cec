//! What a kustomization puts in each of many objects, and objects that are odd themselves.

use super::repository::{Repository, config_map, config_maps};

fn pairs(count: usize) -> String {
    (0..count).map(|at| format!("  l{at}: v\n")).collect()
}

fn of(fields: &str, objects: usize) -> Repository {
    Repository::default()
        .with("kustomization.yaml", format!("resources: [a.yaml]\n{fields}"))
        .with("a.yaml", config_maps(objects))
}

#[test]
fn labels_of_many_objects_end_at_a_bound() {
    of(&format!("commonLabels:\n{}", pairs(20)), 1_000).is_built("", 1_000);
    of(&format!("commonLabels:\n{}", pairs(1_001)), 1).is_oversized("kustomization.yaml", "more than 1000 entries");
    of(&format!("commonAnnotations:\n{}", pairs(1_000)), 1_000)
        .is_oversized("kustomization.yaml", "too many steps to build");
    let places: String = (0..1_000)
        .map(|at| format!("    - {{path: metadata/p{at}, create: true}}\n"))
        .collect();
    let entries: String = (0..20)
        .map(|at| format!("  - pairs: {{l{at}: v}}\n    fields:\n{places}"))
        .collect();
    of(&format!("labels:\n{entries}"), 1_000).is_oversized("kustomization.yaml", "");
}

#[test]
fn a_long_text_in_many_objects_counts_as_often_as_it_is_there() {
    let text = "x".repeat(1 << 20);
    of(&format!("commonAnnotations: {{a: '{text}'}}\n"), 10).is_built("", 10);
    of(&format!("commonAnnotations: {{a: '{text}'}}\n"), 2_000)
        .is_oversized("kustomization.yaml", "more than 2000000 values");
}

#[test]
fn images_and_replicas_of_many_objects_end_at_a_bound() {
    let images: String = (0..1_000)
        .map(|at| format!("- {{name: i{at}, newTag: v{at}}}\n"))
        .collect();
    of(&format!("images:\n{images}"), 200).is_built("", 200);
    of(&format!("images:\n{images}"), 20_000).is_oversized("kustomization.yaml", "too many steps to build");
    let chain: String = (0..1_000)
        .map(|at| format!("- {{name: i{at}, newName: i{}}}\n", at + 1))
        .collect();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i0}]}\n";
    let built = Repository::default()
        .with("kustomization.yaml", format!("resources: [a.yaml]\nimages:\n{chain}"))
        .with("a.yaml", pod)
        .built("")
        .unwrap();
    assert_eq!(built[0]["spec"]["containers"][0]["image"], "i1000");
    let replicas = "- {name: c0, count: 1}\n".repeat(1_000);
    of(&format!("replicas:\n{replicas}"), 1).is_refused("kustomization.yaml", "no workload `c0`");
    let deployments: String = (0..15_000)
        .map(|at| format!("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: c{at}}}\n"))
        .collect();
    Repository::default()
        .with(
            "kustomization.yaml",
            format!("resources: [a.yaml]\nreplicas:\n{replicas}"),
        )
        .with("a.yaml", deployments)
        .is_oversized("kustomization.yaml", "too many steps to build");
}

#[test]
fn names_that_grow_at_each_level_end_at_a_bound() {
    let mut repository =
        Repository::of(&[("k00/kustomization.yaml", "resources: [a.yaml]")]).with("k00/a.yaml", config_maps(100));
    for level in 1..60 {
        repository = repository.with(
            &format!("k{level:02}/kustomization.yaml"),
            format!(
                "resources: [../k{:02}]\nnamePrefix: {}\nnameSuffix: {}\n",
                level - 1,
                "p".repeat(100),
                "s".repeat(100)
            ),
        );
    }
    repository.is_oversized("k06/kustomization.yaml", "longer than 1024 bytes");
}

#[test]
fn objects_with_endless_names_are_not_carried_through_a_build() {
    let long = "x".repeat(1 << 20);
    for (object, field) in [
        (
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {long}}}\n"),
            "name",
        ),
        (format!("apiVersion: v1\nkind: {long}\nmetadata: {{name: a}}\n"), "kind"),
        (
            format!("apiVersion: {long}\nkind: ConfigMap\nmetadata: {{name: a}}\n"),
            "apiVersion",
        ),
        (
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {long}}}\n"),
            "namespace",
        ),
    ] {
        Repository::of(&[("kustomization.yaml", "resources: [a.yaml]\n")])
            .with("a.yaml", object)
            .is_oversized("a.yaml", &format!("the `{field}` of an object is longer"));
    }
    let patch = format!("patches: [{{target: {{}}, patch: '- {{op: replace, path: /kind, value: {long}}}'}}]\n");
    of(&patch, 1_000).is_oversized("kustomization.yaml", "the `kind` of an object is longer");
}

#[test]
fn twenty_thousand_objects_are_built_and_more_are_not() {
    of("namespace: ns\n", 20_000).is_built("", 20_000);
    of("namespace: ns\n", 20_001).is_oversized("kustomization.yaml", "more than 20000 objects");
    let many: String = (0..5_000).map(|at| format!("- r{at}.yaml\n")).collect();
    let mut repository = Repository::default().with("kustomization.yaml", format!("resources:\n{many}"));
    for at in 0..5_000 {
        repository = repository.with(&format!("r{at}.yaml"), config_map(&format!("c{at}")));
    }
    repository.is_built("", 5_000);
}

#[test]
fn references_among_many_objects_of_one_name_end_at_a_bound() {
    // All once had one name, and all name it.
    let mut fields = "resources:\n".to_owned();
    let mut repository = Repository::default();
    for at in 0..2_000 {
        fields.push_str(&format!("- k{at}\n"));
        repository = repository
            .with(
                &format!("k{at}/kustomization.yaml"),
                format!("resources: [a.yaml]\nnamePrefix: p{at}-\n"),
            )
            .with(
                &format!("k{at}/a.yaml"),
                format!(
                    "{}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{volumes: [{}]}}\n",
                    config_map("a"),
                    "{name: v, configMap: {name: a}},".repeat(20)
                ),
            );
    }
    let found = repository.with("kustomization.yaml", fields).unbuilt();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].policy, "oversized", "{found:?}");
}

#[test]
fn configurations_that_name_many_places_end_at_a_bound() {
    let places = |count: usize| -> String {
        (0..count)
            .map(|at| format!("- {{path: spec/p{at}, create: true}}\n"))
            .collect()
    };
    let with = |count: usize, times: usize, objects: usize| {
        of(
            &format!(
                "namePrefix: x\ncommonLabels: {{a: b}}\nconfigurations: [{}]\n",
                vec!["c.yaml"; times].join(", ")
            ),
            objects,
        )
        .with("c.yaml", format!("commonLabels:\n{}", places(count)))
    };
    with(1_000, 1, 10).is_built("", 10);
    with(10_000, 1, 10).is_oversized("c.yaml", "more than 5000 places");
    with(4_000, 1_000, 10).is_oversized("kustomization.yaml", "too many steps to build");
    with(4_000, 1, 20_000).is_oversized("kustomization.yaml", "");
    of("configurations: [c.yaml]\n", 1)
        .with("c.yaml", format!("commonLabels:\n{}", places(300_000)))
        .is_oversized("c.yaml", "more than 5000 places");
}
