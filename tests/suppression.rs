//! What hides findings, and what is said about it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use checker::model::target::{Target, Targets};
use checker::policy::catalog::{self, Catalog};
use checker::policy::finding::Finding;
use checker::policy::judge::judge;
use checker::policy::suppression::{Date, Decisions};
use checker::source::load;
use program::{checker, checker_at, screen, write};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::Value;

/// Noon of 2026-06-30, in UTC.
const DAY: &str = "1782820800";

/// Two faults of one policy (`value` is no string) and one of another (`imagePullPolcy` is no field).
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: app
          image: app:1
          imagePullPolcy: Always
          env:
            - name: PORT
              value: 8080
            - name: DEBUG
              value: yes
";

fn web_with(from: &str, to: &str) -> String {
    assert!(WEB.contains(from), "{from}");
    WEB.replacen(from, to, 1)
}

fn json(root: &Path, arguments: &[&str]) -> Value {
    let run = checker_at(root, &[&["check", "-o", "json"], arguments].concat(), DAY);
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Policy, line and means of each finding; no means if it is shown.
fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            format!(
                "{} {}:{}{}",
                finding["policy"].as_str().unwrap(),
                finding["location"]["file"].as_str().unwrap(),
                finding["location"]["start"]["line"],
                finding["suppressed"]["by"]
                    .as_str()
                    .map(|by| format!(" {by}"))
                    .unwrap_or_default()
            )
        })
        .collect()
}

fn found_in(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    findings(&json(folder.path(), &[]))
}

#[test]
fn each_means_hides_what_it_is_written_for_and_no_more() {
    let both = "unquoted-string";
    let plain = [
        "unknown-field web.yaml:15",
        "unquoted-string web.yaml:18",
        "unquoted-string web.yaml:20",
    ];
    assert_eq!(found_in(&[("web.yaml", WEB)]), plain);
    for (text, due) in [
        // One line.
        (
            web_with("8080", &format!("8080 # checker: ignore[{both}] x")),
            [
                "unknown-field web.yaml:15",
                "unquoted-string web.yaml:18 comment",
                "unquoted-string web.yaml:20",
            ],
        ),
        // A block: one item of a list.
        (
            web_with(
                "            - name: DEBUG",
                &format!("# checker: ignore[{both}] x\n            - name: DEBUG"),
            ),
            [
                "unknown-field web.yaml:15",
                "unquoted-string web.yaml:18",
                "unquoted-string web.yaml:21 comment",
            ],
        ),
        // A block: the value of a key, for two policies.
        (
            web_with(
                "spec:\n",
                &format!("# checker: ignore[{both}, unknown-field] x\nspec:\n"),
            ),
            [
                "unknown-field web.yaml:16 comment",
                "unquoted-string web.yaml:19 comment",
                "unquoted-string web.yaml:21 comment",
            ],
        ),
        // The document.
        (
            format!("# checker: ignore[{both}] x\n{WEB}"),
            [
                "unknown-field web.yaml:16",
                "unquoted-string web.yaml:19 comment",
                "unquoted-string web.yaml:21 comment",
            ],
        ),
        // The object.
        (
            web_with(
                "  name: web\n",
                &format!("  name: web\n  annotations: {{checker/ignore: {both} x}}\n"),
            ),
            [
                "unknown-field web.yaml:16",
                "unquoted-string web.yaml:19 annotation",
                "unquoted-string web.yaml:21 annotation",
            ],
        ),
        // The pod template.
        (
            web_with(
                "      labels: {app: web}\n",
                "      labels: {app: web}\n      annotations: {checker/ignore: unknown-field x}\n",
            ),
            [
                "unknown-field web.yaml:16 annotation",
                "unquoted-string web.yaml:19",
                "unquoted-string web.yaml:21",
            ],
        ),
    ] {
        assert_eq!(found_in(&[("web.yaml", &text)]), due, "{text}");
    }
}

#[test]
fn the_annotation_of_a_template_says_nothing_of_what_is_beside_it() {
    let text = web_with("kind: Deployment\n", "kind: Deployment\nspek: {}\n");
    let text = text.replace(
        "      labels: {app: web}\n",
        "      labels: {app: web}\n      annotations: {checker/ignore: unknown-field x}\n",
    );
    let found = found_in(&[("web.yaml", &text)]);
    assert_eq!(
        found[..2],
        ["unknown-field web.yaml:3", "unknown-field web.yaml:17 annotation"]
    );
}

