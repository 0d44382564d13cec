//! Charts rendered by the real Helm: what comes out is judged, and found in the templates.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The folder of the `helm` of this machine; without one the tests say so and pass.
fn helm() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).find(|folder| folder.join("helm").is_file());
    if found.is_none() {
        eprintln!("skipped: there is no `helm` on the PATH (`sh tests/run` builds one)");
    }
    found
}

/// The repository of the fixtures, in a folder of its own.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/helm");
    copy(&fixtures, folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn checker(folder: &Path, path: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_checker"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("PATH", path)
        .output()
        .unwrap()
}

fn report(folder: &Path, path: &Path, arguments: &[&str]) -> Value {
    let output = checker(folder, path, &[arguments, &["--output", "json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Each finding in one line: policy, place, and the bytes there; `~` for a rendered position.
fn findings(folder: &Path, report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let location = &finding["location"];
            let file = location["file"].as_str().unwrap();
            let offset = |end: &str| usize::try_from(location[end]["offset"].as_u64().unwrap()).unwrap();
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let near = if location["rendered"] == true { " ~" } else { "" };
            format!(
                "{} {file}:{}{near} `{}` {}/{}",
                finding["policy"].as_str().unwrap(),
                location["start"]["line"],
                text[offset("start")..offset("end")].escape_debug(),
                finding["object"]["namespace"].as_str().unwrap_or("-"),
                finding["object"]["name"].as_str().unwrap_or("-"),
            )
        })
        .collect()
}

#[test]
fn what_a_chart_renders_is_judged_at_its_templates() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let report = report(folder.path(), &path, &["--helm", "--fail-on", "info"]);
    insta::assert_snapshot!(findings(folder.path(), &report).join("\n"));
    insta::assert_snapshot!(
        "coverage_of_charts",
        serde_json::to_string_pretty(&serde_json::json!({
            "charts": report["coverage"]["charts"],
            "files": report["coverage"]["files"],
        }))
        .unwrap()
    );
}

#[test]
fn the_report_for_people_says_what_was_rendered() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let output = checker(folder.path(), &path, &["--helm"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn what_is_in_a_rendered_secret_is_never_shown() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let root = folder.path();
    // A policy on every object: without one nobody looks at a Secret.
    let policy = "id: no-version
title: A version
severity: warning
chapter: reading
why: For this test.
source: [this test]
mend: Remove it.
evaluator:
  cel: {on: object, fault: 'self.kind == \"Secret\"', message: '\"a version\"', at: [stringData.token]}
examples: {pass: [], fail: []}
";
    fs::create_dir(root.join("policies")).unwrap();
    fs::write(root.join("policies/no-version.yaml"), policy).unwrap();
    for arguments in [&["--helm", "-v"][..], &["--helm", "--output", "json"]] {
        let output = checker(root, &path, &[arguments, &["--policy-dir", "policies"]].concat());
        let text = format!("{output:?}");
        assert!(text.contains("charts/web/templates/secret.yaml"), "{text}");
        assert!(!text.contains("never-shown"), "{text}");
    }
}

#[test]
fn nothing_is_rendered_unless_it_is_asked_for() {
    let folder = repository();
    let path = folder.path().join("bin");
    let report = report(folder.path(), &path, &[]);
    assert_eq!(findings(folder.path(), &report), Vec::<String>::new());
    assert_eq!(report["coverage"]["files"]["helmCharts"], 4);
    for chart in report["coverage"]["charts"].as_array().unwrap() {
        assert_eq!(chart["rendered"], false, "{chart}");
    }
}

#[test]
fn without_helm_the_command_is_wrong() {
    let folder = repository();
    let output = checker(folder.path(), &folder.path().join("bin"), &["--helm"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_release_of_the_configuration_is_rendered_as_it_says() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let configuration = "version: 1
targets:
  - name: prod
    paths: [.]
    namespace: elsewhere
    helm:
      - {chart: charts/web, release: front, namespace: store, values: [charts/web/prod.yaml]}
";
    fs::write(folder.path().join(".checker.yaml"), configuration).unwrap();
    let report = report(folder.path(), &path, &["--helm"]);
    let found = findings(folder.path(), &report);
    assert!(found.iter().any(|line| line.ends_with("store/front")), "{found:#?}");
    assert!(!found.iter().any(|line| line.ends_with("shop/web")), "{found:#?}");
}

#[test]
fn a_link_never_brings_in_what_lies_elsewhere() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.yaml"), "name: from-outside\n").unwrap();
    let chart = folder.path().join("charts/broken");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), chart.join("values.yaml")).unwrap();
    let report = report(folder.path(), &path, &["--helm"]);
    let text = report.to_string();
    assert!(!text.contains("from-outside"), "{text}");
    assert!(text.contains("a name is due"), "{text}");
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A chart of one Deployment with a number of replicas that is none.
fn small_chart(root: &Path, folder: &str, name: &str, more: &str) {
    write(
        root,
        &format!("{folder}/Chart.yaml"),
        &format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}"),
    );
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}\nspec:\n  \
                    replicas: {{ .Values.replicas | quote }}\n  selector: {matchLabels: {app: a}}\n  template:\n    \
                    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: 'a:1', imagePullPolcy: Always}]}\n";
    write(root, &format!("{folder}/templates/deployment.yaml"), template);
}

