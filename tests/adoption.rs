//! How a repository comes to be checked: `checker init`, the hooks, the action of GitHub and the component of GitLab; each held against
//! the programs and schemas of those who read it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use program::{checker, commit, copy, git, here, screen, write};
use serde_json::Value;

/// A program of the tests; without it they say so and pass.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no `{name}` on the PATH (`sh tests/run` installs it)");
    }
    found
}

fn path_with_checker() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_checker")).parent().unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(here().join(file)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// Folders as Flux lays them out, with a proxy and a field that only OpenKruise 1.9 has.
fn clusters() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let set = fs::read_to_string(here().join("examples/asm-1.6/sidecarset.yaml")).unwrap();
    let beta = set.replace("apps.kruise.io/v1alpha1", "apps.kruise.io/v1beta1");
    assert_ne!(set, beta);
    write(root, "mesh/proxy.yaml", beta.as_bytes());
    for name in ["cluster-profile.yaml", "namespace.yaml", "nginx.yaml"] {
        for cluster in ["eu", "us"] {
            let text = fs::read(here().join("examples/asm-1.6").join(name)).unwrap();
            write(root, &format!("clusters/{cluster}/{name}"), &text);
        }
    }
    folder
}

#[test]
fn init_shows_what_it_would_write_and_writes_nothing() {
    let folder = clusters();
    let root = folder.path();
    insta::assert_snapshot!("init_clusters", screen(&checker(root, &["init"])));
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(
        names.collect::<BTreeSet<_>>(),
        BTreeSet::from(["clusters".into(), "mesh".into()])
    );
    write(root, ".gitlab-ci.yml", b"stages: [test]\n");
    write(root, ".pre-commit-config.yaml", b"repos: []\n");
    write(root, ".checker.yaml", b"version: 1\n");
    insta::assert_snapshot!("init_beside_others", screen(&checker(root, &["init"])));
}

