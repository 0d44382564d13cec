//! Kustomizations that take one another in circles, in chains and in masses.

use super::repository::{Repository, config_map, config_maps};

#[test]
fn circles_are_found_at_the_path_that_leads_round() {
    let component = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n";
    let with = |fields: &str| format!("{component}{fields}");
    let component_b = with("components: [../b]");
    let component_a = with("components: [../a]");
    let component_up = with("resources: ['..']");
    let tables: [(&[(&str, &str)], &str, &str); 10] = [
        (&[("a", "resources: [.]")], "a", "."),
        (&[("a", "resources: [../a]")], "a", "../a"),
        (&[("a", "resources: [../b]"), ("b", "resources: [../a]")], "a", "../b"),
        (&[("a", "bases: [../b]"), ("b", "resources: [../a/]")], "a", "../b"),
        (
            &[
                ("a", "resources: [../b]"),
                ("b", "resources: [../c]"),
                ("c", "resources: [../a]"),
                ("top", "resources: [../b]"),
            ],
            "top",
            "../b",
        ),
        // A base above its overlay is one for kustomize, too, though it does not take it.
        (&[("a", "namePrefix: x-"), ("a/b", "resources: ['..']")], "a/b", "'..'"),
        (
            &[
                ("a", "namePrefix: x-"),
                ("a/b", "resources: [../../c]"),
                ("c", "resources: [../a]"),
            ],
            "a/b",
            "../../c",
        ),
        (
            &[("top", "components: [../a]"), ("a", &component_b), ("b", &component_a)],
            "top",
            "../a",
        ),
        (
            &[
                ("top", "components: [../c/d]"),
                ("c", "namePrefix: x-"),
                ("c/d", &component_up),
            ],
            "c/d",
            "'..'",
        ),
        (
            &[("a", "components: [../b]"), ("b", &with("resources: [../a]"))],
            "a",
            "../b",
        ),
    ];
    for (folders, file, marked) in tables {
        let repository = folders
            .iter()
            .fold(Repository::default(), |repository, (folder, text)| {
                repository.with(&format!("{folder}/kustomization.yaml"), *text)
            });
        let found = repository.is_refused(&format!("{file}/kustomization.yaml"), "go round in a circle");
        assert_eq!(found.marked, marked, "{folders:?}");
        assert_eq!(found.roots, 1);
    }
}

#[test]
fn who_takes_what_is_in_a_circle_is_told_once_for_each_place() {
    let mut repository = Repository::of(&[
        ("a/kustomization.yaml", "resources: [../b]"),
        ("b/kustomization.yaml", "resources: [../a]"),
    ]);
    for root in 0..50 {
        repository = repository.with(&format!("r{root:02}/kustomization.yaml"), "resources: [../a]");
    }
    let found = repository.unbuilt();
    assert_eq!(found.len(), 50);
    assert!(
        found
            .iter()
            .all(|found| found.policy == "refused" && found.marked == "../a")
    );
}

#[test]
fn a_chain_of_thousands_is_too_long_and_one_of_sixty_is_not() {
    let chain = |length: usize| {
        let mut repository = Repository::of(&[("k00000/kustomization.yaml", "resources: [a.yaml]")])
            .with("k00000/a.yaml", config_map("a"));
        for at in 1..length {
            repository = repository.with(
                &format!("k{at:05}/kustomization.yaml"),
                format!("resources: [../k{:05}]\nnamespace: ns\n", at - 1),
            );
        }
        repository
    };
    chain(60).is_built("k00059", 1);
    chain(10_000).is_oversized("k09999/kustomization.yaml", "over more than 64 steps");
}

#[test]
fn thousands_of_roots_over_one_base_are_built_as_far_as_memory_is_theirs() {
    let over = |base: String, roots: usize| {
        let mut repository =
            Repository::of(&[("base/kustomization.yaml", "resources: [all.yaml]")]).with("base/all.yaml", base);
        for root in 0..roots {
            repository = repository.with(
                &format!("r{root:04}/kustomization.yaml"),
                format!("resources: [../base]\nnamePrefix: r{root}-\n"),
            );
        }
        repository
    };
    assert_eq!(over(config_map("a"), 5_000).unbuilt(), []);
    // One fault in the base is one finding.
    let found = over("kind: A\n".to_owned(), 300).is_refused("base/all.yaml", "without a `metadata.name`");
    assert_eq!(found.roots, 300);
    let found = over(config_maps(2_000), 200).unbuilt();
    assert!((100..200).contains(&found.len()), "{}", found.len());
    assert!(
        found
            .iter()
            .all(|found| found.policy == "oversized" && found.message.contains("make too much in all"))
    );
    // The first are those that are built.
    let first = format!("r{:04}/kustomization.yaml", 200 - found.len());
    assert_eq!(found[0].file, first);
    assert_eq!(found[found.len() - 1].file, "r0199/kustomization.yaml");
}

