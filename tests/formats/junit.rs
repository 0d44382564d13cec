//! The test report, read by an XML parser and held against what `junit-10.xsd` of the Jenkins xUnit plugin allows.

use std::collections::HashSet;

use checker::report::visible::visible;
use roxmltree::{Document, Node};

use crate::{findings, hostile, number, output, text};

/// Element, attributes it must have, attributes it may have, children it may have.
type Allowed = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const SCHEMA: [Allowed; 6] = [
    (
        "testsuites",
        &[],
        &["name", "time", "tests", "failures", "errors"],
        &["testsuite"],
    ),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("system-out", &[], &[], &[]),
];

fn assert_allowed(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, required, optional, children) = SCHEMA
        .iter()
        .find(|(known, ..)| *known == name)
        .unwrap_or_else(|| panic!("no element {name}"));
    for attribute in *required {
        assert!(node.has_attribute(*attribute), "{name} lacks {attribute}");
    }
    for attribute in node.attributes() {
        let known = attribute.name();
        assert!(
            required.contains(&known) || optional.contains(&known),
            "{name} has {known}"
        );
    }
    for child in node.children().filter(Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{name} holds {child:?}");
        assert_allowed(child);
    }
}

fn count(node: Node<'_, '_>, name: &str) -> String {
    node.descendants()
        .filter(|child| child.has_tag_name(name))
        .count()
        .to_string()
}

#[test]
fn a_test_report_is_well_formed_counts_right_and_has_each_finding() {
    let folder = hostile::repository();
    let root = folder.path();
    let found = findings(root, hostile::ARGUMENTS);
    for fail_on in ["info", "warning", "error"] {
        let report = output(root, "junit", &[hostile::ARGUMENTS, &["--fail-on", fail_on]].concat());
        let document = Document::parse(&report).unwrap();
        let suites = document.root_element();
        assert_eq!(suites.tag_name().name(), "testsuites");
        assert_allowed(suites);
        for node in suites
            .descendants()
            .filter(|node| node.has_tag_name("testsuite"))
            .chain([suites])
        {
            assert_eq!(node.attribute("tests"), Some(&*count(node, "testcase")));
            assert_eq!(node.attribute("failures"), Some(&*count(node, "failure")));
            assert_eq!(node.attribute("errors"), Some(&*count(node, "error")));
        }

        let tests: Vec<Node> = suites
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
            .collect();
        let names: HashSet<_> = tests
            .iter()
            .map(|test| (test.attribute("classname"), test.attribute("name")))
            .collect();
        assert_eq!(names.len(), tests.len());
        let fails = |severity: &str| severity == "error" || fail_on == "info" || severity == fail_on;
        for finding in &found {
            let place = format!(
                "{}:{}:{}: ",
                visible(text(finding, "/location/file")),
                number(finding, "/location/start/line"),
                number(finding, "/location/start/column")
            );
            // XML has no form for these two.
            let message = visible(text(finding, "/message")).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            let result = if fails(text(finding, "/severity")) {
                "failure"
            } else {
                "system-out"
            };
            let is_told = tests.iter().any(|test| {
                test.attribute("classname") == Some(text(finding, "/policy"))
                    && test.children().any(|child| {
                        let told = child.text().unwrap_or("");
                        child.has_tag_name(result) && told.contains(&place) && told.contains(&message)
                    })
            });
            assert!(is_told, "{finding:#}\n{report}");
        }
        // A policy without a finding has passed, in one test.
        let at_fault: HashSet<&str> = found.iter().map(|finding| text(finding, "/policy")).collect();
        let passed: Vec<&str> = tests
            .iter()
            .filter(|test| !test.has_children())
            .filter_map(|test| test.attribute("classname"))
            .collect();
        assert!(passed.iter().all(|policy| !at_fault.contains(policy)));
        assert_eq!(passed.len() + found.len(), tests.len());
    }
}
