//! Generators of far too much, and of secrets.

use super::repository::{CANARY, Repository};

fn of(fields: &str) -> Repository {
    Repository::default().with("kustomization.yaml", fields)
}

#[test]
fn a_hundred_thousand_literals_make_one_object() {
    let literals: String = (0..100_000).map(|at| format!("  - k{at}=v{at}\n")).collect();
    let repository = of(&format!("configMapGenerator:\n- name: a\n  literals:\n{literals}"));
    let built = repository.built("").unwrap();
    assert_eq!(built[0]["data"].as_object().unwrap().len(), 100_000);
    assert!(built[0]["metadata"]["name"].as_str().unwrap().starts_with("a-"));
    let same = "  - k=v\n".repeat(100_000);
    of(&format!("configMapGenerator:\n- name: a\n  literals:\n{same}"))
        .is_refused("kustomization.yaml", "it is there twice");
}

#[test]
fn generators_of_thousands_of_objects_end_at_a_bound() {
    let many = |count: usize| -> String { (0..count).map(|at| format!("- name: g{at}\n")).collect() };
    of(&format!("configMapGenerator:\n{}", many(3_000))).is_built("", 3_000);
    of(&format!("configMapGenerator:\n{}", many(30_000))).is_oversized("kustomization.yaml", "");
    let labels: String = (0..1_000).map(|at| format!("    l{at}: x\n")).collect();
    of(&format!(
        "generatorOptions:\n  labels:\n{labels}configMapGenerator:\n{}",
        many(3_000)
    ))
    .is_oversized("kustomization.yaml", "");
}

#[test]
fn large_files_are_taken_once_and_not_over_and_over() {
    let large = vec![b'x'; 8 << 20];
    let secret = of("secretGenerator: [{name: a, files: [large]}]\n").with("large", large.clone());
    let built = secret.built("").unwrap();
    assert!(built[0]["data"]["large"].as_str().unwrap().len() > 8 << 20);
    let again: String = (0..10_000).map(|at| format!("  - k{at}=large\n")).collect();
    of(&format!("configMapGenerator:\n- name: a\n  files:\n{again}"))
        .with("large", large.clone())
        .is_oversized("kustomization.yaml", "the generators make more than 16 MiB");
    let generators: String = (0..10_000)
        .map(|at| format!("- {{name: g{at}, files: [large]}}\n"))
        .collect();
    of(&format!("configMapGenerator:\n{generators}"))
        .with("large", large.clone())
        .is_oversized("kustomization.yaml", "the generators make more than 16 MiB");
    // Each takes little, all of them together too much.
    let mut repository = Repository::default();
    for at in 0..10 {
        repository = repository
            .with(
                &format!("k{at:02}/kustomization.yaml"),
                "configMapGenerator: [{name: a, files: [large]}]\n",
            )
            .with(&format!("k{at:02}/large"), large.clone());
    }
    let found = repository.unbuilt();
    assert!((1..9).contains(&found.len()), "{}", found.len());
    assert!(
        found
            .iter()
            .all(|found| found.message.contains("more than 64 MiB") || found.message.contains("too much in all")),
        "{found:?}"
    );
}

#[test]
fn files_of_a_million_lines_end_at_a_bound() {
    let lines: String = (0..1_000_000).map(|at| format!("k{at}=v\n")).collect();
    of("configMapGenerator: [{name: a, envs: [lines]}]\n")
        .with("lines", lines)
        .is_oversized("kustomization.yaml", "the generators make more than 16 MiB");
    let few: String = (0..50_000).map(|at| format!("k{at}=v\n")).collect();
    of("configMapGenerator: [{name: a, envs: [lines]}]\n")
        .with("lines", few)
        .is_built("", 1);
    // Comments make nothing, but are read.
    let generators: String = (0..10_000)
        .map(|at| format!("- {{name: g{at}, envs: [lines]}}\n"))
        .collect();
    of(&format!("configMapGenerator:\n{generators}"))
        .with("lines", "# comment\n".repeat(100_000))
        .is_oversized("kustomization.yaml", "the generators make more than 16 MiB");
}

#[test]
fn nothing_of_what_generators_take_is_told_whatever_is_wrong() {
    let literal = |literal: &str| format!("secretGenerator:\n- name: a\n  literals: ['{literal}']\n");
    for (fields, content) in [
        (literal(CANARY), String::new()),
        (literal(&format!("={CANARY}")), String::new()),
        (literal(&format!("1={CANARY}")), String::new()),
        (literal(&format!("k={CANARY}\u{7f}")), String::new()),
        (format!("secretGenerator:\n- name: a\n  literals: [k={CANARY}, k={CANARY}]\n"), String::new()),
        (format!("secretGenerator:\n- name: a\n  literals: {{k: {CANARY}}}\n"), String::new()),
        (format!("secretGenerator:\n- name: a\n  literal: [k={CANARY}]\n"), String::new()),
        (format!("secretGenerator:\n- literals: [k={CANARY}]\n"), String::new()),
        ("secretGenerator: [{name: a, envs: [data]}]\n".to_owned(), format!("{CANARY}\n{CANARY}\n")),
        ("secretGenerator: [{name: a, envs: [data]}]\n".to_owned(), format!("{CANARY}: x\n{CANARY}: x\n")),
        ("secretGenerator: [{name: a, envs: [data, data]}]\n".to_owned(), format!("k={CANARY}\n")),
        ("secretGenerator: [{name: a, files: [data]}]\nnamePrefix: 1\n".to_owned(), CANARY.to_owned()),
        ("secretGenerator: [{name: a, files: [data]}]\nvars: [{name: V, objref: {apiVersion: v1, kind: Secret, name: a}, fieldref: {fieldpath: data.data.x}}]\n".to_owned(), CANARY.to_owned()),
        ("secretGenerator: [{name: a, behavior: merge, files: [data]}]\n".to_owned(), CANARY.to_owned()),
        ("secretGenerator: [{name: a, files: [data]}, {name: a, files: [data]}]\n".to_owned(), CANARY.to_owned()),
    ] {
        let repository = of(&fields).with("data", content);
        let found = repository.unbuilt();
        assert!(!found.is_empty() || fields.contains("vars") || fields.contains("namePrefix"), "{fields}");
        assert!(found.iter().all(|found| !found.message.contains(CANARY)), "{found:?}");
    }
}

#[test]
fn an_env_file_with_a_number_alone_in_a_line_does_not_tell_it() {
    let found = of("secretGenerator: [{name: a, envs: [pin]}]\n")
        .with("pin", "8675309\n")
        .unbuilt();
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|found| !found.message.contains("8675309")),
        "{found:?}"
    );
}

#[test]
fn files_that_are_not_in_the_repository_are_not_read() {
    for path in [
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "k=/etc/passwd",
        "a/../../../etc/passwd",
    ] {
        for field in ["files", "envs"] {
            let repository = Repository::default()
                .with(
                    "app/kustomization.yaml",
                    format!("configMapGenerator:\n- name: a\n  {field}: ['{path}']\n"),
                )
                .with("app/a/x", "x");
            let found = repository.unbuilt();
            assert_eq!(found.len(), 1, "{field} {path}: {found:?}");
            assert_eq!(found[0].file, "app/kustomization.yaml");
            assert!(!found[0].message.contains("root:"));
        }
    }
    // Nor beside the kustomization, as kustomize has it.
    Repository::of(&[
        (
            "app/kustomization.yaml",
            "configMapGenerator: [{name: a, files: [../x]}]\n",
        ),
        ("x", "x"),
    ])
    .is_refused("app/kustomization.yaml", "must lie in the folder of the kustomization");
}
