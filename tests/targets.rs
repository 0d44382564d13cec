//! One repository, several clusters: what belongs to which, with a configuration and without.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fs;
use std::path::Path;

use checker::model::inventory::Inventory;
use checker::model::relations::Relations;
use checker::model::target::Target;
use checker::policy::catalog;
use checker::source::{load, walk};
use program::{Run, checker, checker_with_input, here, screen, write};
use serde_json::Value;
use tempfile::TempDir;

const CLUSTERS: [&str; 3] = ["eu", "us", "ap"];

const CONFIGURATION: &str = "\
version: 1
targets:
  - name: eu
    paths: [clusters/eu]
  - name: us
    paths: [clusters/us]
  - name: ap
    paths: [clusters/ap]
";

/// A copy of the fixture: three clusters with the same Namespace, ConfigMap, Deployment and SidecarSet, each in folders of its own
/// depth. In `us` the mesh injects a proxy beside that of the SidecarSet.
fn three_clusters() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = here().join("tests/fixtures/three-clusters");
    for file in walk::walk(&fixture, std::slice::from_ref(&fixture)).unwrap().files {
        write(folder.path(), &file.name, &fs::read(&file.path).unwrap());
    }
    folder
}

fn shop_of(cluster: &str) -> &'static str {
    match cluster {
        "eu" => "clusters/eu/apps/shop/web/shop.yaml",
        "us" => "clusters/us/shop.yaml",
        _ => "clusters/ap/shop/shop.yaml",
    }
}

/// Replaces a text that a file holds.
fn edit(root: &Path, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(name)).unwrap();
    assert!(text.contains(from), "{name} has no `{from}`");
    fs::write(root.join(name), text.replace(from, to)).unwrap();
}

