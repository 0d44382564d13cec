//! What was there before is hidden; what is new is shown, and what is gone is told.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use program::{checker, checker_with_input, screen, write};
use serde_json::Value;
use tempfile::TempDir;

fn pod(name: &str, values: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  containers:\n  - name: app\n    image: app:1\n    env:\n"
    );
    for (at, value) in values.iter().enumerate() {
        let _ = writeln!(text, "    - {{name: V{at}, value: {value}}}");
    }
    text
}

/// A repository with known faults, and its baseline.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "apps/web.yaml", pod("web", &["8080", "yes"]).as_bytes());
    write(root, "apps/api.yaml", pod("api", &["8081"]).as_bytes());
    write(root, "b/api.yaml", pod("api", &["8081"]).as_bytes());
    write(root, "apps/kustomization.yaml", b"resources: []\nresources: []\n");
    let run = checker(root, &["check", "--write-baseline", "known.yaml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    folder
}

/// Policy, file and object of the findings that are shown, and how many are hidden by the baseline.
fn shown(root: &Path, arguments: &[&str]) -> (Vec<String>, usize) {
    let run = checker(root, &[&["check", "-o", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let (hidden, shown): (Vec<&Value>, Vec<&Value>) = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .partition(|finding| finding["suppressed"]["by"] == "baseline");
    let shown = shown.into_iter().map(|finding| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let location = &finding["location"];
        format!(
            "{} {}:{} {}",
            text(&finding["policy"]),
            text(&location["file"]),
            location["start"]["line"],
            text(&finding["object"]["name"])
        )
    });
    (shown.collect(), hidden.len())
}

const WITH: [&str; 2] = ["--baseline", "known.yaml"];

#[test]
fn a_baseline_is_sorted_text_without_lines_and_hides_what_it_holds() {
    let folder = repository();
    let root = folder.path();
    let text = fs::read_to_string(root.join("known.yaml")).unwrap();
    insta::assert_snapshot!(text);
    assert!(!text.contains("8080"), "a value of a manifest is in the baseline");
    let (found, hidden) = shown(root, &WITH);
    assert_eq!((found, hidden), (Vec::new(), 5));
    // Written anew, whatever else is there, it is the same.
    checker(root, &["check", "--write-baseline", "known.yaml"]);
    assert_eq!(fs::read_to_string(root.join("known.yaml")).unwrap(), text);
    let run = checker(root, &["check", "-v", "--baseline", "known.yaml"]);
    assert!(
        run.stdout.contains("baseline                     known.yaml"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.ends_with(", 5 suppressed\n"), "{}", run.stdout);
}

#[test]
fn what_moves_stays_hidden() {
    let folder = repository();
    let root = folder.path();
    let text = fs::read_to_string(root.join("apps/web.yaml")).unwrap();
    fs::remove_file(root.join("apps/web.yaml")).unwrap();
    write(root, "elsewhere/pods.yaml", format!("# a line\n\n{text}").as_bytes());
    assert_eq!(shown(root, &WITH), (Vec::new(), 5));
}

#[test]
fn what_is_new_is_shown_also_one_copy_more() {
    let folder = repository();
    let root = folder.path();
    // Another field of a known object, another object, and a third copy.
    write(root, "apps/web.yaml", pod("web", &["8080", "yes", "no"]).as_bytes());
    write(root, "apps/new.yaml", pod("new", &["1"]).as_bytes());
    write(root, "a/api.yaml", pod("api", &["8081"]).as_bytes());
    let (found, hidden) = shown(root, &WITH);
    assert_eq!(hidden, 5);
    assert_eq!(
        found,
        [
            "unquoted-string a/api.yaml:9 api",
            "unquoted-string apps/new.yaml:9 new",
            "unquoted-string apps/web.yaml:11 web"
        ]
    );
}

#[test]
fn what_is_gone_is_told_at_its_entry_when_all_is_looked_at() {
    let folder = repository();
    let root = folder.path();
    write(root, "apps/web.yaml", pod("web", &["\"8080\"", "yes"]).as_bytes());
    fs::create_dir(root.join(".git")).unwrap();
    let run = checker(root, &["check", "--baseline", "known.yaml"]);
    insta::assert_snapshot!(screen(&run));
    assert_eq!(shown(root, &["--baseline", "known.yaml", "apps"]).0, [""; 0]);
    let input = fs::read_to_string(root.join("b/api.yaml")).unwrap();
    let run = checker_with_input(root, &["check", "-", "--baseline", "known.yaml"], &input);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(!run.stdout.contains("unused"), "{}", run.stdout);
}

#[test]
fn an_entry_for_several_tells_how_many_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  y: 1\n  Y: 2\n";
    let object = format!("{twice}---\n{}", twice.replace("  Y: 2\n", ""));
    write(root, "a.yaml", object.as_bytes());
    let run = checker(root, &["check", "--write-baseline", "known.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let text = fs::read_to_string(root.join("known.yaml")).unwrap();
    let count = text.matches("count: 2").count();
    assert!(count > 0, "{text}");
    write(root, "a.yaml", twice.replace("  Y: 2\n", "").as_bytes());
    let run = checker(root, &["check", "--baseline", "known.yaml"]);
    assert!(run.stdout.contains("of this entry 1 of 2 are left"), "{}", run.stdout);
}

#[test]
fn the_targets_of_a_repository_have_entries_of_their_own() {
    let folder = repository();
    let root = folder.path();
    let targets = "version: 1\ntargets: [{name: eu, paths: [apps]}, {name: us, paths: [apps]}]\n";
    write(root, ".checker.yaml", targets.as_bytes());
    // Entries without a target are of any. Of `web` there is one for each field, and now two findings; of `api` there are two.
    assert_eq!(
        shown(root, &WITH).0,
        [
            "unquoted-string apps/web.yaml:9 web",
            "unquoted-string apps/web.yaml:10 web"
        ]
    );
    checker(root, &["check", "--write-baseline", "known.yaml"]);
    assert!(
        fs::read_to_string(root.join("known.yaml"))
            .unwrap()
            .contains("target: us")
    );
    assert_eq!(shown(root, &WITH).0, [""; 0]);
    let run = checker(root, &["check", "--baseline", "known.yaml", "--target", "eu"]);
    assert!(!run.stdout.contains("unused"), "{}", run.stdout);
}

#[test]
fn what_is_suppressed_where_it_stands_is_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = pod("web", &["8080"]).replace("}\n", "} # checker: ignore[unquoted-string] x\n");
    write(
        root,
        "web.yaml",
        text.replacen("} # checker: ignore[unquoted-string] x\n", "}\n", 1)
            .as_bytes(),
    );
    checker(root, &["check", "--write-baseline", "known.yaml"]);
    assert!(
        fs::read_to_string(root.join("known.yaml"))
            .unwrap()
            .ends_with("findings: []\n")
    );
}

#[test]
fn the_configuration_names_the_baseline_and_the_command_line_another() {
    let folder = repository();
    let root = folder.path();
    write(root, ".checker.yaml", b"version: 1\nbaseline: known.yaml\n");
    assert_eq!(shown(root, &[]), (Vec::new(), 5));
    write(root, "empty.yaml", b"version: 1\nfindings: []\n");
    assert_eq!(shown(root, &["--baseline", "empty.yaml"]).1, 0);
}

#[test]
fn a_baseline_with_mistakes_is_refused_at_their_bytes() {
    let folder = repository();
    let root = folder.path();
    write(
        root,
        "known.yaml",
        b"version: 1\nfindings:\n- polcy: a\n  file: a.yaml\n- policy: a\n  file: a.yaml\n  count: 0\n  object: {name: a}\n",
    );
    insta::assert_snapshot!(screen(&checker(root, &["check", "--baseline", "known.yaml"])));
    assert_eq!(checker(root, &["check", "--baseline", "no.yaml"]).code, 2);
    assert_eq!(
        checker(root, &["check", "--baseline", "a", "--write-baseline", "b"]).code,
        2
    );
    assert_eq!(
        checker(root, &["check", "--write-baseline", "no/folder/b.yaml"]).code,
        2
    );
}
