//! The forms of a report.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::base::changed;
use crate::scratch::{Scratch, config_map};

#[test]
fn json_has_the_documented_form() {
    let run = changed().run(&["diff", "--base", "HEAD", "-o", "json"]);
    assert_eq!(run.code, 1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&report["version"], &report["command"], &report["side"]["base"]),
        (&1.into(), &"diff".into(), &"HEAD".into())
    );
    for object in report["objects"].as_array().unwrap() {
        assert!(object["object"]["kind"].is_string() && object["object"].get("namespace").is_some());
        assert!(["create", "change", "same", "prune"].contains(&object["status"].as_str().unwrap()));
        assert!(object.get("reason").is_some() && object["confidence"].is_string());
        for change in object["changes"].as_array().unwrap() {
            for key in ["path", "op", "class", "effect"] {
                assert!(change[key].is_string(), "{key}: {change}");
            }
            for key in ["from", "to", "actor", "location"] {
                assert!(change.get(key).is_some(), "{key}: {change}");
            }
            let offset = change["location"]["start"]["offset"].as_u64().unwrap();
            assert!(offset < change["location"]["end"]["offset"].as_u64().unwrap());
        }
    }
    let of = |kind: &str, key: &str| {
        let mut objects = report["objects"].as_array().unwrap().iter();
        objects.find(|object| object["object"]["kind"] == kind).unwrap()["changes"][0][key].clone()
    };
    assert_eq!(of("Secret", "secret"), true);
    assert_eq!((of("Secret", "from"), of("Secret", "to")), (Value::Null, Value::Null));
    assert_eq!(
        (
            of("Deployment", "path"),
            of("Deployment", "from"),
            of("Deployment", "to")
        ),
        ("spec.replicas".into(), 2.into(), 3.into())
    );
    let summary = &report["summary"];
    let total: u64 = ["create", "change", "same", "prune", "unknown", "terminating"]
        .iter()
        .map(|key| summary[key].as_u64().unwrap())
        .sum();
    assert_eq!(total, report["objects"].as_array().unwrap().len() as u64);
}

#[test]
fn unified_is_what_diff_would_print() {
    insta::assert_snapshot!(changed().run(&["diff", "--base", "HEAD", "-o", "unified"]).stdout);
}

#[test]
fn markdown_for_a_pull_request() {
    insta::assert_snapshot!(changed().run(&["diff", "--base", "HEAD", "-o", "markdown"]).stdout);
}

/// Names that would be more than text, in number and length without bounds.
fn crowd() -> Scratch {
    let value = |mark: &str| {
        format!(
            "\"<img src=x> @victim ``` | {mark} {}\\n</details>\"",
            "x".repeat(3_000)
        )
    };
    let all = |mark: &str| -> String {
        let maps = (0..400).map(|at| config_map(&format!("\"</summary><b>@victim-{at}\""), &value(mark)));
        maps.collect::<Vec<_>>().join("---\n")
    };
    let scratch = Scratch::new(&[("a.yaml", &all("one"))]);
    scratch.write(&[("a.yaml", &all("two"))]);
    scratch
}

/// Reads a comment as GitHub does: nothing of a file has become a tag or a mention, and gives its headings.
fn headings(comment: &str) -> Vec<String> {
    assert!(comment.len() <= 65_000, "{}", comment.len());
    let (mut is_code, mut is_heading) = (false, false);
    let mut open = 0;
    let mut headings = Vec::new();
    for event in Parser::new_ext(comment, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::Heading { .. }) => {
                is_heading = true;
                headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Html(html) | Event::InlineHtml(html) => {
                open += html.matches("<details>").count();
                open -= html.matches("</details>").count();
                assert!(
                    !html.contains("<img") && !html.contains("<b>") && !html.contains('@'),
                    "{html}"
                );
            }
            Event::Text(text) | Event::Code(text) if is_heading => headings.last_mut().unwrap().push_str(&text),
            Event::Text(text) => assert!(is_code || !text.contains("@victim"), "{text}"),
            _ => {}
        }
    }
    assert_eq!(open, 0);
    headings
}

