//! What another program that builds kustomizations is given, and how long and how large it may get.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::program::{Run, run, write};
use super::repository::{CANARY, config_map};

/// What no build here understands, and kustomize does: a character that it makes a space of.
const NOT_UNDERSTOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: \"\u{85}\"}\n";

/// A repository in `in`, and a program `kustomize` that carries out these lines.
fn repository(files: &[(&str, &str)], script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("in/.git")).unwrap();
    for (name, text) in files {
        write(&folder.path().join("in"), name, text.as_bytes());
    }
    let asked = folder.path().join("asked");
    let script = format!("#!/bin/sh\necho >> {}\n{script}\n", asked.display());
    write(folder.path(), "bin/kustomize", script.as_bytes());
    let program = folder.path().join("bin/kustomize");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn check(folder: &Path, output: &str) -> Run {
    let path = folder.join("bin");
    run(
        &folder.join("in"),
        &["check", "-o", output],
        "",
        &[("PATH", path.to_str().unwrap())],
    )
}

fn is_asked(folder: &Path) -> bool {
    folder.join("asked").exists()
}

#[test]
fn what_may_hide_a_path_is_not_left_to_another_program() {
    let built = format!("echo '{}'", config_map("a"));
    for (kustomization, due) in [
        ("resources: [a.yaml]\n", None),
        ("Resources: [a.yaml]\n", Some("write `resources`")),
        (
            "resources: [a.yaml]\nconfigMapGenerator: [{name: g, Files: [a.yaml]}]\n",
            Some("write `files`"),
        ),
    ] {
        let files = [
            ("app/kustomization.yaml", kustomization),
            ("app/a.yaml", NOT_UNDERSTOOD),
        ];
        let folder = repository(&files, &built);
        let report = check(folder.path(), "json");
        assert_eq!(
            is_asked(folder.path()),
            due.is_none(),
            "{kustomization}: {}",
            report.stdout
        );
        if let Some(due) = due {
            assert!(report.stdout.contains(due), "{kustomization}: {}", report.stdout);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn another_program_has_no_more_than_its_share_of_memory() {
    let files = [
        ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ("app/a.yaml", NOT_UNDERSTOOD),
    ];
    // Its limit is set just after it was started.
    let tells = "while IFS= read -r line; do case $line in *'data size'*) echo \"$line\" >&2;; esac; done < /proc/self/limits; exit 1";
    let folder = repository(&files, &format!("/bin/sleep 0.3; {tells}"));
    let report = check(folder.path(), "json");
    let limit = (4_u64 << 30).to_string();
    assert!(report.stdout.contains(&limit), "{}", report.stdout);
}

#[test]
fn nothing_of_a_secret_is_told_when_another_program_quotes_it() {
    let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{k: {CANARY}}}\n");
    let complains = format!("echo 'Error: literal sources: invalid literal source {CANARY}' >&2; exit 1");
    for (fields, file, is_told) in [
        ("resources: [a.yaml, s.yaml]\n", secret.as_str(), false),
        (
            "resources: [a.yaml]\nsecretGenerator: [{name: s, literals: [a=b]}]\n",
            "",
            false,
        ),
        (
            "resources: [a.yaml]\npatches: [{path: s.yaml, target: {kind: ConfigMap}}]\n",
            secret.as_str(),
            false,
        ),
        ("resources: [a.yaml]\n", "", true),
    ] {
        let files = [
            ("app/kustomization.yaml", fields),
            ("app/a.yaml", NOT_UNDERSTOOD),
            ("app/s.yaml", file),
        ];
        let folder = repository(&files, &complains);
        let report = check(folder.path(), "json");
        assert!(is_asked(folder.path()), "{fields}: {}", report.stdout);
        assert_eq!(report.stdout.contains(CANARY), is_told, "{fields}: {}", report.stdout);
        assert_eq!(
            report.stdout.contains("may hold values of a Secret"),
            !is_told,
            "{fields}: {}",
            report.stdout
        );
    }
}

#[test]
fn a_complaint_of_several_lines_comes_down_to_its_last() {
    let files = [
        ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ("app/a.yaml", NOT_UNDERSTOOD),
    ];
    let complains = "printf 'E1126 run.go:72] \"command failed\" err=<\\n\\ttrouble with config: `\\n\\tname: x\\n\\t`: what is wrong\\n >\\n' >&2; exit 1";
    let folder = repository(&files, complains);
    let report = check(folder.path(), "json");
    assert!(
        report.stdout.contains("does not build it: `: what is wrong"),
        "{}",
        report.stdout
    );
}