#[test]
fn a_rule_of_the_configuration_hides_what_fits_all_of_it() {
    let other = WEB.replace("name: web", "name: api");
    let rule = |rest: &str| format!("version: 1\nignore:\n- {{policy: unknown-field, reason: x, {rest}}}\n");
    for (rest, hides_web, hides_api) in [
        ("paths: [apps/web.yaml]", true, false),
        ("paths: [apps]", true, true),
        ("paths: ['**/web.yaml']", true, false),
        ("objects: {name: 'a*'}", false, true),
        ("objects: {kind: Deployment, namespace: shop}", true, true),
        ("paths: [apps], objects: {name: web}", true, false),
    ] {
        let found = found_in(&[
            (".checker.yaml", &rule(rest)),
            ("apps/api.yaml", &other),
            ("apps/web.yaml", WEB),
        ]);
        let hidden = |name: &str| found.contains(&format!("unknown-field apps/{name}.yaml:15 configuration"));
        assert_eq!(
            (hidden("web"), hidden("api")),
            (hides_web, hides_api),
            "{rest}: {found:?}"
        );
        assert_eq!(found.len(), 6, "{found:?}");
    }
    let misses = [
        "objects: {kind: Pod}",
        "objects: {namespace: other}",
        "paths: [web.yaml]",
    ];
    for rest in misses {
        let found = found_in(&[(".checker.yaml", &rule(rest)), ("apps/web.yaml", WEB)]);
        assert_eq!(found[0], "unused-suppression .checker.yaml:3", "{rest}");
        assert!(found.contains(&"unknown-field apps/web.yaml:15".to_owned()), "{rest}");
    }
}

#[test]
fn suppressed_findings_are_counted_and_listed_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = web_with(
        "8080",
        "8080 # checker: ignore[unquoted-string] until=2026-12-31 the chart quotes it",
    );
    let text = text.replace(
        "  name: web\n",
        "  name: web\n  annotations:\n    checker/ignore: |\n      unknown-field not ours\n",
    );
    write(root, "web.yaml", text.as_bytes());
    write(
        root,
        ".checker.yaml",
        b"version: 1\nignore:\n- policy: unquoted-string\n  objects: {kind: Deployment}\n  reason: all of them are\n",
    );
    let hidden = checker_at(root, &["check"], DAY);
    assert_eq!(
        (hidden.code, hidden.stdout.contains("unquoted-string")),
        (0, false),
        "{}",
        hidden.stdout
    );
    insta::assert_snapshot!(
        "listed",
        screen(&checker_at(root, &["check", "--show-suppressed"], DAY))
    );
    let report = json(root, &[]);
    let suppressed: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["suppressed"])
        .collect();
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&suppressed).unwrap());
    assert_eq!(report["summary"]["suppressed"], 3);
    assert_eq!(report["targets"][0]["summary"]["suppressed"], 3);
    assert_eq!(report["summary"]["error"], 0);
}

#[test]
fn a_suppression_holds_through_its_last_day_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  y: x # checker: ignore[renamed-key] until=2026-06-30 x\n";
    write(root, "a.yaml", text.as_bytes());
    let report = |seconds: &str| {
        let run = checker_at(root, &["check", "-o", "json"], seconds);
        (run.code, findings(&serde_json::from_str(&run.stdout).unwrap()))
    };
    // The last second of the day, and the first of the next.
    let (code, found) = report("1782863999");
    assert_eq!((code, found), (0, vec!["renamed-key a.yaml:5 comment".to_owned()]));
    let (code, found) = report("1782864000");
    assert_eq!(
        (code, found),
        (
            1,
            vec![
                "renamed-key a.yaml:5".to_owned(),
                "expired-suppression a.yaml:5".to_owned()
            ]
        )
    );
    for seconds in ["", "today", "99999999999999999"] {
        assert_eq!(checker_at(root, &["check"], seconds).code, 2, "{seconds}");
    }
}

#[test]
fn what_is_wrong_with_a_rule_is_found_at_its_bytes_in_a_whole_run_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "apps/web.yaml", WEB.as_bytes());
    write(
        root,
        ".checker.yaml",
        b"version: 1
ignore:
- policy: [unknown-feld, unreadable-document, host-port]
  paths: [apps]
  reason: x
- policy: unquoted-string
  paths: [apps]
- policy: unknown-field
  paths: [apps]
  reason: x
  until: 2026-06-29
",
    );
    insta::assert_snapshot!(screen(&checker_at(root, &["check"], DAY)));
    // `host-port` may be found elsewhere.
    let part = findings(&json(root, &["apps"]));
    assert!(!part.iter().any(|finding| finding.starts_with("unused")), "{part:?}");
}

