use std::fs;

use serde_json::json;

use super::*;
use crate::model::kruise_version::KruiseVersion;

/// A repository with a folder, a file, a chart, a link and a folder of policies.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "clusters/eu/web.yaml",
        "clusters/us/web.yaml",
        "charts/gateway/Chart.yaml",
        "charts/gateway/values-eu.yaml",
        "rules/own.yaml",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    folder
}

fn read_here(text: &str) -> Result<Configuration, ConfigurationError> {
    read(".checker.yaml", text.as_bytes().to_vec(), repository().path())
}

/// Takes the marks `«…»` out of a text, and says where they were.
fn unmark(marked: &str) -> (String, Vec<Span>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    let mut start = 0;
    for character in marked.chars() {
        match character {
            '«' => start = text.len(),
            '»' => spans.push(Span::new(start, text.len())),
            other => text.push(other),
        }
    }
    (text, spans)
}

#[test]
fn every_key_is_read() {
    let text = "
version: 1
policyDirs: [./rules/]
failOn: error
severity: {floating-image: info, host-network: off}
ignore:
  - policy: [floating-image, host-port]
    paths: [clusters/us]
    objects: {kind: Deployment, namespace: shop, name: web-*}
    reason: moves in Q4
    until: 2026-12-31
  - policy: host-port
    paths: [clusters]
baseline: ./clusters/eu/web.yaml
include: [clusters/**]
exclude: ['**/old']
targets:
  - name: eu
    paths: [clusters/eu/, ./charts/gateway/../gateway]
    context: prod-eu
    namespace: shop
    mesh: asm-1.6
    kruise: v1.7.2
    helm:
      - chart: charts/gateway
        release: gateway
        namespace: istio-system
        values: [charts/gateway/values-eu.yaml]
  - name: us
    paths: [.]
";
    let root = repository();
    let read = read(".checker.yaml", text.into(), root.path()).unwrap();
    assert_eq!(read.policy_folders, [root.path().join("rules")]);
    assert_eq!(read.fail_on, Some(Severity::Error));
    let [eu, us] = &read.targets[..] else {
        panic!("{:?}", read.targets)
    };
    assert_eq!((&*eu.name, &*us.name), ("eu", "us"));
    assert_eq!(eu.paths, ["clusters/eu", "charts/gateway"]);
    assert_eq!(us.paths, ["."]);
    assert_eq!(eu.context.as_deref(), Some("prod-eu"));
    assert_eq!(eu.namespace.as_deref(), Some("shop"));
    assert_eq!(eu.profile.id, "asm-1.6");
    assert_eq!(eu.profile.kruise, KruiseVersion::new(1, 7, 2));
    assert_eq!(us.profile.kruise, catalog::default_profile().unwrap().kruise);
    let release = HelmRelease {
        chart: "charts/gateway".to_owned(),
        release: "gateway".to_owned(),
        namespace: Some("istio-system".to_owned()),
        values: vec!["charts/gateway/values-eu.yaml".to_owned()],
    };
    assert_eq!(eu.releases, [release]);
    let severities: Vec<_> = read
        .severities
        .iter()
        .map(|change| (change.policy.as_str(), change.severity))
        .collect();
    assert_eq!(
        severities,
        [("floating-image", Some(Severity::Info)), ("host-network", None)]
    );
    let [several, one] = &read.rules[..] else {
        panic!("{:?}", read.rules)
    };
    let ids = |rule: &Rule| {
        let named = rule.policies.iter();
        named
            .map(|(id, place)| {
                assert_eq!(place.file.slice(place.span), id);
                id.clone()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(several), ["floating-image", "host-port"]);
    assert_eq!(ids(one), ["host-port"]);
    assert!(several.paths.as_ref().unwrap().is_match("clusters/us/web.yaml"));
    let objects = several.objects.as_ref().unwrap();
    assert_eq!(objects.kind.as_deref(), Some("Deployment"));
    assert!(objects.name.as_ref().unwrap().is_match("web-1"));
    assert_eq!(several.reason.as_deref(), Some("moves in Q4"));
    assert_eq!(several.until.unwrap().to_string(), "2026-12-31");
    assert!(one.objects.is_none() && one.reason.is_none() && one.until.is_none());
    assert_eq!(read.baseline.as_deref(), Some("clusters/eu/web.yaml"));
    assert!(read.exclusion.leaves_out("clusters/old/a.yaml") && read.exclusion.leaves_out("a.yaml"));
    assert!(!read.exclusion.leaves_out("clusters/a.yaml"));
}

#[test]
fn what_is_left_out_has_its_default() {
    let read = read_here("version: 1\n").unwrap();
    assert!(read.targets.is_empty() && read.policy_folders.is_empty() && read.fail_on.is_none());
}

/// One target with everything it needs, for what follows its keys.
const TARGET: &str = "version: 1\ntargets:\n- name: eu\n  paths: [clusters/eu]\n";

#[test]
fn each_error_is_at_its_bytes_and_says_what_to_write() {
    let of_file: &[(&str, &[&str])] = &[
        ("«»", &["nothing is written here; begin with `version: 1`"]),
        ("«- a»", &["a mapping is due here, this is a list"]),
        ("«failOn»: error\n", &["`version` is missing here"]),
        ("version: «2»\n", &["this must be `1`"]),
        ("version: «\"1\"»\n", &["this must be `1`"]),
        ("«verson»: 1\n", &["unknown key `verson`; did you mean `version`?"]),
        (
            "version: 1\n«overlook»: []\n",
            &[
                "unknown key `overlook`; known here: `version`, `targets`, `policyDirs`, `failOn`, `severity`, `ignore`, \
                 `baseline`, `include`, `exclude`, `diff`",
            ],
        ),
        (
            "version: 1\ntargets: «[]»\n",
            &["this list is empty; name at least one"],
        ),
        (
            "version: 1\ntargets: «eu»\n",
            &["a list is due here, this is a string; write `[eu]`"],
        ),
        (
            "version: 1\ntargets:\n- «eu»\n",
            &["a mapping is due here, this is a string"],
        ),
        (
            "version: 1\ntargets:\n- {«context»: a}\n",
            &["`name` is missing here", "`paths` is missing here"],
        ),
        (
            "version: 1\nfailOn: «eror»\n",
            &["unknown value `eror`; did you mean `error`?"],
        ),
        (
            "version: 1\nfailOn: «fatal»\n",
            &["unknown value `fatal`; known here: `error`, `warning`, `info`"],
        ),
        (
            "version: 1\nseverity: {a: «eror», b: «yes», c: off, d: \"off\"}\n",
            &[
                "unknown value `eror`; did you mean `error`?",
                "one of `error`, `warning`, `info`, `off` is due here, this is a boolean",
            ],
        ),
        (
            "version: 1\nbaseline: «known.yaml»\n",
            &["`known.yaml` is not in the repository"],
        ),
        (
            "version: 1\ninclude: «[]»\nexclude: [«/a», «a/../..», «\"a[\"»]\n",
            &[
                "this list is empty; name at least one",
                "`/a` is no pattern: an absolute path; patterns are relative to the root of the repository",
                "`a/../..` is no pattern: patterns are relative to the root of the repository and do not leave it",
                "`a[` is no pattern: unclosed character class; missing ']'",
            ],
        ),
        (
            "version: 1\nignore:\n- {«polcy»: a, paths: [a]}\n",
            &["unknown key `polcy`; did you mean `policy`?"],
        ),
        (
            "version: 1\nignore:\n- {«policy»: a, reason: b}\n",
            &[
                "neither `paths` nor `objects` are named; what is to hide all findings of a policy is written \
                 `severity: {POLICY: off}`",
            ],
        ),
        (
            "version: 1\nignore:\n- {policy: «1», paths: [a], until: «2026-02-30»}\n",
            &[
                "a string or a list is due here, this is a number",
                "a day is due here, such as `2026-12-31`",
            ],
        ),
        (
            "version: 1\nignore:\n- {policy: «[]», objects: «{}»}\n- {policy: a, objects: {name: «\"a[\"»}, reason:«» }\n",
            &[
                "this list is empty; name at least one",
                "this is empty",
                "`a[` is no pattern: unclosed character class; missing ']'",
                "a string is due here, this is null",
            ],
        ),
        (
            "version: 1\npolicyDirs: [«rule»]\n",
            &["`rule` is not in the repository; did you mean `rules` for `rule`?"],
        ),
        (
            "version: 1\npolicyDirs: [«rules/own.yaml»]\n",
            &["`rules/own.yaml` is no folder"],
        ),
        (
            "version: 1\n«version»: 1\n",
            &["the key `version` stands twice; this one wins in silence"],
        ),
        (
            "version: 1\n---\n«a: 1\n»",
            &["a second document; a configuration is one"],
        ),
    ];
    let of_target: &[(&str, &[&str])] = &[
        (
            "  «namspace»: shop\n",
            &["unknown key `namspace`; did you mean `namespace`?"],
        ),
        (
            "  namespace: «Shop»\n",
            &["`Shop` is no name of a namespace: lower-case letters, digits and `-`, at most 63"],
        ),
        ("  namespace:«»\n", &["a string is due here, this is null"]),
        ("  namespace: «\"\"»\n", &["this is empty"]),
        (
            "  context: «yes»\n",
            &["a string is due here, this is a boolean; quote it: `\"yes\"`"],
        ),
        (
            "  kruise: «1.10»\n",
            &["a string is due here, this is a number; quote it: `\"1.10\"`"],
        ),
        (
            "  kruise: «latest»\n",
            &["\"latest\" is not an OpenKruise release; write it as \"1.8.3\""],
        ),
        (
            "  mesh: «asm-1.7»\n",
            &["unknown value `asm-1.7`; did you mean `asm-1.6`?"],
        ),
        ("  mesh: «1.6»\n", &["one of `asm-1.6` is due here, this is a number"]),
        (
            "- name: «eu»\n  paths: [.]\n",
            &["a second target `eu`; each name stands for one cluster"],
        ),
        (
            "- name: «e u»\n  paths: [.]\n",
            &["a target's name is made of letters, digits, `-`, `_` and `.`"],
        ),
        (
            "- name: us\n  paths: «[]»\n",
            &["this list is empty; name at least one"],
        ),
        (
            "- name: us\n  paths: [«/etc», «../x», «clusters/../..», «clusters/asia», «cluster/us»]\n",
            &[
                "`/etc` is absolute; write it relative to the root of the repository",
                "`../x` leads out of the repository; paths are relative to its root",
                "`clusters/../..` leads out of the repository; paths are relative to its root",
                "`clusters/asia` is not in the repository",
                "`cluster/us` is not in the repository; did you mean `clusters` for `cluster`?",
            ],
        ),
        (
            "- name: us\n  paths: [«'clusters/*'», «'clusters\\eu'»]\n",
            &[
                "`clusters/*` is not in the repository; this is a path, and patterns are not taken: name the folder, or each of them",
                "`clusters\\eu` is not in the repository; write `/` between folders, on every system",
            ],
        ),
        ("  helm:\n  - «chart»: charts/gateway\n", &["`release` is missing here"]),
        (
            "  helm:\n  - {chart: «clusters/eu», release: «My_Release», values: [«clusters»]}\n",
            &[
                "`clusters/eu` is no chart: it has no `Chart.yaml`",
                "`My_Release` is no name of a release: lower-case letters, digits, `-` and `.`, at most 53",
                "`clusters` is a folder, and a file is due here",
            ],
        ),
    ];
    let cases = of_file
        .iter()
        .map(|(text, due)| ((*text).to_owned(), *due))
        .chain(of_target.iter().map(|(text, due)| (format!("{TARGET}{text}"), *due)));
    for (marked, due) in cases {
        let (text, spans) = unmark(&marked);
        let Err(ConfigurationError::Problems(problems)) = read_here(&text) else {
            panic!("read without a problem:\n{text}");
        };
        let messages: Vec<&str> = problems.list.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, due, "{text}");
        let mut found: Vec<Span> = problems.list.iter().map(|problem| problem.span).collect();
        found.dedup();
        assert_eq!(found, spans, "{text}");
    }
}

#[test]
fn all_errors_are_told_at_once_in_the_order_of_the_file() {
    let text = "verson: 1\ntargets:\n- name: eu\n  paths: [clusters/ue]\n  kruise: 1.8\nfailOn: eror\n";
    let Err(ConfigurationError::Problems(problems)) = read_here(text) else {
        panic!("read without a problem");
    };
    let marked: Vec<&str> = problems
        .list
        .iter()
        .map(|problem| problems.file.slice(problem.span))
        .collect();
    assert_eq!(marked, ["verson", "clusters/ue", "1.8", "eror"]);
}

#[cfg(unix)]
#[test]
fn no_path_leads_through_a_link() {
    let root = repository();
    std::os::unix::fs::symlink("/etc", root.path().join("clusters/out")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("rules/out.yaml")).unwrap();
    let text = "version: 1\npolicyDirs: [rules]\ntargets:\n- name: eu\n  paths: [clusters/out, clusters/out/ssl]\n";
    let Err(ConfigurationError::Problems(problems)) = read(".checker.yaml", text.into(), root.path()) else {
        panic!("read without a problem");
    };
    assert_eq!(problems.list.len(), 3);
    for problem in problems.list {
        assert!(
            problem.message.contains("links are not followed"),
            "{}",
            problem.message
        );
    }
}

#[test]
fn the_pattern_for_editors_takes_the_releases_that_the_program_takes() {
    let pattern = jsonschema::validator_for(&json!({"pattern": file::KRUISE_PATTERN})).unwrap();
    for text in [
        "1.8.3",
        "v1.8",
        "1.9.0-alpha.3",
        "1.9.0+x",
        "1",
        "1.x",
        "1.2.3.4",
        "",
        "latest",
        "v",
        "1.8.3 ",
    ] {
        assert_eq!(
            pattern.is_valid(&json!(text)),
            text.parse::<KruiseVersion>().is_ok(),
            "{text}"
        );
    }
}
