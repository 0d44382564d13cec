//! Values of Secrets, planted wherever one can stand, and sought in everything that comes out.

use std::fs;

use serde_json::json;

use crate::scratch::{Scratch, there};

const CANARY: &str = "canary";

/// Secrets in every form, with a mark of their own; the values of all begin with the canary, also in base64 (`Y2FuYXJ5`).
fn files(mark: &str) -> Vec<(String, String)> {
    let secret = "apiVersion: v1\nkind: Secret\n";
    let last_applied = format!("{{\\\"stringData\\\":{{\\\"a\\\":\\\"{CANARY}-{mark}\\\"}}}}");
    let named = |name: &str, text: &str| (format!("{name}.yaml"), text.to_owned());
    vec![
        named(
            "strings",
            &format!(
                "{secret}metadata: {{name: strings}}\nstringData: {{a: {CANARY}-{mark}, \"b\": \"{CANARY}\\n{mark}\"}}\n"
            ),
        ),
        named(
            "data",
            &format!(
                "{secret}metadata: {{name: data}}\ndata: {{a: Y2FuYXJ5{mark}, b: \"Y2FuYXJ5 {mark} not base64\"}}\n"
            ),
        ),
        named(
            "text",
            &format!("{secret}metadata: {{name: text}}\ndata: {CANARY}-{mark}\nstringData: [{CANARY}-{mark}]\n"),
        ),
        named(
            "top",
            &format!("{secret}metadata: {{name: top}}\npassword: {CANARY}-{mark}\n"),
        ),
        named(
            "wrong",
            &format!(
                "apiVersion: example.com/v7\nkind: Secret\nmetadata: {{name: wrong}}\ndata: {{a: {CANARY}-{mark}}}\n"
            ),
        ),
        named(
            "annotated",
            &format!(
                "{secret}metadata:\n  name: annotated\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \"{last_applied}\"\n"
            ),
        ),
        named(
            "immutable",
            &format!("{secret}metadata: {{name: immutable}}\nimmutable: true\nstringData: {{a: {CANARY}-{mark}}}\n"),
        ),
        named(
            "list",
            &format!(
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: item}}\n  stringData: {{a: {CANARY}-{mark}}}\n"
            ),
        ),
        named(
            &format!("only-{mark}"),
            &format!("{secret}metadata: {{name: only-{mark}}}\nstringData: {{a: {CANARY}-{mark}}}\n"),
        ),
        named(
            "hook",
            &format!(
                "{secret}metadata: {{name: hook, annotations: {{helm.sh/hook: pre-install}}}}\nstringData: {{a: {CANARY}-{mark}}}\n"
            ),
        ),
        named(
            "generated",
            &format!("{secret}metadata: {{generateName: g-}}\nstringData: {{a: {CANARY}-{mark}}}\n"),
        ),
        named(
            "broken",
            &format!("{secret}metadata: {{name: broken}}\nstringData: {{a: {CANARY}-{mark}\n"),
        ),
        (
            "k/kustomization.yaml".to_owned(),
            format!(
                "secretGenerator:\n- {{name: made, literals: [a={CANARY}-{mark}], envs: [env.txt], files: [file.txt]}}\ngeneratorOptions: {{disableNameSuffixHash: true}}\n"
            ),
        ),
        ("k/env.txt".to_owned(), format!("B={CANARY}-{mark}\n")),
        ("k/file.txt".to_owned(), format!("{CANARY}-{mark}\n")),
        (
            "broken/kustomization.yaml".to_owned(),
            format!("secretGenerator:\n- {{name: x, literals: [\"{CANARY}-{mark}\"]}}\n"),
        ),
    ]
}

fn assert_silent(scratch: &Scratch, arguments: &[&str]) {
    for format in ["human", "json", "markdown", "unified"] {
        let mut all = arguments.to_vec();
        all.extend(["-v", "--show-unmanaged", "-o", format]);
        let run = scratch.run(&all);
        assert_ne!(run.code, 0);
        assert!(run.stdout.contains("strings"), "{format} shows nothing: {}", run.stderr);
        assert_no_canary(format, &run.stdout);
        assert_no_canary(format, &run.stderr);
    }
    // What another program gets to see: it prints both folders.
    let run = scratch.run_with(arguments, &[("KUBECTL_EXTERNAL_DIFF", "grep -r ''")]);
    assert!(run.stdout.contains("strings"), "{}{}", run.stdout, run.stderr);
    assert_no_canary("external", &run.stdout);
    assert_no_canary("external", &run.stderr);
}

fn assert_no_canary(what: &str, text: &str) {
    for line in text.lines() {
        assert!(!line.contains(CANARY) && !line.contains("Y2FuYXJ5"), "{what}: {line}");
    }
}

fn scratch_of(mark: &str) -> Scratch {
    let files = files(mark);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Scratch::new(&files)
}

#[test]
fn no_value_of_a_secret_comes_out_of_two_revisions() {
    let scratch = scratch_of("old");
    for (name, text) in files("new") {
        scratch.write(&[(&name, &text)]);
    }
    fs::remove_file(scratch.root().join("only-old.yaml")).unwrap();
    assert_silent(&scratch, &["diff", "--base", "HEAD"]);
    let run = scratch.run(&["check", "--base", "HEAD", "-o", "markdown"]);
    assert!(run.stdout.contains("### What changes since"), "{}", run.stderr);
    assert!(run.stdout.contains("<code>Secret strings"), "{}", run.stdout);
    assert_no_canary("check", &run.stdout);
    assert_no_canary("check", &run.stderr);
}

#[test]
fn no_value_of_a_secret_comes_out_of_a_snapshot() {
    let scratch = scratch_of("new");
    let live = |name: &str| {
        there(&json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "default", "uid": "u",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": format!("{{\"stringData\":{{\"a\":\"{CANARY}\"}}}}")},
                "managedFields": [{"manager": "kubectl", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:stringData": {"f:a": {}, "v:\"canary\"": {}}}}]},
            "data": {"a": "Y2FuYXJ5", "other": "Y2FuYXJ5"}, "stringData": {"c": CANARY}, "type": "Opaque",
        }))
    };
    let names = [
        "strings",
        "data",
        "text",
        "top",
        "annotated",
        "immutable",
        "item",
        "made",
    ];
    let snapshot = scratch.snapshot(&names.map(live));
    assert_silent(&scratch, &["diff", "--snapshot", snapshot.to_str().unwrap()]);
}
