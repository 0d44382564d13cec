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
#[test]
fn markdown_is_bounded_and_whatever_stands_in_it_stays_text() {
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
    let run = scratch.run(&["diff", "--base", "HEAD", "-o", "markdown"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.len() <= 65_000, "{}", run.stdout.len());
    assert!(
        run.stdout.contains("more objects for which there is no room"),
        "{}",
        &run.stdout[run.stdout.len() - 300..]
    );
    let mut is_code = false;
    let mut open = 0;
    for event in Parser::new_ext(&run.stdout, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Html(html) | Event::InlineHtml(html) => {
                open += html.matches("<details>").count();
                open -= html.matches("</details>").count();
                assert!(
                    !html.contains("<img") && !html.contains("<b>") && !html.contains('@'),
                    "{html}"
                );
            }
            Event::Text(text) => assert!(is_code || !text.contains("@victim"), "{text}"),
            _ => {}
        }
    }
    assert_eq!(open, 0);
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
