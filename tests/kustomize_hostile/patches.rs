//! Patches that are far too large, match far too much, or multiply what they find.

use super::repository::{Repository, config_map, config_maps};

fn of(patches: &str) -> Repository {
    Repository::default()
        .with("kustomization.yaml", format!("resources: [a.yaml]\n{patches}"))
        .with("a.yaml", format!("{}data: {{k: v}}\n", config_map("a")))
}

#[test]
fn a_patch_of_ten_megabytes_is_applied_once_and_not_to_thousands() {
    let patch = |keys: usize| {
        let data: String = (0..keys).map(|key| format!("  key{key}: \"{key:070}\"\n")).collect();
        format!("{}data:\n{data}", config_map("a"))
    };
    let large = patch(130_000);
    assert!(large.len() > 10 << 20);
    of("patchesStrategicMerge: [p.yaml]\n")
        .with("p.yaml", large)
        .is_built("", 1);
    let found = Repository::of(&[(
        "kustomization.yaml",
        "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n",
    )])
    .with("a.yaml", config_maps(1_000))
    .with("p.yaml", patch(20_000))
    .is_oversized("kustomization.yaml", "would add more than");
    assert!(found.marked.starts_with("[{path: p.yaml"), "{found:?}");
}

#[test]
fn a_json_patch_of_a_hundred_thousand_operations_is_carried_out_or_told_off() {
    let operations = |operation: &dyn Fn(usize) -> String| -> String { (0..100_000).map(operation).collect() };
    let patch = "patches: [{path: p.yaml, target: {name: a}}]\n";
    let replaces = operations(&|at| format!("- {{op: replace, path: /data/k, value: \"{at} {}\"}}\n", "x".repeat(60)));
    assert!(replaces.len() > 10 << 20);
    of(patch).with("p.yaml", replaces).is_built("", 1);
    // Each is looked for among all that are there.
    of(patch)
        .with(
            "p.yaml",
            operations(&|at| format!("- {{op: add, path: /data/k{at}, value: x}}\n")),
        )
        .is_oversized("kustomization.yaml", "steps");
    of(patch)
        .with(
            "p.yaml",
            operations(&|at| format!("- {{op: test, path: /data/k, value: v}} # {at}\n")),
        )
        .is_built("", 1);
    of(patch)
        .with(
            "p.yaml",
            operations(&|_| "- {op: remove, path: /data/none}\n".to_owned()),
        )
        .is_refused("p.yaml", "nothing at `/data/none`");
}

#[test]
fn operations_that_double_what_is_there_end_at_a_bound() {
    let doubling: String = (0..200)
        .map(|at| {
            format!(
                "- {{op: copy, from: /data, path: /copy{at}}}\n- {{op: move, from: /copy{at}, path: /data/d{at}}}\n"
            )
        })
        .collect();
    of("patches: [{path: p.yaml, target: {name: a}}]\n")
        .with("p.yaml", doubling)
        .is_oversized("kustomization.yaml", "would add more than");
    let long = format!("- {{op: add, path: /data/k, value: '{}'}}\n", "x".repeat(1 << 20));
    let copies: String = (0..1_000)
        .map(|at| format!("- {{op: copy, from: /data/k, path: /data/k{at}}}\n"))
        .collect();
    of("patches: [{path: p.yaml, target: {name: a}}]\n")
        .with("p.yaml", format!("{long}{copies}"))
        .is_oversized("kustomization.yaml", "more than 2000000 values");
}

