//! What the program prints and how it ends: snapshots of the real binary.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use program::{checker, checker_with_input, here, screen, write};

#[test]
fn the_correct_scenario_is_clean() {
    insta::assert_snapshot!(screen(&checker(here(), &["check", "examples/asm-1.6"])));
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let run = checker(here(), &["check", "examples/first-look"]);
    let readme = fs::read_to_string(here().join("README.md")).unwrap();
    assert!(
        readme.contains(&format!("```text\n{}```", run.stdout)),
        "the README shows another screen than this one:\n{}",
        run.stdout
    );
}

#[test]
fn the_documents_own_sidecar_set_is_not_json_before_it_is_filled_in() {
    insta::assert_snapshot!(screen(&checker(here(), &["check", "examples/as-printed"])));
}

#[test]
fn each_broken_example_shows_its_policy() {
    let mut screens = String::new();
    let mut names: Vec<_> = fs::read_dir(here().join("examples/broken"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in names {
        let path = format!("examples/broken/{name}");
        let run = checker(here(), &["check", &path, "--fail-on", "info"]);
        let policy = name.split_once('.').map_or(name.as_str(), |(policy, _)| policy);
        assert!(run.stdout.contains(&format!("[{policy}]:")), "{name}:\n{}", run.stdout);
        assert_eq!(run.code, 1, "{name}");
        screens.extend([format!("===== {name}\n"), screen(&run)]);
    }
    insta::assert_snapshot!(screens);
}

#[test]
fn json_has_the_documented_form() {
    let run = checker(
        here(),
        &["check", "examples/broken/duplicate-key.yaml", "--output", "json"],
    );
    insta::assert_snapshot!(screen(&run));
}

#[test]
fn one_fault_in_forty_files_is_no_wall_of_text() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..40 {
        let text =
            format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{number}\n  labels:\n    version: 1.10\n");
        write(folder.path(), &format!("apps/{number:02}.yaml"), text.as_bytes());
    }
    insta::assert_snapshot!(screen(&checker(folder.path(), &["check"])));
}

#[test]
fn every_file_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, ".gitignore", b"build/\n");
    write(root, "build/out.yaml", b"a: [");
    write(root, "README.md", b"# read me");
    write(root, "values.yaml", b"replicas: 3\n");
    write(root, "chart/Chart.yaml", b"name: chart\nversion: 1.0.0\n");
    write(root, "chart/values.yaml", b"replicas: 3\n");
    write(root, "chart/templates/web.yaml", b"kind: {{ .Values.kind }}\n");
    write(root, "jinja.yaml", b"{% for x in y %}\nkind: Pod\n{% endfor %}\n");
    write(
        root,
        "crd.yaml",
        b"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
    );
    write(
        root,
        "base/kustomization.yaml",
        b"resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n",
    );
    write(
        root,
        "base/pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
    );
    write(
        root,
        "base/patch.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: 1}}\n",
    );
    write(root, "broken.yaml", b"kind: Pod\nmetadata: [\n");
    insta::assert_snapshot!("accounted_human", screen(&checker(root, &["check", "-v"])));
    let run = checker(root, &["check", "--output", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let files = &report["coverage"]["files"];
    let skipped: u64 = files["skipped"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(
        files["seen"].as_u64().unwrap(),
        files["checked"].as_u64().unwrap() + files["unreadable"].as_u64().unwrap() + skipped
    );
    insta::assert_snapshot!(
        "accounted_json",
        serde_json::to_string_pretty(&report["coverage"]).unwrap()
    );
}

#[test]
fn standard_input_is_judged_like_a_file() {
    let input = fs::read_to_string(here().join("examples/broken/unquoted-string.yaml")).unwrap();
    insta::assert_snapshot!(screen(&checker_with_input(here(), &["check", "-"], &input)));
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["check", "no/such/folder"][..],
        &["check", "-", "src"],
        &["check", "-"],
        &["check", "--helm", "-"],
        &["check", "-o", "json", "-o", "human"],
        &["check", "--output", "html"],
        &["check", "--fail-on", "fatal"],
        &["check", "--policy-dir", "no/such/folder"],
        &["explain", "duplicate-keys"],
        &["decode", "no/such/file.yaml"],
        &["chek"],
    ] {
        let run = checker(here(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
    insta::assert_snapshot!(screen(&checker(here(), &["explain", "duplicate-keys"])));
}

#[test]
fn the_severity_that_fails_is_a_choice() {
    let path = "examples/broken/renamed-key.yaml";
    assert_eq!(checker(here(), &["check", path]).code, 1);
    assert_eq!(checker(here(), &["check", path, "--fail-on", "error"]).code, 0);
}

#[test]
fn several_outputs_go_to_several_places() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
    );
    let run = checker(folder.path(), &["check", "-o", "json=out.json", "-o", "human"]);
    assert!(run.stdout.contains("1 file seen"), "{}", run.stdout);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!(report["version"], 1);
}

#[test]
fn the_list_of_policies_and_an_explanation_are_readable() {
    insta::assert_snapshot!("policies", screen(&checker(here(), &["policies"])));
    insta::assert_snapshot!("explain", screen(&checker(here(), &["explain", "unquoted-string"])));
}

#[test]
fn decode_prints_one_object_a_line_and_goes_on_behind_a_broken_document() {
    let input = "kind: Pod\nmode: 0644\n---\na: [\n---\napiVersion: v1\nkind: PodList\nitems:\n- metadata: {on: yes}\n";
    insta::assert_snapshot!(screen(&checker_with_input(here(), &["decode", "-"], input)));
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let run = |threads: &str| {
        Command::new(env!("CARGO_BIN_EXE_checker"))
            .args(["check", "examples", "--output", "json"])
            .current_dir(here())
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap()
            .stdout
    };
    let one = run("1");
    assert!(!one.is_empty());
    assert_eq!(one, run("2"));
    assert_eq!(one, run("7"));
}

/// A cluster of Flux whose Kustomization sets the namespace and the variables of `apps`.
fn flux_repository(root: &Path) {
    write(
        root,
        "clusters/prod/apps.yaml",
        b"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  targetNamespace: shop
  postBuild:
    substitute: {APP: web, REPLICAS: \"3\", VERSION: \"1.10\"}
    substituteFrom: [{kind: Secret, name: secrets}]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
",
    );
    write(
        root,
        "apps/web.yaml",
        b"apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${APP}
spec:
  replicas: ${REPLICAS}
  template:
    metadata:
      labels:
        app: \"${APP}\"
        version: \"${VERSION}\"
    spec:
      terminationGracePeriodSeconds: ${GRACE:=30}
      containers:
        - {name: app, image: \"app:1\"}
---
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: mesh}
spec:
  selector: {matchLabels: {app: web}}
  namespace: shop
  containers: [{name: istio-proxy, image: \"proxyv2:1\"}]
",
    );
}

#[test]
fn what_flux_sets_decides_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    flux_repository(folder.path());
    let run = checker(folder.path(), &["check", "--output", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let find = |policy: &str| findings.iter().find(|finding| finding["policy"] == policy);
    let injection = find("double-injection").unwrap_or_else(|| panic!("{}", run.stdout));
    assert_eq!(injection["object"]["namespace"], "shop");
    assert_eq!(injection["object"]["name"], "web");
    let related = injection["related"].as_array().unwrap();
    let flux = related
        .iter()
        .find(|label| label["message"] == "Flux Kustomization `apps` delivers it into the namespace `shop`")
        .unwrap();
    assert_eq!(flux["location"]["file"], "clusters/prod/apps.yaml");
    assert_eq!(flux["location"]["start"]["line"], 6);
    // The quotes in the file do not last, and the bytes are those of the file.
    let unquoted = find("unquoted-string").unwrap();
    assert_eq!(unquoted["location"]["start"]["line"], 11);
    assert_eq!(unquoted["location"]["start"]["column"], 18);
    assert!(find("wrong-type").is_none(), "{}", run.stdout);
    assert_eq!(report["coverage"]["deliveries"]["folders"], 1);
}

#[test]
fn a_namespace_that_two_clusters_set_differently_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    flux_repository(root);
    let other = fs::read_to_string(root.join("clusters/prod/apps.yaml")).unwrap();
    let other = other.replace("targetNamespace: shop", "targetNamespace: store");
    write(root, "clusters/test/apps.yaml", other.as_bytes());
    let run = checker(root, &["check", "--output", "json"]);
    assert!(!run.stdout.contains("double-injection"), "{}", run.stdout);
    assert!(run.stdout.contains("\"undecided\": 1"), "{}", run.stdout);
}

#[test]
fn what_flux_sets_reaches_what_a_kustomization_renders() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    flux_repository(root);
    write(
        root,
        "apps/kustomization.yaml",
        b"resources: [web.yaml]\nnamespace: other\n",
    );
    let run = checker(root, &["check", "--output", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let injection = findings
        .iter()
        .find(|finding| finding["policy"] == "double-injection")
        .unwrap_or_else(|| panic!("{}", run.stdout));
    assert_eq!(injection["object"]["namespace"], "shop");
    assert_eq!(injection["object"]["name"], "web");
    assert_eq!(injection["location"]["file"], "apps/web.yaml");
}
