//! What holds for every text: nothing else changes, and mending twice changes nothing.

use std::collections::BTreeMap;

use checker::mend::{Asked, plan};
use checker::model::target::{Target, Targets};
use checker::policy::catalog::{self, Catalog};
use checker::policy::suppression::{Date, Decisions};
use checker::report::Report;
use checker::source::decode::{self, Node};
use checker::source::load;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

/// A way of writing things down.
#[derive(Debug, Clone)]
struct Manner {
    step: usize,
    is_flush: bool,
    line_break: &'static str,
    has_last_break: bool,
    comment: &'static str,
    blank: &'static str,
    is_flow: bool,
}

fn manner() -> impl Strategy<Value = Manner> {
    let line_break = select(vec!["\n", "\r\n"]);
    let comment = select(vec!["", " # c", "  # a: b", " #"]);
    let blank = select(vec!["", "\n", "# between\n", "      # deep\n\n"]);
    (
        2..5_usize,
        any::<bool>(),
        line_break,
        any::<bool>(),
        comment,
        blank,
        any::<bool>(),
    )
        .prop_map(
            |(step, is_flush, line_break, has_last_break, comment, blank, is_flow)| Manner {
                step,
                is_flush,
                line_break,
                has_last_break,
                comment,
                blank,
                is_flow,
            },
        )
}

/// Values that are strings or are to become some.
fn value() -> impl Strategy<Value = &'static str> {
    select(vec![
        "yes",
        "0644",
        "1.10",
        "1e3",
        "8080",
        "false",
        "'a'",
        "\"b: c\"",
        "plain",
        "'it''s'",
        "~",
        "\"\\u00e9\"",
        "ü",
        "on",
    ])
}

fn set(manner: &Manner, values: &[&str], mounts: &[bool], key: &str) -> String {
    let pad = |depth: usize| " ".repeat(depth * manner.step);
    let dash = |depth: usize| pad(if manner.is_flush { depth - 1 } else { depth });
    let comment = manner.comment;
    let mut text = format!(
        "apiVersion: apps.kruise.io/v1alpha1{comment}\nkind: SidecarSet\nmetadata:\n{}name: proxy\n{}annotations:{comment}\n",
        pad(1),
        pad(1)
    );
    for (at, value) in values.iter().enumerate() {
        text.push_str(&format!("{}k{at}: {value}{comment}\n", pad(2)));
    }
    text.push_str(manner.blank);
    text.push_str(&format!(
        "spec:\n{}selector: {{matchLabels: {{a: b}}}}{comment}\n{}{key}:\n",
        pad(1),
        pad(1)
    ));
    text.push_str(&format!("{}partition: 10%{comment}\n{}containers:\n", pad(2), pad(1)));
    let (first, rest) = (dash(2), " ".repeat(dash(2).len() + 2));
    text.push_str(&format!("{first}- name: istio-proxy{comment}\n{}", manner.blank));
    text.push_str(&format!("{rest}image: mesh/asm-istio-proxy:feature-1.6.x-1\n"));
    let paths = [
        ("istio-envoy", "/etc/istio/proxy"),
        ("istio-data", "/var/lib/istio/data"),
        ("istio-podinfo", "/etc/istio/pod"),
    ];
    let mounted: Vec<_> = paths
        .iter()
        .zip(mounts)
        .filter(|(_, is_there)| **is_there)
        .map(|(path, _)| path)
        .collect();
    if manner.is_flow {
        let items: Vec<String> = mounted
            .iter()
            .map(|(name, path)| format!("{{name: {name}, mountPath: {path}}}"))
            .collect();
        text.push_str(&format!("{rest}volumeMounts: [{}]{comment}\n", items.join(", ")));
    } else {
        text.push_str(&format!("{rest}volumeMounts:{comment}\n"));
        let below = if manner.is_flush {
            rest.clone()
        } else {
            format!("{rest}{}", pad(1))
        };
        for (name, path) in mounted {
            text.push_str(&format!(
                "{below}- name: {name}{comment}\n{below}  mountPath: {path}\n{}",
                manner.blank
            ));
        }
    }
    if !manner.has_last_break {
        text.truncate(text.trim_end().len());
    }
    text.replace('\n', manner.line_break)
}