fn json(root: &Path, arguments: &[&str]) -> Value {
    let run = checker(root, &[&["check", "-o", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Policy, target and files of each finding.
fn findings(report: &Value) -> Vec<(&str, &str, Vec<&str>)> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let related = finding["related"].as_array().unwrap().iter();
            let files = std::iter::once(finding)
                .chain(related)
                .map(|place| place["location"]["file"].as_str().unwrap())
                .collect();
            (
                finding["policy"].as_str().unwrap(),
                finding["target"].as_str().unwrap(),
                files,
            )
        })
        .collect()
}

#[test]
fn a_fault_of_one_cluster_is_found_in_that_cluster_alone_with_and_without_configuration() {
    for faulty in CLUSTERS {
        let folder = three_clusters();
        let root = folder.path();
        edit(
            root,
            shop_of("us"),
            "istio-injection: enabled",
            "istio-injection: disabled",
        );
        edit(
            root,
            shop_of(faulty),
            "istio-injection: disabled",
            "istio-injection: enabled",
        );
        for (configuration, target) in [(None, "default"), (Some(CONFIGURATION), faulty)] {
            if let Some(text) = configuration {
                write(root, ".checker.yaml", text.as_bytes());
            }
            let report = json(root, &[]);
            let [(policy, found_in, files)] = &findings(&report)[..] else {
                panic!("{faulty}: {:#}", report["findings"]);
            };
            assert_eq!((*policy, *found_in), ("double-injection", target));
            // The Deployment, its Namespace and its SidecarSet.
            assert_eq!(files.len(), 3);
            let own = format!("clusters/{faulty}/");
            assert!(files.iter().all(|file| file.starts_with(&own)), "{files:?}");
        }
    }
}

#[test]
fn every_relation_stays_in_its_cluster_without_configuration() {
    let folder = three_clusters();
    let root = folder.path();
    let repository = load::load(walk::walk(root, &[root.to_owned()]).unwrap(), None, None);
    let target = Target::everything(catalog::default_profile().unwrap());
    let inventory = Inventory::of(&repository, &target);
    let relations = Relations::of(&inventory, &target.profile);
    let cluster = |file: &str| file.split('/').nth(1).unwrap().to_owned();
    let mut seen = Vec::new();
    for set in &relations.sets {
        let own = cluster(set.set.object.file().path());
        let [workload] = &relations.certain_workloads(set).collect::<Vec<_>>()[..] else {
            panic!("{own} selects {:?}", set.selects);
        };
        assert_eq!(cluster(workload.pod.object.file().path()), own);
        assert_eq!(cluster(workload.namespace.unwrap().file().path()), own);
        seen.push(own);
    }
    seen.sort();
    assert_eq!(seen, ["ap", "eu", "us"]);
}

#[test]
fn a_cluster_without_a_namespace_object_does_not_get_that_of_another() {
    let folder = three_clusters();
    let root = folder.path();
    let text = fs::read_to_string(root.join(shop_of("eu"))).unwrap();
    let (namespace, rest) = text.split_once("---\n").unwrap();
    assert!(namespace.contains("kind: Namespace"));
    write(root, shop_of("eu"), rest.as_bytes());
    // Of the others now each has the label.
    edit(
        root,
        shop_of("ap"),
        "istio-injection: disabled",
        "istio-injection: enabled",
    );
    let report = json(root, &[]);
    let faulty: Vec<&str> = findings(&report).into_iter().map(|(_, _, files)| files[0]).collect();
    assert_eq!(faulty, [shop_of("ap"), shop_of("us")]);
}

#[test]
fn a_set_of_one_target_never_selects_a_workload_of_another() {
    let folder = three_clusters();
    let root = folder.path();
    // Now `us` has no copies of its own, so that nothing but the configuration keeps the two apart.
    fs::remove_file(root.join("clusters/us/sidecarset.yaml")).unwrap();
    fs::remove_file(root.join("clusters/ap/mesh/sidecarset.yaml")).unwrap();
    edit(root, shop_of("us"), "name: nginx\n", "name: web\n");
    let crosses = |report: &Value| {
        findings(report)
            .iter()
            .any(|(policy, _, files)| *policy == "double-injection" && files[0].starts_with("clusters/us/"))
    };
    assert!(crosses(&json(root, &[])));
    write(root, ".checker.yaml", CONFIGURATION.as_bytes());
    assert!(!crosses(&json(root, &[])));
    for (policy, target, files) in findings(&json(root, &[])) {
        let own = format!("clusters/{target}/");
        assert!(files.iter().all(|file| file.starts_with(&own)), "{policy}: {files:?}");
    }
}

#[test]
fn each_target_has_its_line_and_each_finding_its_target() {
    let folder = three_clusters();
    write(folder.path(), ".checker.yaml", CONFIGURATION.as_bytes());
    insta::assert_snapshot!("three_targets", screen(&checker(folder.path(), &["check"])));
    // Who asks for one has no need to be told which.
    let one = checker(folder.path(), &["check", "--target", "us"]);
    assert!(!one.stdout.contains("target: us"), "{}", one.stdout);
}

#[test]
fn what_targets_share_is_found_in_each_and_a_file_that_cannot_be_read_once() {
    let folder = three_clusters();
    let root = folder.path();
    write(
        root,
        ".checker.yaml",
        b"version: 1\ntargets:\n- {name: b, paths: [base]}\n- {name: a, paths: [base, clusters/eu]}\n",
    );
    write(
        root,
        "base/pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {version: 1.10}\n",
    );
    write(root, "base/broken.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: [\n");
    let report = json(root, &[]);
    let found: Vec<(&str, &str)> = findings(&report)
        .into_iter()
        .map(|(policy, target, _)| (policy, target))
        .collect();
    assert_eq!(
        found,
        [
            ("unreadable-document", "b"),
            ("unquoted-string", "b"),
            ("unquoted-string", "a")
        ]
    );
    let fingerprint = |at: usize| &report["findings"][at]["fingerprint"];
    assert_ne!(fingerprint(1), fingerprint(2));
    // Each file is counted once, and each object in each of its clusters.
    assert_eq!(report["coverage"]["files"]["checked"], 3);
    assert_eq!(report["coverage"]["files"]["unreadable"], 1);
    assert_eq!(report["coverage"]["objects"]["Pod"], 2);
    let of_target = |at: usize| &report["targets"][at];
    assert_eq!(of_target(0)["name"], "b");
    assert_eq!(of_target(0)["summary"]["error"], 2);
    assert_eq!(of_target(1)["name"], "a");
    assert_eq!(of_target(1)["summary"]["error"], 1);
    assert_eq!(of_target(1)["coverage"]["files"]["checked"], 3);
    // A person sees the one fault once.
    let screen = checker(root, &["check"]).stdout;
    assert_eq!(screen.matches("error[unquoted-string]").count(), 1, "{screen}");
    assert!(screen.contains("targets: b, a\n"), "{screen}");
}

#[test]
fn what_no_selected_target_holds_is_counted_and_not_judged() {
    let folder = three_clusters();
    let root = folder.path();
    write(root, ".checker.yaml", CONFIGURATION.as_bytes());
    write(root, "clusters/eu-west/broken.yaml", b"kind: Pod\nmetadata: [\n");
    write(root, "tools/values.yaml", b"a: 1\n");
    let skipped = |arguments: &[&str]| {
        let report = json(root, arguments);
        let targets = findings(&report).into_iter().map(|(_, target, _)| target.to_owned());
        let files = &report["coverage"]["files"];
        let total: u64 = files["skipped"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum();
        let accounted = total + files["checked"].as_u64().unwrap() + files["unreadable"].as_u64().unwrap();
        assert_eq!(files["seen"].as_u64().unwrap(), accounted);
        (targets.collect::<Vec<_>>(), files["skipped"].to_string())
    };
    assert_eq!(
        skipped(&[]),
        (
            vec!["us".to_owned()],
            r#"{"configuration":1,"no-target":1,"not-kubernetes":1}"#.to_owned()
        )
    );
    assert_eq!(
        skipped(&["--target", "eu", "--target", "ap"]),
        (
            vec![],
            r#"{"configuration":1,"no-target":1,"not-kubernetes":1,"other-target":2}"#.to_owned()
        )
    );
    let listed = checker(root, &["check", "-v", "--target", "eu"]).stdout;
    assert!(
        listed.contains("other-target                 clusters/us/shop.yaml\n"),
        "{listed}"
    );
    assert!(
        listed.contains("no-target                    clusters/eu-west/broken.yaml\n"),
        "{listed}"
    );
}

#[test]
fn paths_narrow_what_is_judged_and_the_configuration_is_found_above_them() {
    let folder = three_clusters();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    write(root, ".checker.yaml", CONFIGURATION.as_bytes());
    let report = json(&root.join("clusters/us"), &["shop.yaml", "sidecarset.yaml"]);
    assert_eq!(findings(&report)[0].1, "us");
    assert_eq!(report["coverage"]["files"]["seen"], 2);
    let line = checker(root, &["check", "clusters/us"]).stdout;
    assert!(line.contains("  eu: no file among the paths; 0 errors"), "{line}");
}

#[test]
fn the_namespace_of_a_target_is_for_objects_that_name_none_and_a_flag_is_stronger() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "a/pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {version: 1.10}}\n",
    );
    let configuration = "version: 1\ntargets:\n- {name: one, paths: [a], namespace: shop}\n- {name: two, paths: [a]}\n";
    write(root, ".checker.yaml", configuration.as_bytes());
    let namespaces = |arguments: &[&str]| {
        let report = json(root, arguments);
        let objects = report["findings"].as_array().unwrap().iter();
        objects
            .map(|finding| finding["object"]["namespace"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(namespaces(&[]), [Some("shop".to_owned()), None]);
    let flag = Some("other".to_owned());
    assert_eq!(namespaces(&["-n", "other"]), [flag.clone(), flag]);
}

#[test]
fn what_fails_and_further_policies_come_from_the_configuration_unless_a_flag_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {version: 1.10}}\n",
    );
    let policy = fs::read_to_string(here().join("policies/unquoted-string.yaml")).unwrap();
    write(
        root,
        "rules/unquoted-string.yaml",
        policy.replace("severity: error", "severity: warning").as_bytes(),
    );
    write(root, "none/README.md", b"");
    let run = |arguments: &[&str]| checker(root, &[&["check"], arguments].concat()).code;
    assert_eq!(run(&[]), 1);
    write(
        root,
        ".checker.yaml",
        b"version: 1\npolicyDirs: [rules]\nfailOn: error\n",
    );
    assert_eq!(run(&[]), 0);
    assert_eq!(run(&["--fail-on", "warning"]), 1);
    assert_eq!(run(&["--policy-dir", "none"]), 1);
    let explained = checker(root, &["explain", "unquoted-string"]).stdout;
    assert!(explained.starts_with("unquoted-string (warning)"), "{explained}");
}

