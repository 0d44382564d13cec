//! What a person finds before the first run: help, completions and manual pages, all of one definition.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![allow(clippy::print_stderr, reason = "says what it skips")]

mod program;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use program::{checker, here};

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = checker(here(), &["-h"]).stdout;
    let list = help.split_once("Commands:\n").unwrap().1.split("\n\n").next().unwrap();
    // A line that is indented further goes on with the one above.
    let names = list.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// What a program makes of an input, or `None` if it is not there.
fn fed(program: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_help_of_each_command_fits_a_screen_and_shows_how_to_call_it() {
    const SCREEN: usize = 24;
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    let main = checker(here(), &["-h"]);
    assert!(main.stdout.lines().count() <= SCREEN, "{}", main.stdout);
    for command in &commands {
        let short = checker(here(), &[command, "-h"]);
        assert_eq!(short.code, 0, "{command}");
        assert!(short.stdout.lines().count() <= SCREEN, "{command}:\n{}", short.stdout);
        let long = checker(here(), &[command, "--help"]);
        let example = format!("\nExamples:\n  checker {command}");
        assert!(
            long.stdout.contains(&example) || long.stdout.contains(&format!("| checker {command}")),
            "{}",
            long.stdout
        );
    }
}

#[test]
fn the_long_help_tells_all_in_groups() {
    insta::assert_snapshot!("main", checker(here(), &["--help"]).stdout);
    insta::assert_snapshot!("check", checker(here(), &["check", "--help"]).stdout);
}

#[test]
fn completions_are_scripts_that_their_shells_accept() {
    for (shell, arguments) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])] {
        let run = checker(here(), &["completions", shell]);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{shell}");
        for word in ["explain", "fail-on", "sarif", "show-suppressed"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
        let Some(output) = fed(shell, arguments, &run.stdout) else {
            eprintln!("skipped: there is no {shell}, so its completions are not held against it");
            continue;
        };
        assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
    }
    assert_eq!(checker(here(), &["completions", "nosh"]).code, 2);
}

#[test]
fn bash_completes_the_names_of_policies() {
    let script = checker(here(), &["completions", "bash"]).stdout;
    let asked = "COMP_WORDS=(checker explain double-i); COMP_CWORD=2; _checker checker double-i explain; echo \"${COMPREPLY[@]}\"";
    let Some(output) = fed("bash", &["--norc"], &format!("{script}\n{asked}\n")) else {
        eprintln!("skipped: there is no bash, so its completions are not tried");
        return;
    };
    assert_eq!(text(&output.stdout), "double-injection\n", "{}", text(&output.stderr));
}

#[test]
fn there_is_a_manual_page_of_each_command_that_renders_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    let run = checker(here(), &["man", pages.to_str().unwrap()]);
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "", ""));
    let main = fs::read_to_string(pages.join("checker.1")).unwrap();
    assert_eq!(checker(here(), &["man"]).stdout, main);
    let mut names: Vec<String> = commands().iter().map(|name| format!("checker-{name}.1")).collect();
    names.push("checker.1".to_owned());
    names.sort();
    let mut written: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, names);
    for name in &names {
        let page = fs::read_to_string(pages.join(name)).unwrap();
        let Some(output) = fed("groff", &["-man", "-Tutf8", "-wall", "-rLL=100n"], &page) else {
            eprintln!("skipped: there is no groff, so the manual pages are not rendered");
            return;
        };
        assert_eq!(text(&output.stderr), "", "{name}");
        if name == "checker-check.1" {
            let shown = without_overstrikes(&text(&output.stdout));
            let example = "\n       helm template shop charts/shop | checker check -\n";
            assert!(
                shown.contains(example) && shown.contains("Let kustomize use the network"),
                "{shown}"
            );
        }
    }
}

/// The text without what makes it bold or underlined at a terminal.
fn without_overstrikes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

#[test]
fn a_folder_for_manual_pages_that_cannot_be_written_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let run = checker(here(), &["man", Path::new(&file).join("man1").to_str().unwrap()]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}