#[test]
fn what_depends_on_files_that_are_not_looked_at_is_not_called_unused_for_certain() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    let text = web_with(
        "8080",
        "\"8080\" # checker: ignore[unquoted-string, double-injection] x",
    );
    write(root, "apps/web.yaml", text.as_bytes());
    let unused = |arguments: &[&str]| {
        let report = json(root, arguments);
        let findings = report["findings"].as_array().unwrap().iter();
        let unused = findings.filter(|finding| finding["policy"] == "unused-suppression");
        let severities: Vec<String> = unused
            .map(|finding| finding["severity"].as_str().unwrap().to_owned())
            .collect();
        severities.join(" ")
    };
    assert_eq!(unused(&[]), "warning warning");
    // Whether the mesh injects a proxy is said by a Namespace, which may stand anywhere; a value is what it is.
    assert_eq!(unused(&["apps"]), "warning info");
    write(root, "chart/Chart.yaml", b"name: c\nversion: 1.0.0\n");
    write(root, "chart/templates/namespace.yaml", b"kind: Namespace\n");
    assert_eq!(unused(&[]), "warning info");
}

#[test]
fn so_many_comments_are_read_in_a_file_and_the_next_one_is_told_of() {
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n".to_owned();
    for at in 0..=1_001 {
        text.push_str("  k");
        text.push_str(&at.to_string());
        text.push_str(": x # checker: ignore[duplicate-key] x\n");
    }
    let found = found_in(&[("a.yaml", &text)]);
    let told: Vec<&String> = found
        .iter()
        .filter(|finding| finding.starts_with("malformed"))
        .collect();
    assert_eq!(told, ["malformed-suppression a.yaml:1005"]);
    assert_eq!(found.len(), 1_001);
}

#[test]
fn what_cannot_be_suppressed_is_shown_whatever_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "a.yaml",
        b"# checker: ignore[unreadable-document] x\nkind: Pod\nmetadata: [\n---\n# checker: ignore[unused-suppression, renamed-key] x\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
    );
    write(
        root,
        ".checker.yaml",
        b"version: 1\nignore:\n- policy: [unreadable-document, forbidden-suppression]\n  paths: ['**']\n  reason: x\n",
    );
    let found = findings(&json(root, &["--write-baseline", "known.yaml"]));
    assert_eq!(
        found,
        [
            "forbidden-suppression .checker.yaml:3",
            "forbidden-suppression .checker.yaml:3",
            "unreadable-document a.yaml:3",
            "forbidden-suppression a.yaml:5",
            "unused-suppression a.yaml:5",
        ]
    );
    assert!(!fs::read_to_string(root.join("known.yaml")).unwrap().contains("policy"));
    write(
        root,
        ".checker.yaml",
        b"version: 1\nseverity: {unreadable-document: off}\n",
    );
    let run = checker(root, &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot be switched off"), "{}", run.stderr);
}

const BASE: &str = "resources: [web.yaml]\n";

#[test]
fn a_comment_counts_where_the_place_of_a_rendered_finding_is_written() {
    let commented = web_with(
        "          imagePullPolcy",
        "          # checker: ignore[unknown-field] x\n          imagePullPolcy",
    );
    let overlay = "resources: [../base]\nnamePrefix: eu-\npatches: [{path: patch.yaml}]\n";
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  minReadySecond: 1 # checker: ignore[unknown-field] y\n";
    let files = [
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", &commented),
        ("eu/kustomization.yaml", overlay),
        ("eu/patch.yaml", patch),
    ];
    let found = found_in(&files);
    assert!(
        found.contains(&"unknown-field base/web.yaml:16 comment".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"unknown-field eu/patch.yaml:5 comment".to_owned()),
        "{found:?}"
    );
    // Also where the base is not among the paths.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    let found = findings(&json(folder.path(), &["eu"]));
    assert!(
        found.contains(&"unknown-field base/web.yaml:16 comment".to_owned()),
        "{found:?}"
    );
}

