//! What is written, when, and what is said of it.

use std::fs;

use crate::ground;
use crate::program::{self, checker, checker_with_git, checker_with_input, commit};

const BEFORE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  on: 1\n  b: 2\n";
const SAFE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  on: \"1\"\n  b: \"2\"\n";
const UNSAFE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  \"on\": \"1\"\n  b: \"2\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    program::write(folder.path(), "m.yaml", BEFORE.as_bytes());
    folder
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("m.yaml")).unwrap()
}

#[test]
fn safe_mends_are_made_alone_and_unsafe_ones_when_asked_for() {
    let folder = folder();
    let hint = "; 2 can be mended with `--fix`\n";
    let run = checker(folder.path(), &["check"]);
    assert!(run.stdout.ends_with(hint), "{}", run.stdout);
    let run = checker_with_input(folder.path(), &["check", "-"], BEFORE);
    assert!(!run.stdout.contains("--fix"), "a stream is no file: {}", run.stdout);
    let run = checker(folder.path(), &["check", "--fix"]);
    assert_eq!(text(&folder), SAFE);
    assert!(
        run.stdout
            .ends_with("2 findings mended, 1 can be mended with `--unsafe-fixes`\n"),
        "{}",
        run.stdout
    );
    assert_eq!(run.code, 1, "a warning is left");
    let run = checker(folder.path(), &["check"]);
    assert!(!run.stdout.contains("--fix"), "nothing safe is left: {}", run.stdout);
    let run = checker(folder.path(), &["check", "--fix", "--unsafe-fixes"]);
    assert_eq!(text(&folder), UNSAFE);
    assert!(run.stdout.ends_with("1 finding mended\n"), "{}", run.stdout);
    assert_eq!(run.code, 0);
    let run = checker(folder.path(), &["check", "--fix", "--unsafe-fixes"]);
    assert_eq!(text(&folder), UNSAFE);
    assert!(run.stdout.ends_with("0 findings mended\n"), "{}", run.stdout);
}

#[test]
fn a_diff_shows_what_would_be_written_and_writes_nothing() {
    let folder = folder();
    let due = "--- a/m.yaml\n+++ b/m.yaml\n@@ -2,5 +2,5 @@\n kind: ConfigMap\n metadata: {name: m}\n data:\n-  on: 1\n-  b: 2\n+  on: \"1\"\n+  b: \"2\"\n";
    let run = checker(folder.path(), &["check", "--diff", "--output", "json=report.json"]);
    assert_eq!((run.stdout.as_str(), run.code), (due, 1));
    assert_eq!(
        run.stderr,
        "2 findings would be mended, 1 can be mended with `--unsafe-fixes`\n"
    );
    assert_eq!(text(&folder), BEFORE);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 3);
    let run = checker_with_input(folder.path(), &["check", "-", "--diff"], BEFORE);
    assert_eq!(run.stdout, due.replace("m.yaml", "(standard input)"));
}

#[test]
fn what_gets_its_name_by_a_mend_keeps_what_is_not_mended() {
    let folder = folder();
    let nameless = BEFORE.replace("name: m", "name: 0x1");
    program::write(folder.path(), "m.yaml", nameless.as_bytes());
    let run = checker(folder.path(), &["check", "--fix"]);
    let due = "1 can be mended with `--unsafe-fixes`\n";
    assert!(run.stdout.ends_with(due), "{}", run.stdout);
    assert_eq!(text(&folder), SAFE.replace("name: m", "name: \"0x1\""));
}

#[test]
fn each_finding_in_json_and_sarif_says_its_mend() {
    let folder = folder();
    let run = checker(
        folder.path(),
        &["check", "--output", "json", "--output", "sarif=log.json"],
    );
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let mends: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let mend = &finding["mend"];
            let edit = &mend["edits"][0];
            let offsets = (&edit["location"]["start"]["offset"], &edit["location"]["end"]["offset"]);
            format!(
                "{} {} {}..{} {}",
                mend["safety"], mend["description"], offsets.0, offsets.1, edit["text"]
            )
        })
        .collect();
    let due = [
        r#""unsafe" "quote the key" 59..61 "\"on\"""#,
        r#""safe" "quote the value" 63..64 "\"1\"""#,
        r#""safe" "quote the value" 70..71 "\"2\"""#,
    ];
    assert_eq!(mends, due);
    let log: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("log.json")).unwrap()).unwrap();
    let fix = &log["runs"][0]["results"][1]["fixes"][0];
    let replacement = &fix["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "\"1\"");
    assert_eq!(replacement["deletedRegion"]["startColumn"], 7);
    assert_eq!(fix["artifactChanges"][0]["artifactLocation"]["uri"], "m.yaml");
}