#[test]
fn what_init_writes_is_a_configuration_by_which_all_is_judged() {
    for (folder, targets) in [
        (clusters(), &["eu", "us"][..]),
        (
            {
                let folder = tempfile::tempdir().unwrap();
                copy(&here().join("examples"), folder.path());
                folder
            },
            &["eu", "us"],
        ),
        (
            {
                let folder = tempfile::tempdir().unwrap();
                copy(&here().join("examples/asm-1.6"), folder.path());
                folder
            },
            &["default"],
        ),
    ] {
        let root = folder.path();
        let run = checker(root, &["init", "--write"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let run = checker(root, &["check", "-o", "json", "--fail-on", "error"]);
        assert!(run.code < 2, "{}", run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let judged = report["targets"].as_array().unwrap().iter();
        let judged: Vec<&str> = judged.map(|target| target["name"].as_str().unwrap()).collect();
        assert_eq!(judged, targets);
        assert_eq!(report["coverage"]["files"]["skipped"]["no-target"], Value::Null);
    }
}

#[test]
fn init_writes_over_nothing_without_being_told_to_and_through_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repository");
    write(&root, ".checker.yaml", b"version: 1\n# mine\n");
    write(&root, ".pre-commit-config.yaml", b"repos: []\n");
    fs::create_dir_all(root.join(".github/workflows")).unwrap();
    let outside = folder.path().join("outside.yaml");
    std::os::unix::fs::symlink(&outside, root.join(".github/workflows/checker.yml")).unwrap();
    let run = checker(&root, &["init", "--write"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    assert!(read(".checker.yaml").contains("# mine"));
    assert_eq!(read(".pre-commit-config.yaml"), "repos: []\n");
    let run = checker(&root, &["init", "--write", "--force"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(!outside.exists());
    assert!(!read(".checker.yaml").contains("# mine"));
    // Whose other hooks these are is not for this program to say.
    assert_eq!(read(".pre-commit-config.yaml"), "repos: []\n");
}

/// A repository with two clean files and its hooks, of which one is from the manifest of this repository.
fn hooked(pre_commit: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let hooks = folder.path().join("hooks");
    fs::create_dir(&hooks).unwrap();
    fs::copy(
        here().join(".pre-commit-hooks.yaml"),
        hooks.join(".pre-commit-hooks.yaml"),
    )
    .unwrap();
    commit(&hooks);
    let revision = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(&hooks)
        .output()
        .unwrap();
    let revision = String::from_utf8(revision.stdout).unwrap();
    let root = folder.path().join("repository");
    copy(&here().join("examples/asm-1.6"), &root);
    let configuration = format!(
        "repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: checker-system\n",
        hooks.display(),
        revision.trim()
    );
    write(&root, ".pre-commit-config.yaml", configuration.as_bytes());
    commit(&root);
    let output = run_pre_commit(pre_commit, &root, &["install"]);
    assert!(output.status.success(), "{}", told(&output));
    folder
}

fn run_pre_commit(pre_commit: &Path, root: &Path, arguments: &[&str]) -> Output {
    Command::new(pre_commit)
        .args(arguments)
        .current_dir(root)
        .env("PATH", path_with_checker())
        .env("PRE_COMMIT_HOME", root.join("../cache"))
        .output()
        .unwrap()
}

/// Commits through the installed hook, as people do.
fn try_commit(root: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(["commit", "-q", "-m", "a change"])
        .args(arguments)
        .current_dir(root)
        .env("PATH", path_with_checker())
        .env("PRE_COMMIT_HOME", root.join("../cache"))
        .output()
        .unwrap()
}

#[test]
fn pre_commit_lets_through_what_is_clean_and_stops_what_breaks_something_elsewhere() {
    let Some(pre_commit) = installed("pre-commit") else {
        return;
    };
    let folder = hooked(&pre_commit);
    let root = &folder.path().join("repository");
    // An old fault is nobody's who does not touch it; nor is what is not staged.
    let fault = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 1.10}}\n";
    write(root, "old.yaml", fault);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "--no-verify", "-m", "an old fault"]);
    write(root, "route.yaml", b"# Nothing is here any more.\n");
    write(root, "untracked.yaml", fault);
    git(root, &["add", "route.yaml"]);
    let output = try_commit(root, &[]);
    assert!(output.status.success(), "{}", told(&output));

    // The namespace alone does no harm, as long as the pods opt out; when they do not any more, that is told at the namespace, too.
    let namespace = fs::read_to_string(root.join("namespace.yaml")).unwrap();
    write(
        root,
        "namespace.yaml",
        namespace
            .replace("injection: disabled", "injection: enabled")
            .as_bytes(),
    );
    let output = try_commit(root, &["-a"]);
    assert!(output.status.success(), "{}", told(&output));
    let nginx = fs::read_to_string(root.join("nginx.yaml")).unwrap();
    write(
        root,
        "nginx.yaml",
        nginx.replace("sidecar.istio.io/inject", "other").as_bytes(),
    );
    let output = try_commit(root, &["-a"]);
    assert!(!output.status.success());
    assert!(told(&output).contains("[double-injection]"), "{}", told(&output));
    assert!(told(&output).contains("namespace.yaml:"));
    assert!(!told(&output).contains("old.yaml"));
    git(root, &["checkout", "-q", "HEAD", "."]);

    // What is removed is missed by others.
    git(root, &["rm", "-q", "cluster-profile.yaml"]);
    let output = try_commit(root, &[]);
    assert!(!output.status.success());
    assert!(told(&output).contains("[cluster-id-config-map]"), "{}", told(&output));
    git(root, &["checkout", "-q", "HEAD", "."]);

    // However many files there are, they come in one piece, and the old fault is found.
    for number in 0..200 {
        let text = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s-{number}, namespace: shop}}\n");
        write(root, &format!("services/{number}.yaml"), text.as_bytes());
    }
    git(root, &["add", "services"]);
    let output = run_pre_commit(&pre_commit, root, &["run", "--all-files"]);
    assert!(!output.status.success());
    assert_eq!(told(&output).matches("old.yaml").count(), 1, "{}", told(&output));
}

