//! Kustomizations through the program: what is judged, where findings point, what `render` prints.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::path::Path;
use std::process::Command;

use program::{checker, here, screen, write};
use serde_json::Value;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
                          spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web:1}]}}}\n";
const MESH: &str = "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: mesh}\n\
                    spec:\n  selector: {matchLabels: {app: web}}\n  containers: [{name: istio-proxy, image: 'mesh/proxy:1'}]\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n";

fn json(run: &program::Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// The findings of one policy.
fn of_policy<'r>(report: &'r Value, policy: &str) -> Vec<&'r Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["policy"] == policy).collect()
}

#[test]
fn overlays_are_judged_and_each_line_to_edit_is_shown() {
    insta::assert_snapshot!(screen(&checker(here(), &["check", "examples/overlays"])));
}

#[test]
fn render_prints_what_kustomize_would() {
    insta::assert_snapshot!(screen(&checker(here(), &["render", "examples/overlays/eu"])));
}

#[test]
fn render_names_the_place_of_each_field_that_the_base_does_not_give() {
    let run = checker(here(), &["render", "examples/overlays/us", "--output", "json"]);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let set = lines
        .iter()
        .find(|line| line["object"]["kind"] == "SidecarSet")
        .unwrap();
    let changes = set["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    let change = &changes[0];
    assert_eq!(change["path"], "spec.containers[name=istio-proxy].image");
    assert_eq!(change["by"], "images");
    assert_eq!(change["location"]["file"], "examples/overlays/us/kustomization.yaml");
    assert_eq!(change["location"]["start"]["line"], 6);
    assert_eq!(
        change["before"][0]["location"]["file"],
        "examples/overlays/base/sidecarset.yaml"
    );
    assert_eq!(set["location"]["file"], "examples/overlays/base/sidecarset.yaml");
}

#[test]
fn three_clusters_over_one_base_are_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "base/kustomization.yaml",
        b"resources: [web.yaml, mesh.yaml, namespace.yaml]\nnamespace: shop\n",
    );
    write(root, "base/web.yaml", DEPLOYMENT.as_bytes());
    write(root, "base/mesh.yaml", MESH.as_bytes());
    write(root, "base/namespace.yaml", NAMESPACE.as_bytes());
    for cluster in ["ap", "eu", "us"] {
        write(
            root,
            &format!("clusters/{cluster}/kustomization.yaml"),
            b"resources: [../../base]\n",
        );
    }
    let opt_out = b"resources: [../../base]\npatches:\n- target: {kind: Namespace}\n  patch: |-\n    - {op: replace, path: /metadata/labels/istio-injection, value: disabled}\n";
    write(root, "clusters/eu/kustomization.yaml", opt_out);
    let report = json(&checker(root, &["check", "--output", "json"]));
    let found = of_policy(&report, "double-injection");
    assert_eq!(found.len(), 1, "one base, one finding: {found:#?}");
    assert_eq!(
        found[0]["renderedIn"],
        serde_json::json!(["clusters/ap", "clusters/us"])
    );
    assert_eq!(found[0]["location"]["file"], "base/web.yaml");
    assert_eq!(of_policy(&report, "several-sidecarsets").len(), 0);
    assert_eq!(of_policy(&report, "several-deployments").len(), 0);
    assert_eq!(report["coverage"]["kustomizations"]["native"], 3);
    assert_eq!(report["coverage"]["objects"]["Deployment"], 3);
}

#[test]
fn clusters_that_rename_what_they_share_are_not_mixed_either() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "base/kustomization.yaml",
        b"resources: [web.yaml, mesh.yaml]\nnamespace: shop\n",
    );
    write(root, "base/web.yaml", DEPLOYMENT.as_bytes());
    write(root, "base/mesh.yaml", MESH.as_bytes());
    let of = |prefix: &str| format!("resources: [../../base]\nnamePrefix: {prefix}-\n");
    for cluster in ["eu", "us"] {
        let name = format!("clusters/{cluster}/kustomization.yaml");
        write(root, &name, of(cluster).as_bytes());
    }
    let counts = |root: &Path| {
        let report = json(&checker(root, &["check", "--output", "json"]));
        [
            "several-sidecarsets",
            "several-deployments",
            "overlapping-sidecarsets",
            "selects-nothing",
        ]
        .map(|policy| of_policy(&report, policy).len())
    };
    assert_eq!(counts(root), [0; 4]);
    // Both in one cluster are in each other's way.
    write(root, "clusters/all/kustomization.yaml", b"resources: [../eu, ../us]\n");
    assert_eq!(counts(root), [2, 2, 0, 0]);
}

