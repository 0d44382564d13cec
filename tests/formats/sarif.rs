//! SARIF: against its public schema where it is at hand, and against what consumers do with it.

use std::collections::HashSet;
use std::{env, fs};

use checker::policy::catalog::Catalog;
use checker::report::visible::visible;
use serde_json::Value;

use crate::program::{checker_with_git, commit, write};
use crate::{findings, hostile, number, output, small_repository, text};

/// The schema; without one the test says so and passes.
fn schema() -> Option<Value> {
    let Some(path) = env::var_os("CHECKER_SARIF_SCHEMA") else {
        eprintln!("skipped: CHECKER_SARIF_SCHEMA names no schema (`sh tests/run` fetches one)");
        return None;
    };
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    // Their pattern for languages, of which a report names none, is a regular expression for lenient readers only.
    for holder in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{holder}/properties/language"));
        language.and_then(Value::as_object_mut).unwrap().remove("pattern");
    }
    Some(schema)
}

#[test]
fn the_public_schema_takes_it() {
    let Some(schema) = schema() else {
        return;
    };
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let (hostile, small, clean) = (hostile::repository(), small_repository(), tempfile::tempdir().unwrap());
    let of = |folder: &tempfile::TempDir, arguments: &[&str]| output(folder.path(), "sarif", arguments);
    let mut logs = vec![of(&hostile, hostile::ARGUMENTS), of(&small, &[]), of(&clean, &[])];
    commit(small.path());
    fs::rename(small.path().join("pod.yaml"), small.path().join("web.yaml")).unwrap();
    fs::remove_file(small.path().join("broken.yaml")).unwrap();
    write(small.path(), "new.yaml", b"kind: Pod\nmetadata: {\n");
    logs.push(checker_with_git(small.path(), &["check", "--base", "HEAD", "-o", "sarif"]).stdout);
    for state in ["new", "unchanged", "absent"] {
        let state = format!("\"baselineState\": \"{state}\"");
        assert!(logs[3].contains(&state), "{state}");
    }
    for log in logs {
        let mut log: Value = serde_json::from_str(&log).unwrap();
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        // The schema is at work.
        log["runs"][0]["results"] = Value::from(vec![1]);
        log["runs"][0]["columnKind"] = Value::from("bytes");
        assert!(validator.iter_errors(&log).count() > 0);
    }
}

#[test]
fn each_result_is_at_its_place_under_a_relative_address() {
    let folder = hostile::repository();
    let root = folder.path();
    let log: Value = serde_json::from_str(&output(root, "sarif", hostile::ARGUMENTS)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
    let results = run["results"].as_array().unwrap();
    let findings = findings(root, hostile::ARGUMENTS);
    assert_eq!(results.len(), findings.len());
    let mut fingerprints = HashSet::new();
    for (result, finding) in results.iter().zip(&findings) {
        assert_location(&result["locations"][0], &finding["location"]);
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for (location, label) in related.zip(finding["related"].as_array().unwrap()) {
            assert_location(location, &label["location"]);
        }
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(number(result, "/ruleIndex")).unwrap()];
        assert_eq!(
            (&result["ruleId"], &rule["id"]),
            (&finding["policy"], &finding["policy"])
        );
        let level = text(result, "/level");
        assert_eq!(if level == "note" { "info" } else { level }, text(finding, "/severity"));
        let fingerprint = result["partialFingerprints"]["checker/v1"].as_str().unwrap();
        assert_eq!(fingerprint, text(finding, "/fingerprint"));
        assert!(fingerprints.insert(fingerprint));
    }
}

fn assert_location(location: &Value, due: &Value) {
    let address = text(location, "/physicalLocation/artifactLocation/uri");
    let is_due = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    assert!(address.bytes().all(is_due) && !address.starts_with('/'), "{address}");
    assert_eq!(decoded(address), text(due, "/file"));
    for (field, pointer) in [
        ("startLine", "/start/line"),
        ("startColumn", "/start/column"),
        ("endLine", "/end/line"),
        ("endColumn", "/end/column"),
    ] {
        let found = number(location, &format!("/physicalLocation/region/{field}"));
        assert_eq!(found, number(due, pointer), "{field} of {location:#}");
    }
}

fn decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (code, after) = rest.split_at(2);
            bytes.push(u8::from_str_radix(std::str::from_utf8(code).unwrap(), 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The text of a message as a viewer shows it, and the destinations of its links: `[words](destination)`, where a backslash takes a
/// bracket or a backslash its meaning.
fn shown(message: &str) -> (String, Vec<String>) {
    let (mut plain, mut links) = (String::new(), Vec::new());
    let characters: Vec<char> = message.chars().collect();
    let is_escape = |at: usize| characters[at] == '\\' && matches!(characters.get(at + 1), Some('[' | ']' | '\\'));
    let mut at = 0;
    while at < characters.len() {
        if is_escape(at) {
            plain.push(characters[at + 1]);
            at += 2;
            continue;
        }
        let mut close = at + 1;
        let mut words = String::new();
        while characters[at] == '[' && close < characters.len() && characters[close] != ']' {
            close += usize::from(is_escape(close));
            words.push(characters[close]);
            close += 1;
        }
        let destination: Option<String> =
            (characters[at] == '[' && characters.get(close + 1) == Some(&'(')).then(|| {
                characters[close + 2..]
                    .iter()
                    .take_while(|character| **character != ')')
                    .collect()
            });
        if let Some(destination) = destination {
            at = close + 3 + destination.chars().count();
            plain.push_str(&words);
            links.push(destination);
        } else {
            plain.push(characters[at]);
            at += 1;
        }
    }
    (plain, links)
}

#[test]
fn a_message_links_to_its_related_places_and_to_nothing_else() {
    let (hostile, small) = (hostile::repository(), small_repository());
    let mut linked = 0;
    for (folder, arguments) in [(&hostile, hostile::ARGUMENTS), (&small, &[])] {
        let log: Value = serde_json::from_str(&output(folder.path(), "sarif", arguments)).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        for (result, finding) in results.iter().zip(&findings(folder.path(), arguments)) {
            let (plain, links) = shown(text(result, "/message/text"));
            assert!(plain.contains(&*visible(text(finding, "/message"))), "{plain}");
            let related = result["relatedLocations"].as_array().into_iter().flatten();
            let ids: Vec<String> = related.map(|location| location["id"].to_string()).collect();
            assert_eq!(links, ids, "{result:#}");
            linked += links.len();
        }
    }
    assert!(linked > 0);
}

#[test]
fn every_policy_is_a_rule_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let log: Value = serde_json::from_str(&output(folder.path(), "sarif", &[])).unwrap();
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| text(rule, "/id")).collect();
    let catalog = Catalog::builtin().unwrap();
    let due: Vec<&str> = catalog.policies().iter().map(|policy| &*policy.id).collect();
    assert_eq!(ids, due);
    for (rule, policy) in rules.iter().zip(catalog.policies()) {
        assert_eq!(text(rule, "/shortDescription/text"), policy.title);
        // The most that GitHub takes.
        assert!(text(rule, "/fullDescription/text").chars().count() <= 1024);
        assert!(text(rule, "/help/text").contains(policy.why.trim()));
        assert!(text(rule, "/help/markdown").contains("**Mend.**"));
    }
}