#[test]
fn a_chart_within_a_chart_is_found_by_its_aliases_and_one_that_is_switched_off_is_told() {
    let Some(path) = helm() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let dependencies = "dependencies:\n- {name: db, version: 1.0.0, alias: primary}\n- {name: db, version: 1.0.0, alias: replica}\n\
                        - {name: cache, version: 1.0.0, condition: cache.enabled}\n";
    small_chart(root, "web", "web", dependencies);
    small_chart(root, "web/charts/db", "db", "");
    small_chart(root, "web/charts/cache", "cache", "");
    write(
        root,
        "web/values.yaml",
        "cache: {enabled: false}\nreplicas: 2\nprimary: {replicas: 1}\nreplica: {replicas: 3}\n",
    );
    let report = report(root, &path, &["--helm"]);
    let found = findings(root, &report);
    for line in [
        "wrong-type web/charts/db/templates/deployment.yaml:6 `{{ .Values.replicas | quote }}` -/web-primary",
        "wrong-type web/charts/db/templates/deployment.yaml:6 `{{ .Values.replicas | quote }}` -/web-replica",
        "wrong-type web/templates/deployment.yaml:6 `{{ .Values.replicas | quote }}` -/web-web",
        // A line without actions comes out as it is, and so each of its parts is found.
        "unknown-field web/templates/deployment.yaml:10 `imagePullPolcy` -/web-web",
    ] {
        assert!(found.iter().any(|found| found == line), "{line}\n{found:#?}");
    }
    let charts = report["coverage"]["charts"].as_array().unwrap().iter();
    let reasons: Vec<_> = charts
        .map(|chart| (chart["chart"].as_str().unwrap(), chart["reason"].as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("web", None),
            ("web/charts/cache", Some("nothing came out of it with these values")),
            ("web/charts/db", None),
        ]
    );
}

/// A chart that a base installs, and two overlays with values of their own.
fn two_installations(root: &Path) {
    small_chart(root, "charts/web", "web", "");
    write(root, "charts/web/values.yaml", "replicas: 1\n");
    write(root, "charts/web/only.yaml", "other: 1\n");
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n\
                   spec:\n  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: all}}}\n";
    write(root, "apps/base/release.yaml", release);
    write(root, "apps/base/kustomization.yaml", "resources: [release.yaml]\n");
    let values = |spec: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
        )
    };
    for (cluster, spec) in [
        ("eu", "{values: {replicas: 7}}"),
        ("us", "{chart: {spec: {valuesFiles: [charts/web/only.yaml]}}}"),
    ] {
        write(root, &format!("apps/{cluster}/patch.yaml"), &values(spec));
        write(
            root,
            &format!("apps/{cluster}/kustomization.yaml"),
            "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        );
    }
}