#[test]
fn pre_commit_takes_the_manifest_of_the_hooks_and_the_proposed_configuration() {
    let Some(pre_commit) = installed("pre-commit") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(&here().join("examples/asm-1.6"), root);
    checker(root, &["init", "--write"]);
    commit(root);
    let manifest = here().join(".pre-commit-hooks.yaml");
    for arguments in [
        &["validate-manifest", manifest.to_str().unwrap()][..],
        &["validate-config", ".pre-commit-config.yaml"],
        &["run", "--all-files"],
    ] {
        let output = run_pre_commit(&pre_commit, root, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    }
}

/// Holds a file against a schema that the program brings along.
fn assert_fits(schema: &str, file: &Path, more: &[&str]) {
    let Some(program) = installed("check-jsonschema") else {
        return;
    };
    let output = Command::new(program)
        .args(["--builtin-schema", schema])
        .args(more)
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", file.display(), told(&output));
}

#[test]
fn the_action_and_the_jobs_fit_the_schemas_of_their_readers() {
    assert_fits("vendor.github-actions", &here().join("action.yml"), &[]);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    checker(root, &["init", "--write", "--ci", "github"]);
    assert_fits(
        "vendor.github-workflows",
        &root.join(".github/workflows/checker.yml"),
        &[],
    );
    checker(root, &["init", "--write", "--ci", "gitlab"]);
    let transform = ["--data-transform", "gitlab-ci"];
    assert_fits("vendor.gitlab-ci", &root.join(".gitlab-ci.yml"), &transform);
    write(root, "component.yml", component().as_bytes());
    assert_fits("vendor.gitlab-ci", &root.join("component.yml"), &transform);
}

/// The job of the component with the defaults of its inputs, each of which is declared and used.
fn component() -> String {
    let text = fs::read_to_string(here().join("templates/check.yml")).unwrap();
    let (head, job) = text.split_once("\n---\n").unwrap();
    let head: Value = serde_yaml::from_str(head).unwrap();
    let inputs = head["spec"]["inputs"].as_object().unwrap();
    let mut job = job.to_owned();
    for (name, input) in inputs {
        let place = format!("$[[ inputs.{name} ]]");
        assert!(job.contains(&place), "the input `{name}` is not used");
        assert!(input["description"].is_string(), "the input `{name}` is not described");
        let default = input["default"].as_str().unwrap_or("https://git.example/mesh/checker");
        job = job.replace(&place, &Value::from(default).to_string());
    }
    assert!(!job.contains("$[["), "an input is not declared: {job}");
    job
}

/// The script of the step that judges, and the names of its environment.
fn check_step() -> (String, Vec<String>) {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "an expression in a script: {script}");
    }
    let step = steps.iter().find(|step| step["id"] == "check").unwrap();
    let names = step["env"].as_object().unwrap().keys().cloned().collect();
    (step["run"].as_str().unwrap().to_owned(), names)
}

fn run_step(root: &Path, inputs: &[(&str, &str)]) -> Output {
    let (script, names) = check_step();
    fs::create_dir_all(root.join("../temp")).unwrap();
    let mut command = Command::new("bash");
    // As the runner starts `shell: bash`.
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]);
    for name in &names {
        let given = inputs.iter().find(|(input, _)| input == name);
        command.env(name, given.map_or("", |(_, value)| *value));
    }
    command
        .current_dir(root)
        .env("PATH", path_with_checker())
        .env("GITHUB_OUTPUT", root.join("../output"))
        .env("GITHUB_STEP_SUMMARY", root.join("../summary"))
        .env("RUNNER_TEMP", root.join("../temp"))
        .output()
        .unwrap()
}

#[test]
fn the_action_fails_by_what_is_new_and_gives_code_scanning_all_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().join("repository");
    copy(&here().join("examples/broken"), root);
    commit(root);
    let inputs = [("PATHS", "."), ("SARIF", "checker.sarif"), ("COMMENT", "comment.md")];
    let output = run_step(root, &[&inputs[..], &[("BASE", "HEAD")]].concat());
    assert!(output.status.success(), "{}", told(&output));
    assert!(!told(&output).contains("::error"), "{}", told(&output));
    let log: Value = serde_json::from_str(&fs::read_to_string(root.join("checker.sarif")).unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result.get("baselineState").is_none()));
    let comment = fs::read_to_string(root.join("comment.md")).unwrap();
    assert!(comment.starts_with("<!-- checker -->"), "{comment}");
    assert!(comment.contains("\n### What changes since `HEAD`: "), "{comment}");
    let summary = || fs::read_to_string(root.join("../summary")).unwrap();
    assert_eq!(summary(), comment);
    assert_eq!(
        fs::read_to_string(root.join("../output")).unwrap(),
        "sarif=checker.sarif\n"
    );
    let output = run_step(root, &inputs);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("::error"), "{}", told(&output));
    // A summary is of all steps of a job: it is added to.
    let both = summary();
    assert!(both.len() > comment.len() && both.starts_with(&comment), "{both}");
    let output = run_step(
        root,
        &[("PATHS", "host-port.yaml missing-label.yaml"), ("FAIL_ON", "fatal")],
    );
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert_eq!(summary(), both);
}

#[test]
fn nothing_that_is_handed_to_the_action_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().join("repository");
    copy(&here().join("examples/asm-1.6"), root);
    commit(root);
    fs::create_dir(folder.path().join("temp")).unwrap();
    let before: BTreeSet<_> = names_in(folder.path());
    for hostile in [
        "$(touch ../pwned)",
        "`touch ../pwned`",
        "\"; touch ../pwned; \"",
        "'; touch ../pwned; '",
        "--output=json=../pwned",
        "a\ntouch ../pwned",
        "*",
    ] {
        for input in ["PATHS", "FAIL_ON", "BASE"] {
            let output = run_step(root, &[(input, hostile)]);
            assert_eq!(output.status.code(), Some(2), "{input}={hostile}: {}", told(&output));
        }
    }
    assert_eq!(names_in(folder.path()), before);
}

fn names_in(folder: &Path) -> BTreeSet<std::ffi::OsString> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect()
}