#[test]
fn what_a_patch_or_another_field_puts_there_is_shown_beside_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mesh = MESH.replace(
        "'mesh/proxy:1'}",
        "'mesh/proxy:1', volumeMounts: [{name: istio-envoy, mountPath: /etc/istio/proxy}]}",
    ) + "  volumes: [{name: istio-envoy, emptyDir: {medium: Memory}}]\n";
    let other = MESH
        .replace("name: mesh", "name: other")
        .replace("app: web", "tier: front");
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {image: 'mesh/proxy:latest'}\n";
    write(root, "base/kustomization.yaml", b"resources: [all.yaml]\n");
    let all = [DEPLOYMENT, &mesh, &other, settings].join("---\n");
    write(root, "base/all.yaml", all.as_bytes());
    let prod = "\
resources: [../base]
namespace: shop
patches:
- patch: |-
    apiVersion: apps.kruise.io/v1alpha1
    kind: SidecarSet
    metadata: {name: mesh}
    spec:
      volumes:
      - {name: own, emptyDir: {}, $patch: replace}
labels:
- pairs: {tier: front}
  includeTemplates: true
replacements:
- source: {kind: ConfigMap, fieldPath: data.image}
  targets:
  - select: {kind: SidecarSet, name: other}
    fieldPaths: ['spec.containers.[name=istio-proxy].image']
";
    write(root, "prod/kustomization.yaml", prod.as_bytes());
    let report = json(&checker(root, &["check", "--output", "json"]));
    let told = |policy: &str| -> Vec<(String, u64)> {
        let findings = of_policy(&report, policy).into_iter();
        let labels = findings.flat_map(|finding| finding["related"].as_array().unwrap());
        labels
            .filter(|label| label["location"]["file"] == "prod/kustomization.yaml")
            .map(|label| {
                let line = label["location"]["start"]["line"].as_u64().unwrap();
                (label["message"].as_str().unwrap().to_owned(), line)
            })
            .collect()
    };
    for (policy, label, line) in [
        ("several-sidecarsets", "`labels` puts the label there", 12),
        ("missing-volume", "`patches` puts the volumes there", 10),
        ("floating-image", "`replacements` puts it there", 18),
    ] {
        let told = told(policy);
        assert!(told.contains(&(label.to_owned(), line)), "{policy}: {told:?}");
    }
    let help = of_policy(&report, "unknown-field")[0]["help"].as_str().unwrap();
    assert!(help.contains("write all items that are to be there"), "{help}");
}

#[test]
fn a_namespace_that_only_an_overlay_gives_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "app/web.yaml", format!("{DEPLOYMENT}---\n{MESH}").as_bytes());
    write(root, "app/kustomization.yaml", b"resources: [web.yaml]\n");
    let undecided = |root: &Path| json(&checker(root, &["check", "--output", "json"]))["coverage"]["undecided"].clone();
    assert_eq!(undecided(root), 1);
    write(
        root,
        "prod/kustomization.yaml",
        b"resources: [../app, namespace.yaml]\nnamespace: shop\n",
    );
    write(root, "prod/namespace.yaml", NAMESPACE.as_bytes());
    assert_eq!(undecided(root), 0);
}

#[test]
fn what_cannot_be_built_is_told_and_its_files_are_judged_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "a/kustomization.yaml",
        b"resources: [web.yaml, 'https://example.org/base?ref=v1']\nnamespace: shop\n",
    );
    write(root, "a/web.yaml", format!("{DEPLOYMENT}---\n{MESH}").as_bytes());
    write(
        root,
        "b/kustomization.yaml",
        b"resources: [../../outside, nothing.yaml]\n",
    );
    insta::assert_snapshot!(screen(&checker(root, &["check", "--fail-on", "info"])));
}