#[test]
fn one_chart_for_two_clusters_is_rendered_as_each_overlay_installs_it() {
    let Some(path) = helm() else { return };
    let folder = tempfile::tempdir().unwrap();
    two_installations(folder.path());
    let report = report(folder.path(), &path, &["--helm"]);
    let found = findings(folder.path(), &report);
    assert!(
        !found.iter().any(|line| line.starts_with("duplicate-object")),
        "{found:#?}"
    );
    // In `us` no values say how many replicas there are: those of the chart itself count for nothing beside `valuesFiles`.
    let count = |policy: &str| found.iter().filter(|line| line.starts_with(policy)).count();
    assert_eq!((count("wrong-type"), count("unknown-field")), (1, 2), "{found:#?}");
}

#[test]
fn render_prints_a_chart_for_each_of_those_who_install_it() {
    let Some(path) = helm() else { return };
    let folder = tempfile::tempdir().unwrap();
    two_installations(folder.path());
    let render = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_checker"))
            .arg("render")
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", &path)
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        (out.unwrap(), err.unwrap(), output.status.code().unwrap())
    };
    let (text, _, code) = render(&["charts/web", "--helm"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text);
    let (_, complaint, code) = render(&["charts/web"]);
    assert_eq!(
        (complaint.as_str(), code),
        (
            "checker: charts/web: a chart stands in this folder; `--helm` lets Helm render it\n",
            2
        )
    );
    write(
        folder.path(),
        "charts/web/templates/broken.yaml",
        "{{ fail \"no more\" }}\n",
    );
    let (text, complaint, code) = render(&["charts/web", "--helm"]);
    assert_eq!((text.as_str(), code), ("", 1));
    assert!(
        complaint.contains("charts/web/templates/broken.yaml:1:4: "),
        "{complaint}"
    );
}

#[test]
fn who_touches_values_or_the_release_is_told_of_what_the_chart_makes_of_them() {
    let Some(path) = helm() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    two_installations(root);
    let told = |name: &str| {
        let report = report(root, &path, &["--helm", "--touched", name]);
        findings(root, &report)
            .iter()
            .filter(|line| line.starts_with("unknown-field"))
            .count()
    };
    for (name, expected) in [
        ("charts/web/values.yaml", 2),
        ("charts/web/Chart.yaml", 2),
        ("charts/web/only.yaml", 2),
        ("apps/base/release.yaml", 2),
        ("apps/eu/patch.yaml", 1),
        ("apps/us/patch.yaml", 1),
    ] {
        assert_eq!(told(name), expected, "{name}");
    }
    write(
        root,
        "other.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    assert_eq!(told("other.yaml"), 0);
    // Also of a chart that is not rendered any more.
    write(root, "charts/web/templates/broken.yaml", "{{ fail \"no more\" }}\n");
    let report = report(root, &path, &["--helm", "--touched", "apps/eu/patch.yaml"]);
    let found = findings(root, &report);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("unrendered-chart"), "{found:#?}");
}

#[test]
fn a_release_of_one_target_leaves_those_of_the_others_as_their_objects_say() {
    let Some(path) = helm() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    two_installations(root);
    let configuration = "version: 1
targets:
  - {name: eu, paths: [apps/eu], helm: [{chart: charts/web, release: front, namespace: store}]}
  - {name: us, paths: [apps/us]}
";
    write(root, ".checker.yaml", configuration);
    let report = report(root, &path, &["--helm"]);
    let found: Vec<String> = findings(root, &report)
        .into_iter()
        .filter(|line| line.starts_with("unknown-field"))
        .collect();
    let ends: Vec<&str> = found.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(ends, ["store/front-web", "shop/web-web"], "{found:#?}");
}