#[test]
fn operations_that_nest_what_is_there_end_at_a_bound() {
    let nesting: String = (0..1_000)
        .map(|_| "- {op: add, path: /new, value: {}}\n- {op: move, from: /data, path: /new/x}\n- {op: move, from: /new, path: /data}\n")
        .collect();
    of("patches: [{path: p.yaml, target: {name: a}}]\n")
        .with("p.yaml", nesting)
        .is_oversized("p.yaml", "deeper than 200 levels");
    let deep = |depth: usize| format!("{}{}", "{a: ".repeat(depth), "}".repeat(depth));
    for depth in [1_000, 9_000] {
        of("patches: [path: p.yaml]\n")
            .with("p.yaml", format!("{}data: {}\n", config_map("a"), deep(depth)))
            .is_oversized("p.yaml", "nested deeper than 200 levels");
    }
    for depth in [100_000, 1_000_000] {
        of("patches: [path: p.yaml]\n")
            .with("p.yaml", format!("{}data: {}\n", config_map("a"), "[".repeat(depth)))
            .is_refused("p.yaml", "cannot be read");
        of(&format!("patches: [{{patch: '{}'}}]\n", "[".repeat(depth))).is_refused("kustomization.yaml", "");
        of(&format!("patchesStrategicMerge: ['{}']\n", "{a: ".repeat(depth))).is_refused("kustomization.yaml", "");
    }
    // JSON readers have a bound of their own.
    of(&format!(
        "patches: [{{target: {{name: a}}, patch: '[{{\"op\": \"add\", \"path\": \"/x\", \"value\": {}{}}}]'}}]\n",
        "[".repeat(5_000),
        "]".repeat(5_000)
    ))
    .is_oversized("kustomization.yaml", "nested deeper than 200 levels");
}

#[test]
fn alias_bombs_in_patches_are_refused() {
    let mut bomb = "a0: &a0 {x: y}\n".to_owned();
    for level in 1..=9 {
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            vec![format!("*a{}", level - 1); 10].join(", ")
        ));
    }
    of("patches: [path: p.yaml]\n")
        .with("p.yaml", format!("{}{bomb}", config_map("a")))
        .is_refused("p.yaml", "cannot be read");
    let inline: String = bomb.lines().map(|line| format!("    {line}\n")).collect();
    of(&format!("patches:\n- patch: |\n    kind: ConfigMap\n{inline}"))
        .is_refused("kustomization.yaml", "cannot be read");
}

#[test]
fn a_thousand_patches_of_a_thousand_objects_are_applied() {
    let named: String = (0..1_000)
        .map(|at| {
            format!(
                "- patch: '{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{at}}}, data: {{p: \"{at}\"}}}}'\n"
            )
        })
        .collect();
    let repository = Repository::default()
        .with("kustomization.yaml", format!("resources: [a.yaml]\npatches:\n{named}"))
        .with("a.yaml", config_maps(1_000));
    let built = repository.built("").unwrap();
    assert_eq!(built[777]["data"]["p"], "777");
    let selecting: String = (0..1_000)
        .map(|at| format!("- {{target: {{name: 'c[0-9]*{at}'}}, patch: '- {{op: add, path: /metadata/labels, value: {{p: \"{at}\"}}}}'}}\n"))
        .collect();
    Repository::default()
        .with(
            "kustomization.yaml",
            format!("resources: [a.yaml]\npatches:\n{selecting}"),
        )
        .with("a.yaml", config_maps(300))
        .is_built("", 300);
    let all = "- {target: {}, patch: '- {op: add, path: /x, value: 1}'}\n".repeat(20_000);
    Repository::default()
        .with("kustomization.yaml", format!("resources: [a.yaml]\npatches:\n{all}"))
        .with("a.yaml", config_maps(1_000))
        .is_oversized("kustomization.yaml", "would take more than");
}

#[test]
fn a_patch_of_many_items_for_a_list_of_many_ends_at_a_bound() {
    let list = |from: usize| -> String {
        (from..from + 20_000)
            .map(|at| format!("  - {{name: n{at}, image: x}}\n"))
            .collect()
    };
    let pod = |items: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{items}");
    Repository::of(&[("kustomization.yaml", "resources: [a.yaml]\npatches: [path: p.yaml]\n")])
        .with("a.yaml", pod(&list(0)))
        .with("p.yaml", pod(&list(20_000)))
        .is_oversized("kustomization.yaml", "would take more than");
}