#[test]
fn values_of_secrets_are_neither_rendered_nor_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = b"secretGenerator:\n- name: s\n  literals: [password=hunter2]\nresources: [secret.yaml]\n";
    write(root, "kustomization.yaml", text);
    write(
        root,
        "secret.yaml",
        b"apiVersion: v1\nkind: Secret\nmetadata: {name: t, annotations: {note: it is hunter2}, data: {slipped: hunter2}}\nstringData: {token: hunter2}\ndata: {key: aHVudGVyMg==}\npassword: hunter2\n",
    );
    for arguments in [
        &["render", "."][..],
        &["render", ".", "--output", "json"],
        &["check", "--output", "json", "-v"],
        &["check", "-v"],
    ] {
        let run = checker(root, arguments);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(
            !all.contains("hunter2") && !all.contains("aHVudGVyMg"),
            "{arguments:?}: {all}"
        );
    }
    let rendered = checker(root, &["render", "."]).stdout;
    assert!(rendered.contains(r#"password: "***""#), "{rendered}");
}

#[test]
fn render_points_at_the_lines_of_a_transformer_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "app/web.yaml", DEPLOYMENT.as_bytes());
    let inline = b"resources: [web.yaml]\ntransformers:\n- namespace.yaml\n- ../plugins\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n  \
                   metadata: {name: i}\n  imageTag: {name: web, newTag: two}\n";
    write(root, "app/kustomization.yaml", inline);
    let namespace = b"apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: n, namespace: shop}\n";
    write(root, "app/namespace.yaml", namespace);
    write(root, "plugins/kustomization.yaml", b"resources: [labels.yaml]\n");
    let labels = b"apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels:\n  tier: front\nfieldSpecs: [{path: metadata/labels, create: true}]\n";
    write(root, "plugins/labels.yaml", labels);
    let report = json(&checker(root, &["check", "--output", "json"]));
    let counts = &report["coverage"]["kustomizations"];
    assert_eq!(counts["native"], 1, "what makes transformers is no root: {counts:#}");
    let rendered: Value = serde_json::from_str(&checker(root, &["render", "app", "--output", "json"]).stdout).unwrap();
    let place = |path: &str| {
        let changes = rendered["changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["path"] == path).unwrap();
        let location = &change["location"];
        (
            change["by"].as_str().unwrap().to_owned(),
            location["file"].as_str().unwrap().to_owned(),
            location["start"]["line"].as_i64().unwrap(),
        )
    };
    for (path, by, file, line) in [
        ("metadata.namespace", "namespace", "app/namespace.yaml", 3),
        ("metadata.labels.tier", "labels", "plugins/labels.yaml", 5),
        (
            "spec.template.spec.containers[name=web].image",
            "images",
            "app/kustomization.yaml",
            9,
        ),
    ] {
        assert_eq!(place(path), (by.to_owned(), file.to_owned(), line), "{path}");
    }
}

/// Runs with the programs of this machine at hand.
fn checker_with_programs(folder: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_checker"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[allow(clippy::print_stderr, reason = "says what it skips")]
fn what_is_not_understood_is_built_by_kubectl_and_points_at_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let hashes = "apiVersion: builtin\nkind: HashTransformer\nmetadata: {name: h}\n";
    write(
        root,
        "base/kustomization.yaml",
        b"resources: [web.yaml, mesh.yaml, namespace.yaml]\n",
    );
    write(root, "base/web.yaml", DEPLOYMENT.as_bytes());
    write(root, "base/mesh.yaml", MESH.as_bytes());
    write(root, "base/namespace.yaml", NAMESPACE.as_bytes());
    write(root, "prod/hashes.yaml", hashes.as_bytes());
    write(
        root,
        "prod/kustomization.yaml",
        b"resources: [../base]\nnamespace: shop\ntransformers: [hashes.yaml]\n",
    );
    let report = checker_with_programs(root, &["check", "--output", "json"]);
    let counts = &report["coverage"]["kustomizations"];
    if counts["fallback"].as_array().unwrap().is_empty() {
        let has_kubectl = Command::new("kubectl").arg("version").arg("--client").output().is_ok();
        assert!(!has_kubectl, "{counts:#}");
        eprintln!("skipped: there is neither kustomize nor kubectl, so nothing is left to another program");
        return;
    }
    assert_eq!(counts["fallback"][0]["root"], "prod");
    let found = of_policy(&report, "double-injection");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["location"]["file"], "base/web.yaml");
    assert_eq!(found[0]["location"]["start"]["line"], 4);
    assert_eq!(found[0]["object"]["namespace"], "shop");
}

#[test]
fn a_program_is_not_run_and_nothing_is_fetched_unless_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let program = "apiVersion: someteam.example.com/v1\nkind: ChartInflator\nmetadata:\n  name: x\n  annotations:\n    \
                   config.kubernetes.io/function: \"exec: {path: ./run.sh}\"\n";
    write(root, "a/kustomization.yaml", b"generators: [run.yaml]\n");
    write(root, "a/run.yaml", program.as_bytes());
    write(root, "a/run.sh", b"#!/bin/sh\ntouch ../ran\n");
    write(
        root,
        "b/kustomization.yaml",
        b"resources: ['http://127.0.0.1:9/x.yaml']\n",
    );
    let report = checker_with_programs(root, &["check", "--output", "json"]);
    let not_built = report["coverage"]["kustomizations"]["notBuilt"].as_array().unwrap();
    assert_eq!(not_built.len(), 2, "{not_built:#?}");
    assert!(!root.join("ran").exists() && !root.join("a/ran").exists());
}