#[test]
fn what_one_overlay_suppresses_is_shown_for_the_other() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {checker/ignore: unknown-field x}\n";
    let found = found_in(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", WEB),
        (
            "eu/kustomization.yaml",
            "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        ),
        ("eu/patch.yaml", patch),
        ("us/kustomization.yaml", "resources: [../base]\n"),
    ]);
    let of_field: Vec<&String> = found
        .iter()
        .filter(|finding| finding.starts_with("unknown-field"))
        .collect();
    assert_eq!(
        of_field,
        [
            "unknown-field base/web.yaml:15 annotation",
            "unknown-field base/web.yaml:15"
        ]
    );
    assert!(!found.iter().any(|finding| finding.starts_with("unused")), "{found:?}");
}

#[test]
fn severities_of_the_configuration_decide_what_fails_and_what_is_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "web.yaml", WEB.as_bytes());
    let severities = |text: &str| {
        write(
            root,
            ".checker.yaml",
            format!("version: 1\nseverity: {text}\n").as_bytes(),
        );
        let run = checker(root, &["check", "-o", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let found = report["findings"].as_array().unwrap().iter();
        let severities: Vec<String> = found
            .map(|finding| finding["severity"].as_str().unwrap().to_owned())
            .collect();
        (run.code, severities.join(" "))
    };
    assert_eq!(severities("{}"), (1, "error error error".to_owned()));
    assert_eq!(severities("{unknown-field: info}"), (1, "info error error".to_owned()));
    assert_eq!(
        severities("{unknown-field: info, unquoted-string: info}"),
        (0, "info info info".to_owned())
    );
    assert_eq!(
        severities("{unknown-field: off, unquoted-string: \"off\"}"),
        (0, String::new())
    );
    let list = checker(root, &["policies"]).stdout;
    assert!(list.contains("  off      unknown-field "), "{list}");
    assert!(
        checker(root, &["explain", "unknown-field"])
            .stdout
            .starts_with("unknown-field (off)\n")
    );
    write(root, ".checker.yaml", b"version: 1\nseverity: {unknown-feld: off}\n");
    insta::assert_snapshot!("unknown_policy", screen(&checker(root, &["check"])));
}

#[test]
fn what_is_excluded_is_counted_and_what_a_kustomization_takes_of_it_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["old/a.yaml", "new/b.yaml", "base/web.yaml"] {
        write(root, name, WEB.as_bytes());
    }
    write(root, "base/kustomization.yaml", BASE.as_bytes());
    write(root, "eu/kustomization.yaml", b"resources: [../base]\n");
    for (configuration, excluded, files) in [
        ("exclude: [old, base]", 3, &["base/web.yaml", "new/b.yaml"][..]),
        ("include: [new, old]", 3, &["new/b.yaml", "old/a.yaml"]),
        ("include: [new, old]\nexclude: ['*/a.yaml']", 4, &["new/b.yaml"]),
    ] {
        write(
            root,
            ".checker.yaml",
            format!("version: 1\n{configuration}\n").as_bytes(),
        );
        let report = json(root, &[]);
        let skipped = &report["coverage"]["files"]["skipped"];
        // The configuration itself is out, too, where it is not included.
        let own = u64::from(configuration.starts_with("include"));
        assert_eq!(
            skipped["excluded"].as_u64(),
            Some(excluded + own),
            "{configuration}: {skipped}"
        );
        let mut found: Vec<String> = findings(&report)
            .iter()
            .map(|finding| finding.split([' ', ':']).nth(1).unwrap().to_owned())
            .collect();
        found.dedup();
        assert_eq!(found, files, "{configuration}");
        // A file that is named all the same stays out.
        if configuration.starts_with("exclude") {
            assert!(findings(&json(root, &["old/a.yaml"])).is_empty());
        }
    }
}

/// A part of a document: a scalar, faulty or not, or a collection.
#[derive(Debug, Clone)]
enum Part {
    Scalar { is_renamed: bool, is_doubled: bool },
    Mapping(Vec<Part>),
    List(Vec<Part>),
}

fn part() -> impl Strategy<Value = Part> {
    let scalar =
        (any::<bool>(), any::<bool>()).prop_map(|(is_renamed, is_doubled)| Part::Scalar { is_renamed, is_doubled });
    scalar.prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![several().prop_map(Part::Mapping), several().prop_map(Part::List)]
    })
}

/// The lines of a document, and for each one in which an entry or an item begins the last line of the outermost that does.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ends: Vec<usize>,
}