#[test]
fn expressions_that_explode_end_at_a_bound() {
    let target = |expression: &str| {
        let patch =
            format!("patches: [{{target: {{name: '{expression}'}}, patch: '- {{op: add, path: /x, value: 1}}'}}]\n");
        Repository::default()
            .with("kustomization.yaml", format!("resources: [a.yaml]\n{patch}"))
            .with("a.yaml", config_map(&"a".repeat(500)))
    };
    // What takes exponential time elsewhere takes none here.
    for expression in ["(a+)+b", "(a|a)*b", "(a*)*(a*)*(a*)*b", "((a+)+)+$"] {
        target(expression).is_built("", 1);
    }
    for expression in [
        "(a{1000}){1000}",
        "a{1000}{1000}",
        &"(".repeat(1_000),
        "(?i)a",
        "[[:alpha:]]",
        "\\p{L}+",
    ] {
        target(expression).is_undecided("kustomization.yaml", "the regular expression");
    }
    target(&format!("{}{}", "(".repeat(1_500), ")".repeat(1_500)))
        .is_undecided("kustomization.yaml", "the regular expression");
    target(&"[a-z]+".repeat(500)).is_built("", 1);
    for expression in ["a".repeat(1 << 20), "(a|b)*".repeat(1 << 17), "(".repeat(1 << 20)] {
        target(&expression).is_oversized("kustomization.yaml", "longer than 4096 bytes");
    }
    let selector = |selector: &str| {
        of(&format!(
            "patches: [{{target: {{labelSelector: '{selector}'}}, patch: '- {{op: add, path: /x, value: 1}}'}}]\n"
        ))
    };
    selector(&"a in (b),".repeat(1 << 16)).is_oversized("kustomization.yaml", "longer than 4096 bytes");
    selector(&"(".repeat(4_000)).is_refused("kustomization.yaml", "no label selector");
    selector("a in (").is_refused("kustomization.yaml", "no label selector");
}

#[test]
fn expressions_of_replacements_that_explode_end_at_a_bound() {
    let replacement = |field: &str| {
        Repository::default()
            .with(
                "kustomization.yaml",
                format!(
                    "resources: [a.yaml]\nreplacements:\n- source: {{kind: ConfigMap, name: a, fieldPath: metadata.name}}\n  targets: [{{select: {{kind: ConfigMap}}, fieldPaths: ['{field}']}}]\n"
                ),
            )
            .with("a.yaml", format!("{}list: [{{name: {}}}]\n", config_map("a"), "a".repeat(4_000)))
    };
    for field in [
        "list.[name=(a+)+b].x",
        "list.[name=a{1000}{1000}].x",
        &format!("list.[name={}].x", "(".repeat(1_000_000)),
    ] {
        let found = replacement(field).unbuilt();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].file, "kustomization.yaml");
    }
    let found = replacement(&format!("list.{}", "*.".repeat(500_000))).unbuilt();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn replacements_of_everything_by_everything_end_at_a_bound() {
    let all = "- source: {kind: ConfigMap, name: c0, fieldPath: metadata.name}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x], options: {create: true}}]\n"
        .repeat(20_000);
    Repository::default()
        .with(
            "kustomization.yaml",
            format!("resources: [a.yaml]\nreplacements:\n{all}"),
        )
        .with("a.yaml", config_maps(5_000))
        .is_oversized("kustomization.yaml", "replacements of this kustomization");
    // What is copied into itself grows.
    let grow: String = (0..100)
        .map(|at| format!("- source: {{kind: ConfigMap, name: a, fieldPath: data}}\n  targets: [{{select: {{name: b}}, fieldPaths: [data.x{at}], options: {{create: true}}}}]\n- source: {{kind: ConfigMap, name: b, fieldPath: data}}\n  targets: [{{select: {{name: a}}, fieldPaths: [data.x{at}], options: {{create: true}}}}]\n"))
        .collect();
    let found = of(&format!("replacements:\n{grow}"))
        .with(
            "a.yaml",
            format!(
                "{}data: {{k: v}}\n---\n{}data: {{k: v}}\n",
                config_map("a"),
                config_map("b")
            ),
        )
        .unbuilt();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].policy, "oversized", "{found:?}");
}