#[test]
fn markdown_is_bounded_and_whatever_stands_in_it_stays_text() {
    let run = crowd().run(&["diff", "--base", "HEAD", "-o", "markdown"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(headings(&run.stdout), ["checker diff: 400 changed"]);
    assert!(
        run.stdout.contains("more objects for which there is no room"),
        "{}",
        &run.stdout[run.stdout.len() - 300..]
    );
}

#[test]
fn findings_and_changes_share_one_comment_and_each_takes_what_the_other_leaves() {
    let scratch = crowd();
    let shown = |scratch: &Scratch| {
        let comment = scratch.run(&["check", "--base", "HEAD", "-o", "markdown"]).stdout;
        let told = headings(&comment);
        let (findings, changes) = comment.split_once("### What changes since").unwrap();
        let folded = |text: &str| text.matches("<details>").count();
        (told, folded(findings), folded(changes), comment.len())
    };
    let (told, findings, alone, length) = shown(&scratch);
    assert_eq!(
        told,
        [
            "checker: 0 errors, 0 warnings, 0 info new since HEAD; 0 stay, 0 are gone",
            "What changes since HEAD: 400 changed"
        ]
    );
    assert_eq!(findings, 0);
    assert!(length > 60_000, "{length}");
    // Findings without number, of many policies: each one says what it can.
    for at in 0..60 {
        let id = format!("long-{at}");
        let long = "words ".repeat(300);
        let policy = format!(
            "id: {id}\ntitle: Long\nseverity: error\nchapter: schema\nwhy: {long}\nsource: [us]\nmend: {long}\nevaluator:\n  \
             cel: {{on: object, fault: 'self.data.key == \"new\"', message: '\"@victim </details>\"', at: [kind]}}\n"
        );
        scratch.write(&[(&format!("rules/{id}.yaml"), &policy)]);
    }
    scratch.write(&[
        (".checker.yaml", "version: 1\npolicyDirs: [rules]\nexclude: [rules]\n"),
        ("new.yaml", &config_map("\"<b>@victim\"", "new")),
    ]);
    let (told, findings, beside, length) = shown(&scratch);
    assert!(told[0].starts_with("checker: 60 errors"), "{told:?}");
    assert_eq!(told[1], "What changes since HEAD: 1 new, 400 changed");
    assert!(
        findings > 5 && beside > 5 && beside < alone,
        "{findings} {beside} {alone}"
    );
    assert!(length > 60_000, "{length}");
}

#[test]
fn a_huge_text_is_shown_in_part_and_counted() {
    let text = |mark: &str| {
        let lines: String = (0..50_000)
            .map(|at| [mark, &at.to_string()].join(" "))
            .fold(String::new(), |all, line| all + "    " + &line + "\n");
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\ndata:\n  text: |\n{lines}")
    };
    let scratch = Scratch::new(&[("a.yaml", &text("old"))]);
    scratch.write(&[("a.yaml", &text("new"))]);
    let run = scratch.run(&["diff", "--base", "HEAD"]);
    assert!(run.stdout.lines().count() < 60, "{}", run.stdout.lines().count());
    assert!(run.stdout.contains("99980 more lines"), "{}", run.stdout);
    let unified = scratch.run(&["diff", "--base", "HEAD", "-o", "unified"]).stdout;
    assert_eq!(unified.lines().filter(|line| line.starts_with("+    ")).count(), 50_000);
}

#[test]
fn the_same_comes_out_whatever_the_number_of_threads() {
    let scratch = changed();
    for format in ["human", "json", "markdown", "unified"] {
        let of = |threads: &str| {
            let run = scratch.run_with(
                &["diff", "--base", "HEAD", "-v", "-o", format],
                &[("RAYON_NUM_THREADS", threads)],
            );
            (run.code, run.stdout, run.stderr)
        };
        assert_eq!(of("1"), of("7"), "{format}");
    }
}
