//! What the program shows at a terminal and nowhere else: colours, links, and what a long run is at.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![allow(clippy::print_stderr, reason = "says what it skips")]

mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use program::{run, write};

const POLICY: &str = "\
id: own-fault
title: A Pod with a label
severity: warning
chapter: schema
why: Because this test needs a policy of a user's own.
source: [this test]
mend: Remove it.
evaluator:
  cel:
    on: object
    fault: self.kind == 'Pod' && has(self.metadata.labels)
    message: '\"it has a label\"'
    at: [metadata.labels]
";

/// More Pods than are shown in full, and one fault of a policy of the program's own.
fn repository(root: &Path) {
    for number in 0..6 {
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, labels: {{a: b}}}}\n");
        write(root, &format!("pods/p {number}.yaml"), pod.as_bytes());
    }
    write(
        root,
        "twice.yaml",
        b"apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: t}\n",
    );
    write(root, "rules/own-fault.yaml", POLICY.as_bytes());
}

const CHECK: [&str; 4] = ["check", "-v", "--policy-dir", "rules"];

/// What a terminal gets of a shell command, or `None` where nothing can play the terminal.
fn at_a_terminal(folder: &Path, command: &str, environment: &[(&str, &str)]) -> Option<String> {
    let is_there = Command::new("script").arg("--version").output();
    if !is_there.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        eprintln!("skipped: there is no `script` of util-linux to play a terminal");
        return None;
    }
    let output = Command::new("script")
        .args(["-qec", command, "/dev/null"])
        .current_dir(folder)
        .env_clear()
        .envs([("COLUMNS", "80"), ("TERM", "xterm-256color"), ("SHELL", "/bin/sh")])
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

fn command_line(arguments: &[&str]) -> String {
    format!("'{}' {}", env!("CARGO_BIN_EXE_checker"), arguments.join(" "))
}

const COLOR: &str = "\u{1b}[";
const LINK: &str = "\u{1b}]8;;";

fn without_links(text: &str) -> String {
    let mut parts = text.split(LINK);
    let first = parts.next().unwrap().to_owned();
    first
        + &parts
            .map(|part| part.split_once("\u{1b}\\").unwrap().1)
            .collect::<String>()
}

#[test]
fn names_lead_to_their_files_at_a_terminal_that_opens_links_and_change_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    repository(&root);
    let command = command_line(&CHECK);
    let Some(linked) = at_a_terminal(&root, &command, &[("TERM_PROGRAM", "WezTerm")]) else {
        return;
    };
    let plain = at_a_terminal(&root, &command, &[]).unwrap();
    assert!(plain.contains(COLOR) && !plain.contains(LINK));
    assert_eq!(without_links(&linked), plain);
    let root = root.to_str().unwrap();
    for (file, text) in [
        ("pods/p%200.yaml", "pods/p 0.yaml"),
        ("pods/p%205.yaml", "pods/p 5.yaml"),
        ("twice.yaml", "twice.yaml"),
        ("rules/own-fault.yaml", "own-fault"),
    ] {
        let link = format!("{LINK}file://{root}/{file}\u{1b}\\{text}{LINK}\u{1b}\\");
        assert!(linked.contains(&link), "{link:?} in {linked}");
    }
    let less = at_a_terminal(
        root.as_ref(),
        &command_line(&CHECK.map(|word| if word == "-v" { "." } else { word })),
        &[("TERM_PROGRAM", "WezTerm")],
    );
    assert!(
        less.unwrap().contains(&format!("{LINK}file://{root}/pods/p%205.yaml")),
        "the list of further places has links, too"
    );
    for quiet in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
        let text = at_a_terminal(root.as_ref(), &command, &[("TERM_PROGRAM", "WezTerm"), quiet]).unwrap();
        assert!(!text.contains('\u{1b}'), "{quiet:?}: {text}");
    }
}

#[test]
fn a_pipe_gets_colours_if_they_are_asked_for_and_never_a_link() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path());
    let plain = run(folder.path(), &CHECK, "", &[("TERM_PROGRAM", "WezTerm")]).stdout;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    for variable in ["FORCE_COLOR", "CLICOLOR_FORCE"] {
        let forced = [(variable, "1"), ("TERM_PROGRAM", "WezTerm"), ("FORCE_HYPERLINK", "1")];
        let text = run(folder.path(), &CHECK, "", &forced).stdout;
        assert!(text.contains(COLOR) && !text.contains(LINK), "{variable}: {text}");
        let text = run(folder.path(), &CHECK, "", &[(variable, "0")]).stdout;
        assert_eq!(text, plain, "{variable}=0");
        let text = run(folder.path(), &CHECK, "", &[(variable, "1"), ("NO_COLOR", "1")]).stdout;
        assert_eq!(text, plain, "{variable} and NO_COLOR");
    }
}

#[test]
fn a_long_run_says_at_a_terminal_what_it_is_at_and_reports_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // What this kustomization asks for is left to a program, and that takes its time.
    write(
        root,
        "app/kustomization.yaml",
        b"resources: [pod.yaml]\nvalidators: [labels.yaml]\n",
    );
    write(
        root,
        "app/pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
    );
    write(
        root,
        "app/labels.yaml",
        b"apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {tier: front}\nfieldSpecs: [{path: metadata/labels, create: true}]\n",
    );
    let programs = tempfile::tempdir().unwrap();
    let slow = programs.path().join("kustomize");
    fs::write(&slow, "#!/bin/sh\nsleep 2\necho too slow >&2\nexit 1\n").unwrap();
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.path().display());
    let path = ("PATH", path.as_str());

    let piped = run(root, &["check", "app"], "", &[path]);
    assert_eq!(piped.stderr, "", "nobody sees it, so nothing is said");
    assert!(piped.stdout.contains("too slow"), "{}", piped.stdout);
    let report = programs.path().join("report");
    let command = format!("{} > {}", command_line(&["check", "app"]), report.display());
    let Some(seen) = at_a_terminal(root, &command, &[path]) else {
        return;
    };
    assert!(seen.contains("reading and judging (1s)"), "{seen:?}");
    assert!(!seen.ends_with("s)"), "the line is gone at the end: {seen:?}");
    assert_eq!(fs::read_to_string(report).unwrap(), piped.stdout);
}
