//! GitLab's Code Quality report, held against what its documentation requires.

use std::collections::HashSet;

use checker::report::visible::visible;
use serde_json::{Value, json};

use crate::{findings, hostile, number, output, text};

#[test]
fn a_code_quality_report_has_what_gitlab_requires_at_the_lines_of_the_findings() {
    let folder = hostile::repository();
    let root = folder.path();
    let report: Value = serde_json::from_str(&output(root, "gitlab", hostile::ARGUMENTS)).unwrap();
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "not": {"pattern": "^(\\./|/)"}},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let violations = report.as_array().unwrap();
    let findings = findings(root, hostile::ARGUMENTS);
    assert_eq!(violations.len(), findings.len());
    let mut fingerprints = HashSet::new();
    for (violation, finding) in violations.iter().zip(&findings) {
        assert_eq!(text(violation, "/location/path"), text(finding, "/location/file"));
        let line = number(violation, "/location/lines/begin");
        assert_eq!(line, number(finding, "/location/start/line"));
        assert!(number(violation, "/location/lines/end") >= line);
        assert_eq!(text(violation, "/check_name"), text(finding, "/policy"));
        assert_eq!(text(violation, "/fingerprint"), text(finding, "/fingerprint"));
        assert!(text(violation, "/description").contains(&*visible(text(finding, "/message"))));
        assert!(fingerprints.insert(text(violation, "/fingerprint")), "{violation:#}");
    }
}