/// Each level takes the one below twice, by two folders.
fn doubling(levels: usize, bottom: &str, prefixes: [&str; 2]) -> Repository {
    let mut repository = Repository::of(&[("l0/kustomization.yaml", bottom)]).with("l0/a.yaml", config_map("a"));
    for level in 1..=levels {
        let below = level - 1;
        for (side, prefix) in ["a", "b"].into_iter().zip(prefixes) {
            repository = repository.with(
                &format!("s{level}{side}/kustomization.yaml"),
                format!("resources: [../l{below}]\n{prefix}\n"),
            );
        }
        repository = repository.with(
            &format!("l{level}/kustomization.yaml"),
            format!("resources: [../s{level}a, ../s{level}b]\n"),
        );
    }
    repository
}

#[test]
fn what_doubles_at_each_level_ends_at_a_bound() {
    let prefixes = ["namePrefix: a", "namePrefix: b"];
    doubling(10, "resources: [a.yaml]", prefixes).is_built("l10", 1_024);
    doubling(30, "resources: [a.yaml]", prefixes).is_oversized("l30/kustomization.yaml", "make too much in all");
    // There is nothing to multiply but the work.
    doubling(30, "namePrefix: x", prefixes).is_oversized("l30/kustomization.yaml", "make too much in all");
    let mut components = Repository::of(&[("top/kustomization.yaml", "components: [../c0, ../c0]")]);
    for level in 0..60 {
        let next = level + 1;
        components = components.with(
            &format!("c{level}/kustomization.yaml"),
            format!(
                "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../c{next}, ../c{next}]\n"
            ),
        );
    }
    components
        .with(
            "c60/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: x\n",
        )
        .is_oversized("c59/kustomization.yaml", "too many steps to build");
}

#[test]
fn components_within_components_end_at_a_bound() {
    let mut repository = Repository::of(&[("top/kustomization.yaml", "components: [../c000]")]);
    for level in 0..200 {
        repository = repository.with(
            &format!("c{level:03}/kustomization.yaml"),
            format!(
                "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: x\n{}",
                if level < 199 {
                    format!("components: [../c{:03}]\n", level + 1)
                } else {
                    String::new()
                }
            ),
        );
    }
    repository.is_oversized("top/kustomization.yaml", "over more than 64 steps");
}

#[test]
fn a_web_of_kustomizations_costs_no_more_than_its_size() {
    // Each of a level takes all of the level below: many ways, and nothing at their end.
    let mut repository = Repository::default();
    for level in 0..20 {
        for at in 0..40 {
            let below: Vec<String> = (0..40)
                .map(|other| format!("../k{:02}-{other:02}", level - 1))
                .collect();
            let fields = if level == 0 {
                "namePrefix: x\n".to_owned()
            } else {
                format!("namespace: ns\nresources: [{}]\n", below.join(", "))
            };
            repository = repository.with(&format!("k{level:02}-{at:02}/kustomization.yaml"), fields);
        }
    }
    let found = repository.unbuilt();
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|found| found.policy == "oversized"),
        "{:?}",
        found.first()
    );
}

#[test]
fn folders_in_folders_that_take_one_another_cost_no_more_than_their_size() {
    // Each stands below all before it, and is taken by one beside: there may be a circle through each of them.
    let mut repository = Repository::default();
    let mut folder = "d".to_owned();
    for level in 0..400 {
        repository = repository
            .with(&format!("{folder}/kustomization.yaml"), "namePrefix: x\n")
            .with(
                &format!("s{level:03}/kustomization.yaml"),
                format!("resources: [../{folder}]\n"),
            );
        folder.push_str("/d");
    }
    assert_eq!(repository.unbuilt(), []);
    // The way up from the innermost.
    repository
        .with(
            &format!("{folder}/kustomization.yaml"),
            format!("resources: [{}s000]\n", "../".repeat(401)),
        )
        .is_refused(&format!("{folder}/kustomization.yaml"), "go round in a circle");
}

#[test]
fn more_paths_than_anybody_names_are_not_looked_for() {
    let many: String = (0..100_000).map(|at| format!("- r{at}\n")).collect();
    Repository::default()
        .with("kustomization.yaml", format!("resources:\n{many}"))
        .is_oversized("kustomization.yaml", "more than 20000 paths");
    let again = "- a.yaml\n".repeat(200_000);
    Repository::default()
        .with("kustomization.yaml", format!("resources:\n{again}"))
        .with("a.yaml", config_map("a"))
        .is_refused("a.yaml", "is there twice");
    let again = "- '#'\n".repeat(100_000);
    Repository::default()
        .with("kustomization.yaml", format!("resources:\n{again}"))
        .is_refused("kustomization.yaml", "finds nothing to take");
}