/// The text after all mends, and how many there are.
fn mended(text: &str) -> (String, usize) {
    let targets = Targets::only(Target::everything(catalog::default_profile().unwrap()));
    let decisions = Decisions::none(Date::of_unix_seconds(0).unwrap());
    let catalog = Catalog::builtin().unwrap();
    let report = |text: &str| {
        let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
        Report::of(&repository, &catalog, &targets, &decisions).unwrap()
    };
    let found = report(text);
    let meant = vec![true; found.findings.len()];
    let asked = Asked {
        is_unsafe_too: true,
        meant: &meant,
    };
    let made = plan::<()>(
        &found.findings,
        &found.mends,
        asked,
        |_| Ok(()),
        |texts| Ok(report(&texts["a.yaml"]).findings),
    )
    .unwrap();
    let new = made.texts.get("a.yaml").map_or(text, String::as_str);
    (new.to_owned(), made.mended)
}

/// Every scalar of a text by the way to it.
fn scalars(text: &str) -> BTreeMap<String, String> {
    let decoded = decode::decode_str("a.yaml", text);
    assert!(!decoded.is_refused(), "{:?}\n{text}", decoded.faults);
    let mut found = BTreeMap::new();
    let mut pending: Vec<(String, Node<'_>)> = Vec::new();
    for document in &decoded.documents {
        let tree = document.tree.as_ref().unwrap();
        pending.push((document.index.to_string(), tree.root()));
        while let Some((way, node)) = pending.pop() {
            pending.extend(
                node.entries()
                    .map(|entry| (format!("{way}.{}", entry.key()), entry.value())),
            );
            pending.extend(
                node.items()
                    .enumerate()
                    .map(|(at, item)| (format!("{way}[{at}]"), item)),
            );
            if node.entries().len() + node.items().len() == 0 {
                let mut json = String::new();
                decode::write_json(node, &mut json);
                found.insert(way, json);
            }
        }
    }
    found
}

fn comments(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains('#'))
        .filter_map(|line| line.split_once(" #"))
        .map(|(_, comment)| comment)
        .collect();
    lines.sort_unstable();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn nothing_else_changes_and_a_second_time_changes_nothing(
        manner in manner(),
        values in prop::collection::vec(value(), 1..5),
        mounts in prop::collection::vec(any::<bool>(), 3),
        key in select(vec!["updateStrategy", "strategy", "updatestrategy"]),
    ) {
        let before = set(&manner, &values, &mounts, key);
        let (after, count) = mended(&before);
        prop_assert!(count > 0, "{before}");
        let (old, new) = (scalars(&before), scalars(&after));
        for (way, value) in &old {
            let renamed = way.replace(&format!("spec.{key}"), "spec.updateStrategy");
            let now = new.get(&renamed);
            let is_annotation = way.starts_with("0.metadata.annotations.") && !value.starts_with('"') && value != "null";
            let was_empty = value == "[]" || way.ends_with("volumeMounts") && value == "null";
            prop_assert!(now == Some(value) || is_annotation || was_empty, "{way}: {value} is {now:?}\n{before}\n{after}");
            if is_annotation {
                let key = way.rsplit('.').next().unwrap();
                let line = before.lines().find(|line| line.trim_start().starts_with(&format!("{key}:"))).unwrap();
                let written = line.split_once(": ").unwrap().1.split(" #").next().unwrap().trim_end();
                prop_assert_eq!(now, Some(&format!("\"{written}\"")), "{}\n{}", before, after);
            }
        }
        for way in new.keys().filter(|way| !old.contains_key(*way)) {
            let is_due = ["spec.updateStrategy", "spec.volumes", "volumeMounts", ".env["].iter().any(|part| way.contains(part));
            prop_assert!(is_due, "{way} is new\n{after}");
        }
        prop_assert_eq!(comments(&before), comments(&after), "{}\n{}", before, after);
        prop_assert_eq!(before.matches("\r\n").count() == before.matches('\n').count(), after.matches("\r\n").count() == after.matches('\n').count());
        prop_assert_eq!(before.ends_with('\n'), after.ends_with('\n'), "{}", after);
        let (again, _) = mended(&after);
        prop_assert_eq!(&again, &after);
    }
}