impl Lines {
    fn mapping(&mut self, parts: &[Part], indent: usize, dash: &str) {
        let mut dash = dash.to_owned();
        for (at, part) in parts.iter().enumerate() {
            let lead = if dash.is_empty() {
                " ".repeat(indent)
            } else {
                std::mem::take(&mut dash)
            };
            let first = self.lines.len();
            match part {
                Part::Scalar { is_renamed, is_doubled } => {
                    // Octal numbers are keys that become others.
                    let key = if *is_renamed {
                        format!("0{}", 10 + at)
                    } else {
                        format!("key{at}")
                    };
                    self.add(format!("{lead}{key}: x"));
                    if *is_doubled {
                        self.add(format!("{}twice{at}: x", " ".repeat(indent)));
                        self.add(format!("{}twice{at}: y", " ".repeat(indent)));
                    }
                    continue;
                }
                Part::Mapping(parts) => {
                    self.add(format!("{lead}key{at}:"));
                    self.mapping(parts, indent + 2, "");
                }
                Part::List(parts) => {
                    self.add(format!("{lead}key{at}:"));
                    // Not deeper than the key, as people write it.
                    for part in parts {
                        let first = self.lines.len();
                        let dash = format!("{}- ", " ".repeat(indent));
                        match part {
                            Part::Mapping(parts) => self.mapping(parts, indent + 2, &dash),
                            other => self.mapping(std::slice::from_ref(other), indent + 2, &dash),
                        }
                        self.end(first);
                    }
                }
            }
            self.end(first);
        }
    }

    fn add(&mut self, line: String) {
        self.ends.push(self.lines.len());
        self.lines.push(line);
    }

    fn end(&mut self, first: usize) {
        self.ends[first] = self.lines.len() - 1;
    }
}

/// Policy and line, from 0, of findings.
type Spots = Vec<(String, usize)>;

/// The findings that are hidden and those that are not, without those about suppressions.
fn judged(text: &str) -> (Spots, Spots) {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().unwrap());
    let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
    let targets = Targets::only(Target::everything(catalog::default_profile().unwrap()));
    let decisions = Decisions::none(Date::new(2026, 6, 30).unwrap());
    let found = judge(&repository, &CATALOG, &targets, &decisions, |_, _| ()).unwrap();
    let of_interest = found
        .into_iter()
        .filter(|finding| !finding.policy.contains("suppression"));
    let (hidden, shown): (Vec<Finding>, Vec<Finding>) = of_interest.partition(Finding::is_suppressed);
    let spots = |findings: Vec<Finding>| {
        let spot = |finding: &Finding| {
            let place = &finding.primary.place;
            (
                finding.policy.to_string(),
                place.file.position(place.span.start).line - 1,
            )
        };
        findings.iter().map(spot).collect()
    };
    (spots(hidden), spots(shown))
}

proptest! {
    #![proptest_config(Config { cases: 128, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_comment_hides_all_findings_of_its_policy_in_its_block_and_nothing_else(
        parts in prop::collection::vec(part(), 1..4),
        at in any::<prop::sample::Index>(),
        policy in prop::sample::select(vec!["renamed-key", "duplicate-key"]),
        is_trailing in any::<bool>(),
    ) {
        let mut document = Lines::default();
        for line in ["apiVersion: example.com/v1", "kind: Widget", "metadata: {name: a}"] {
            document.add(line.to_owned());
        }
        document.mapping(&parts, 0, "");
        // Above the first line a comment is the document's.
        let at = 1 + at.index(document.lines.len() - 1);
        let comment = format!("# checker: ignore[{policy}] x");
        let mut lines = document.lines.clone();
        // What the line of a finding was before the comment came.
        let (reach, before): (std::ops::RangeInclusive<usize>, fn(usize, usize) -> usize) = if is_trailing {
            lines[at] = format!("{} {comment}", lines[at]);
            (at..=at, |line, _| line)
        } else {
            lines.insert(at, comment);
            (at..=document.ends[at], |line, at| if line > at { line - 1 } else { line })
        };
        let (_, all) = judged(&(document.lines.join("\n") + "\n"));
        let text = lines.join("\n") + "\n";
        let (hidden, shown) = judged(&text);
        let moved = |spots: Spots| -> Spots {
            spots.into_iter().map(|(policy, line)| (policy, before(line, at))).collect()
        };
        let (due, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(found, line)| found == policy && reach.contains(line));
        prop_assert_eq!(moved(hidden), due, "{}", &text);
        prop_assert_eq!(moved(shown), rest, "{}", &text);
    }
}