#[test]
fn a_stream_is_of_the_target_that_is_named() {
    let folder = three_clusters();
    let root = folder.path();
    let with_namespaces = CONFIGURATION.replace("    paths", "    namespace: shop\n    paths");
    write(root, ".checker.yaml", with_namespaces.as_bytes());
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {version: 1.10}}\n";
    let run = |arguments: &[&str]| checker_with_input(root, &[&["check", "-"], arguments].concat(), pod);
    let Run { stdout, code, .. } = run(&["--target", "us", "-o", "json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(findings(&report)[0].1, "us");
    assert_eq!(report["findings"][0]["object"]["namespace"], "shop");
    let several = run(&[]);
    assert_eq!(several.code, 2);
    assert!(several.stderr.contains("`--target` (eu, us, ap)"), "{}", several.stderr);
}

#[test]
fn every_error_of_a_configuration_is_shown_with_its_line() {
    let folder = three_clusters();
    let text = "\
version: 1
targets:
  - name: eu
    namspace: shop
    paths: [clusters/eu, ../elsewhere]
  - name: eu
    paths: clusters/us
    kruise: 1.8
    mesh: asm-1.7
failOn: eror
";
    write(folder.path(), ".checker.yaml", text.as_bytes());
    insta::assert_snapshot!("wrong_configuration", screen(&checker(folder.path(), &["check"])));
}

#[test]
fn a_configuration_or_target_that_is_not_there_ends_with_2() {
    let folder = three_clusters();
    let root = folder.path();
    write(
        root,
        "elsewhere.yaml",
        CONFIGURATION.replace("name: us", "name: production").as_bytes(),
    );
    let configuration = ["check", "--config", "elsewhere.yaml"];
    let found = json(root, &configuration[1..]);
    assert_eq!(findings(&found)[0].1, "production");
    assert_eq!(found["coverage"]["files"]["skipped"]["configuration"], 1);
    for (arguments, message) in [
        (
            &["check", "--config", "no.yaml"][..],
            "`no.yaml`: no such file or directory",
        ),
        (
            &["check", "--target", "eu"],
            "there is no target `eu` (there are: default)",
        ),
        (
            &["check", "--config", "elsewhere.yaml", "--target", "prodution"],
            "there is no target `prodution`; did you mean `production`? (there are: eu, production, ap)",
        ),
    ] {
        let run = checker(root, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert_eq!(run.stderr, format!("checker: {message}\n"));
    }
}