#[test]
fn what_contradicts_itself_ends_with_2_and_writes_nothing() {
    let folder = folder();
    let wrong: [&[&str]; 8] = [
        &["check", "-", "--fix"],
        &["check", "--staged", "--fix"],
        &["check", "--staged", "--diff"],
        &["check", "--fix", "--diff"],
        &["check", "--unsafe-fixes"],
        &["check", "--diff", "--output", "json"],
        &["check", "--diff", "--write-baseline", "b.yaml"],
        &["check", "--fix", "--output", "json=m.yaml"],
    ];
    for arguments in wrong {
        let run = checker_with_input(folder.path(), arguments, BEFORE);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        let is_staged = arguments.contains(&"--staged");
        assert_eq!(
            run.stderr.contains("leave `--staged` away"),
            is_staged,
            "{}",
            run.stderr
        );
        assert_eq!(text(&folder), BEFORE, "{arguments:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_somebody_decided_not_to_see_is_not_mended() {
    let folder = folder();
    let hidden = BEFORE.replace("b: 2\n", "b: 2 # checker: ignore[unquoted-string] a test\n");
    program::write(folder.path(), "m.yaml", hidden.as_bytes());
    checker(folder.path(), &["check", "--fix"]);
    assert_eq!(text(&folder), hidden.replace("on: 1", "on: \"1\""));
}

#[test]
fn with_a_base_only_what_is_new_is_mended_and_what_stays_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    program::write(root, "m.yaml", BEFORE.as_bytes());
    commit(root);
    program::write(root, "m.yaml", format!("{BEFORE}  c: 3\n").as_bytes());
    program::write(root, "n.yaml", BEFORE.replace("name: m", "name: new").as_bytes());
    let run = checker_with_git(root, &["check", "--base", "main", "--diff"]);
    let changed: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("+ ")).collect();
    assert_eq!(
        changed,
        ["+  c: \"3\"", "+  on: \"1\"", "+  b: \"2\""],
        "{}",
        run.stdout
    );
    let run = checker_with_git(root, &["check", "--base", "main"]);
    let screen = run.stdout.replace('\n', " ");
    assert!(screen.ends_with("; 3 can be mended with `--fix` "), "{}", run.stdout);
    let run = checker_with_git(root, &["check", "--base", "main", "--fix", "--unsafe-fixes"]);
    assert!(run.stdout.ends_with("4 findings mended\n"), "{}", run.stdout);
    assert!(run.stdout.contains("0 info new since `main`; 3 stay"), "{}", run.stdout);
    assert_eq!(run.code, 0, "what stays fails nothing: {}", run.stdout);
    assert_eq!(text(&folder), format!("{BEFORE}  c: \"3\"\n"));
    let new = fs::read_to_string(root.join("n.yaml")).unwrap();
    assert_eq!(new, UNSAFE.replace("name: m", "name: new"));
}

#[test]
fn with_touched_only_the_files_that_are_named_are_mended() {
    let folder = folder();
    let other = BEFORE.replace("name: m", "name: other");
    program::write(folder.path(), "other.yaml", other.as_bytes());
    let run = checker(folder.path(), &["check", "--touched", "m.yaml", "--fix"]);
    assert_eq!(text(&folder), SAFE);
    assert_eq!(fs::read_to_string(folder.path().join("other.yaml")).unwrap(), other);
    assert!(run.stdout.contains("\n2 findings mended"), "{}", run.stdout);
}

#[test]
fn with_touched_a_mend_elsewhere_is_refused_though_its_finding_is_told() {
    let folder = tempfile::tempdir().unwrap();
    ground(folder.path());
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: nginx}}\n  template: {metadata: {labels: {app: nginx}}, spec: {containers: []}}\n";
    program::write(folder.path(), "web.yaml", web.as_bytes());
    let fix = ["check", "--touched", "set.yaml", "--fix", "--unsafe-fixes"];
    let run = checker(folder.path(), &fix);
    assert!(
        run.stdout.contains("it changes `web.yaml`, which is not"),
        "{}",
        run.stdout
    );
    assert_eq!(fs::read_to_string(folder.path().join("web.yaml")).unwrap(), web);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_new_file_takes_the_place_of_the_old_one_with_its_mode_and_nothing_is_left_over() {
        let folder = folder();
        let path = folder.path().join("m.yaml");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&path).unwrap();
        let open = fs::File::open(&path).unwrap();
        checker(folder.path(), &["check", "--fix"]);
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.mode(), before.mode());
        assert_ne!(after.ino(), before.ino(), "it was written over, not replaced");
        assert_eq!(std::io::read_to_string(open).unwrap(), BEFORE);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn links_and_files_that_are_read_only_are_refused() {
        let given = folder();
        let path = given.path().join("m.yaml");
        let refused = |reason: &str| {
            let run = checker(given.path(), &["check", "--fix", "m.yaml"]);
            assert!(run.stdout.contains(reason), "{reason}: {}{}", run.stdout, run.stderr);
            assert_eq!(text(&given), BEFORE);
        };
        fs::hard_link(&path, given.path().join("other")).unwrap();
        refused("second name");
        fs::remove_file(given.path().join("other")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        refused("read-only");
        fs::rename(&path, given.path().join("real")).unwrap();
        symlink("real", &path).unwrap();
        let run = checker(given.path(), &["check", "--fix", "m.yaml"]);
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink(), "{}", run.stdout);
        assert_eq!(text(&given), BEFORE, "{}", run.stdout);
    }
}
