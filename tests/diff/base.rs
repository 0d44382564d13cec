//! Against another revision.

use crate::program::screen;
use crate::scratch::{Scratch, WEB, config_map};

/// Every sort of change in one repository.
pub fn changed() -> Scratch {
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata:\n  app.conf: |\n    one\n    two\n    \
                    three of a longer line, of which a single word differs\n    four\n    five\n    six\n";
    let scratch = Scratch::new(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("over/kustomization.yaml", "resources: [../base]\nnamePrefix: eu-\n"),
        ("settings.yaml", settings),
        ("gone.yaml", &config_map("gone", "x")),
        ("same.yaml", &config_map("same", "x")),
        (
            "job.yaml",
            "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: once-}\n",
        ),
        ("copies/eu/map.yaml", &config_map("copy", "one")),
        ("copies/us/map.yaml", &config_map("copy", "one")),
        (
            "key.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: hunter2}\n",
        ),
    ]);
    let env = "        - {name: A, value: \"1\"}\n        - {name: B, value: \"2\"}\n";
    let reversed = "        - {name: B, value: \"2\"}\n        - {name: A, value: \"1\"}\n";
    let web = WEB
        .replace("1.2.3", "1.2.4")
        .replace("replicas: 2", "replicas: 3")
        .replace(env, reversed);
    scratch.write(&[
        ("base/web.yaml", &web),
        ("settings.yaml", &settings.replace("single word", "few words").replace("six\n", "six \n")),
        ("new.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"new\\e[31m\", namespace: shop}\ndata: {a: \"\\u202e\"}\n"),
        ("copies/us/map.yaml", &config_map("copy", "\"\\e[31m two\"")),
        (
            "key.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: hunter3}\n",
        ),
        ("moved/same.yaml", &config_map("same", "x")),
    ]);
    scratch.remove("gone.yaml");
    scratch.remove("same.yaml");
    scratch
}

#[test]
fn what_a_branch_changes_is_shown_as_it_is_rendered() {
    insta::assert_snapshot!(screen(&changed().run(&["diff", "--base", "HEAD"])));
}

#[test]
fn nothing_changed_is_clean() {
    let scratch = Scratch::new(&[("web.yaml", WEB)]);
    insta::assert_snapshot!(screen(&scratch.run(&["diff", "--base", "main"])));
}

#[test]
fn a_revision_that_is_none_is_wrong_usage() {
    let scratch = Scratch::new(&[("web.yaml", WEB)]);
    for arguments in [
        &["diff", "--base", "nothing"][..],
        &["diff", "--base=--upload-pack=x"],
        &["diff", "--base", ""],
        &["diff", "-", "--base", "HEAD"],
        &["diff", "--base", "HEAD", "--context", "prod"],
        &["diff", "--base", "HEAD", "--prune", "-l", "a=b"],
        &["diff", "--base", "HEAD", "-l", "a in"],
        &["diff", "--base", "HEAD", "-o", "sarif"],
        &["diff", "--base", "HEAD", "-o", "json", "-o", "human"],
    ] {
        let run = scratch.run(arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    let nowhere = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let run = crate::program::checker_with(nowhere.path(), &["diff", "--base", "HEAD"], &[("PATH", &path)]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn what_could_not_be_read_then_is_not_called_new_and_hides_nothing_else() {
    let scratch = Scratch::new(&[("web.yaml", WEB), ("broken.yaml", "apiVersion: v1\nkind: [\n")]);
    scratch.write(&[
        ("broken.yaml", &config_map("mended", "x")),
        ("web.yaml", &WEB.replace("1.2.3", "1.2.4")),
    ]);
    insta::assert_snapshot!(screen(&scratch.run(&["diff", "--base", "HEAD"])));
}

#[test]
fn what_stood_in_a_file_that_cannot_be_read_now_is_not_called_gone() {
    let two = |text: &str| format!("{}---\n{text}", config_map("kept", "x"));
    let scratch = Scratch::new(&[("two.yaml", &two(&config_map("hidden", "x")))]);
    scratch.write(&[("two.yaml", &two("a: [\n"))]);
    let run = scratch.run(&["diff", "--base", "HEAD"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(run.stdout.contains("unknown ConfigMap shop/hidden"), "{}", run.stdout);
    assert!(!run.stdout.contains("gone"), "{}", run.stdout);
}

#[test]
fn each_state_of_the_repository_goes_by_its_own_configuration() {
    let target = |path: &str| format!("version: 1\ntargets: [{{name: eu, paths: [{path}], namespace: shop}}]\n");
    let web = WEB.replace(", namespace: shop", "");
    let scratch = Scratch::new(&[(".checker.yaml", &target("old")), ("old/web.yaml", &web)]);
    scratch.remove("old/web.yaml");
    scratch.write(&[(".checker.yaml", &target("new")), ("new/web.yaml", &web)]);
    let run = scratch.run(&["diff", "--base", "HEAD"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(run.stdout.contains("1 the same"), "{}", run.stdout);
}

#[test]
fn only_the_objects_that_are_asked_for_are_compared() {
    let labelled = |name: &str, value: &str| {
        config_map(name, value).replace("namespace: shop", &format!("namespace: shop, labels: {{app: {name}}}"))
    };
    let scratch = Scratch::new(&[("a.yaml", &labelled("a", "one")), ("b/b.yaml", &labelled("b", "one"))]);
    scratch.write(&[("a.yaml", &labelled("a", "two")), ("b/b.yaml", &labelled("b", "two"))]);
    for arguments in [
        &["diff", "--base", "HEAD", "-l", "app in (a)"][..],
        &["diff", "a.yaml", "--base", "HEAD"],
    ] {
        let run = scratch.run(arguments);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(
            run.stdout.contains("ConfigMap shop/a ") && !run.stdout.contains("shop/b"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn the_comment_of_a_check_ends_with_what_diff_says() {
    let scratch = changed();
    let comment = |arguments: &[&str]| scratch.run(&[arguments, &["-o", "markdown"]].concat()).stdout;
    let objects = |text: &str| text[text.find("<details>").unwrap()..].to_owned();
    let difference = objects(&comment(&["diff", "--base", "HEAD"]));
    let check = comment(&["check", "--base", "HEAD"]);
    let (findings, changes) = check.split_once("### What changes since `HEAD`: ").unwrap();
    assert!(findings.starts_with("<!-- checker -->\n### checker: "), "{check}");
    assert_eq!(objects(changes), difference);
    assert!(
        changes.starts_with("1 new, 4 changed, 1 gone from Git, 2 the same\n"),
        "{changes}"
    );
    // Of what is staged, what is staged is told.
    scratch.git(&["add", "-A"]);
    scratch.remove("settings.yaml");
    assert_eq!(comment(&["check", "--base", "HEAD", "--staged"]), check);
    // Who names files asks for what concerns them, and without a base nothing has changed.
    for arguments in [&["check", "--base", "HEAD", "--touched", "key.yaml"][..], &["check"]] {
        assert!(!comment(arguments).contains("What changes"), "{arguments:?}");
    }
}
