//! What Flux and Argo CD deliver, judged by the real binary.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod program;

use std::fs;

use program::{checker, write};
use serde_json::Value;

fn deployment(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{version: 1.10}}\nspec:\n  \
         selector: {{matchLabels: {{app: a}}}}\n  template:\n    metadata: {{labels: {{app: a}}}}\n    \
         spec: {{containers: [{{name: a, image: 'a:1'}}]}}\n"
    )
}

/// Severity, object, whether it can be mended, and the last of what is related, of each finding.
fn findings(root: &std::path::Path) -> Vec<String> {
    let run = checker(root, &["check", "--output", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let object = &finding["object"];
            let related = finding["related"].as_array().unwrap().last();
            format!(
                "{} {} {}/{} {}",
                finding["severity"].as_str().unwrap(),
                finding["policy"].as_str().unwrap(),
                object["namespace"].as_str().unwrap_or("-"),
                object["name"].as_str().unwrap_or("-"),
                related.map_or("", |related| related["message"].as_str().unwrap()),
            )
        })
        .collect()
}

#[test]
fn what_a_patch_of_the_delivery_may_still_change_is_told_and_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: all}
  patches:
    - target: {kind: Deployment, name: patched}
      patch: '[{\"op\": \"remove\", \"path\": \"/metadata/labels\"}]'
";
    write(root, "flux.yaml", kustomization.as_bytes());
    write(root, "apps/patched.yaml", deployment("patched").as_bytes());
    assert_eq!(
        findings(root),
        ["info unquoted-string -/patched Flux Kustomization `apps` changes it by `patches`, which is not done here",]
    );
    assert_eq!(checker(root, &["check"]).code, 0);
    checker(root, &["check", "--fix"]);
    assert_eq!(
        fs::read_to_string(root.join("apps/patched.yaml")).unwrap(),
        deployment("patched")
    );
    write(root, "apps/other.yaml", deployment("other").as_bytes());
    assert_eq!(findings(root)[0], "error unquoted-string -/other ");
}

#[test]
fn labels_that_the_delivery_adds_may_be_those_that_a_selector_wants() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let application = |kustomize: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: apps}}\nspec:\n  \
             source: {{path: apps, kustomize: {kustomize}}}\n  destination: {{namespace: shop}}\n"
        )
    };
    let set = "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: logs}\nspec:\n  namespace: shop\n  \
               selector: {matchLabels: {team: front}}\n  containers: [{name: log, image: 'log:1.0'}]\n";
    write(root, "apps/kustomization.yaml", b"resources: [web.yaml]\n");
    write(
        root,
        "apps/web.yaml",
        deployment("web").replace("1.10", "'1'").as_bytes(),
    );
    write(root, "set.yaml", set.as_bytes());
    let selects_nothing = || {
        let found = findings(root);
        found.iter().any(|finding| finding.contains("selects-nothing"))
    };
    write(root, "argo.yaml", application("{images: ['b=b:2']}").as_bytes());
    assert!(selects_nothing(), "{:#?}", findings(root));
    write(
        root,
        "argo.yaml",
        application("{commonLabels: {team: front}}").as_bytes(),
    );
    assert!(!selects_nothing(), "{:#?}", findings(root));
}

#[test]
fn an_image_that_flux_fills_in_from_a_secret_is_unknown_and_no_forgotten_placeholder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let kustomization = |post_build: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: flux-system}}\n\
             spec: {{path: ./apps, sourceRef: {{kind: GitRepository, name: all}}, postBuild: {post_build}}}\n"
        )
    };
    let set = "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata:\n  name: logs\n  annotations: {a: b}\nspec:\n  \
               namespace: shop\n  selector: {matchLabels: {app: web}}\n  containers: [{name: log, image: 'log:${TAG}'}]\n";
    write(root, "apps/set.yaml", set.as_bytes());
    let is_asked = || {
        let found = findings(root);
        found.iter().any(|finding| finding.contains("placeholder-image"))
    };
    for (post_build, expected) in [
        ("{substituteFrom: [{kind: Secret, name: tags}]}", false),
        (
            "{substitute: {OTHER: a}, substituteFrom: [{kind: ConfigMap, name: elsewhere}]}",
            false,
        ),
        ("{substitute: {TAG: '${LATER}'}}", false),
        // Nobody gives this one.
        ("{substitute: {OTHER: a}}", true),
        ("{substitute: {TAG: '1.0'}}", false),
    ] {
        write(root, "flux.yaml", kustomization(post_build).as_bytes());
        assert_eq!(is_asked(), expected, "{post_build}");
    }
    write(
        root,
        "flux.yaml",
        kustomization("{substituteFrom: [{kind: Secret, name: tags}]}").as_bytes(),
    );
    let disabled = set.replace("{a: b}", "{kustomize.toolkit.fluxcd.io/substitute: disabled}");
    write(root, "apps/set.yaml", disabled.as_bytes());
    assert!(is_asked());
}
