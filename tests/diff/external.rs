//! `KUBECTL_EXTERNAL_DIFF`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::base::changed;
use crate::scratch::Scratch;

/// A program that notes its arguments and what it gets to see, and ends with a code.
fn differ(scratch: &Scratch, code: i32) -> String {
    let path = scratch.root().join(".git/my differ");
    let text = format!(
        "#!/bin/sh\nfor word in \"$@\"; do echo \"[$word]\"; done\nfor folder; do :; done\nstat -c '%a %A' \"$folder\"\nls \"$folder\"\nstat -c %a \"$folder\"/*\nexit {code}\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn another_program_gets_its_arguments_whole_and_folders_that_are_gone_afterwards() {
    let scratch = changed();
    let program = differ(&scratch, 1);
    let temporary = tempfile::tempdir().unwrap();
    let command = format!("'{program}' --color=always 'a b' --style={{x}}");
    let environment = [
        ("KUBECTL_EXTERNAL_DIFF", command.as_str()),
        ("TMPDIR", temporary.path().to_str().unwrap()),
    ];
    let run = scratch.run_with(&["diff", "--base", "HEAD"], &environment);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.contains("[--color=always]\n[a b]\n[--style={x}]\n["),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("/LIVE-") && run.stdout.contains("/MERGED-"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("700 drwx------\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains("apps.v1.Deployment.shop.eu-web\n"),
        "{}",
        run.stdout
    );
    let modes = run
        .stdout
        .lines()
        .filter(|line| line.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(
        modes.clone().count() > 3 && modes.clone().all(|mode| mode == "600"),
        "{}",
        run.stdout
    );
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn what_the_program_ends_with_is_no_answer_but_a_fault_over_one() {
    let scratch = changed();
    for (code, expected) in [(0, 1), (1, 1), (2, 3), (77, 3)] {
        let program = differ(&scratch, code);
        let command = format!("'{program}'");
        let run = scratch.run_with(&["diff", "--base", "HEAD"], &[("KUBECTL_EXTERNAL_DIFF", &command)]);
        assert_eq!(run.code, expected, "{code}: {}", run.stderr);
    }
    for (command, expected) in [("'unfinished", 2), ("/nowhere/differ", 3)] {
        let run = scratch.run_with(&["diff", "--base", "HEAD"], &[("KUBECTL_EXTERNAL_DIFF", command)]);
        assert_eq!(run.code, expected, "{command}: {}", run.stderr);
    }
    let run = scratch.run_with(
        &["diff", "--base", "HEAD", "-o", "json"],
        &[("KUBECTL_EXTERNAL_DIFF", "/nowhere/differ")],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
}
