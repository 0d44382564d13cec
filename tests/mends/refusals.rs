//! What is left alone, and the reason that is given.

use std::fs;

use crate::{ground, program};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: nginx}}\n";

/// A text, and a word of the reason.
fn cases() -> Vec<(&'static str, String, &'static str)> {
    vec![
        (
            "an anchor with an alias",
            format!("{MAP}data: {{a: &x 1, b: *x}}\n"),
            "aliases share",
        ),
        (
            "a mapping that `<<` takes",
            format!(
                "{WEB}  template: &t\n    metadata: {{labels: {{app: nginx}}}}\n    spec: {{containers: []}}\nstatus:\n  <<: *t\n"
            ),
            "aliases share",
        ),
        (
            "a mapping that `<<` fills",
            format!(
                "{WEB}  template:\n    metadata:\n      <<: {{generateName: a}}\n      labels: {{app: nginx}}\n    spec: {{containers: []}}\n"
            ),
            "a `<<` fills the mapping",
        ),
        (
            "a key that stands twice",
            format!("{MAP}data:\n  a: 1\n  a: 2\n"),
            "stands twice",
        ),
        (
            "a tag that makes it a boolean",
            format!("{MAP}data: {{a: !!bool yes}}\n"),
            "more than it should",
        ),
        (
            "marks of a template",
            format!("{MAP}data: {{a: 1, b: \"{{{{ x }}}}\"}}\n"),
            "marks of a template",
        ),
        (
            "a document that cannot be read",
            format!("{MAP}data: {{a: 1}}\n---\nkind: [\n"),
            "cannot be read",
        ),
        (
            "a Secret in the file",
            format!(
                "{MAP}data: {{a: 1}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{p: hunter2}}\n"
            ),
            "holds a Secret",
        ),
        (
            "a mend that brings another finding",
            format!(
                "{}  containers: [{{name: a, image: \"a:1\", imagePullPolcy: [1]}}]\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
            ),
            "it would bring a finding of `wrong-type`",
        ),
    ]
}

#[test]
fn what_is_not_certain_is_refused_with_its_reason_and_stays_to_the_byte() {
    for (name, text, reason) in cases() {
        let folder = tempfile::tempdir().unwrap();
        ground(folder.path());
        program::write(folder.path(), "a.yaml", text.as_bytes());
        let run = program::checker(folder.path(), &["check", "--fix", "--unsafe-fixes", "--output", "json"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("a.yaml")).unwrap(),
            text,
            "{name}"
        );
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let refused = report["mending"]["refused"].as_array().unwrap();
        let is_told = |refused: &serde_json::Value| refused["reason"].as_str().unwrap().contains(reason);
        assert!(refused.iter().any(is_told), "{name}: {refused:#?}");
        assert_eq!(run.code, 1, "{name}");
        assert!(
            !run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"),
            "{name}"
        );
    }
}

#[test]
fn what_a_kustomization_makes_is_mended_where_it_is_written_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    ground(folder.path());
    let template = "  template:\n    metadata: {labels: {app: nginx}}\n    spec: {containers: [{name: a, image: \"a:1\", env: [{name: A, value: 1}]}]}\n";
    let base = format!("{WEB}{template}");
    program::write(folder.path(), "base/web.yaml", base.as_bytes());
    program::write(folder.path(), "base/kustomization.yaml", b"resources: [web.yaml]\n");
    let overlay = "resources: [../base]\ncommonAnnotations: {build: \"7\"}\n";
    program::write(folder.path(), "prod/kustomization.yaml", overlay.as_bytes());
    let run = program::checker(folder.path(), &["check", "--fix", "--unsafe-fixes", "--output", "json"]);
    let after = fs::read_to_string(folder.path().join("base/web.yaml")).unwrap();
    assert_eq!(after, base.replace("value: 1", "value: \"1\""), "{}", run.stdout);
    assert!(
        run.stdout.contains("a base or an overlay is for people to say"),
        "{}",
        run.stdout
    );
}
