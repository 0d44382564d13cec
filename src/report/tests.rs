//! What holds for every format and cannot be brought about from outside.

use serde_json::Value;

use super::coverage::Coverage;
use super::{Report, TargetReport, github, gitlab, junit, markdown, sarif};
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;

#[test]
fn a_run_that_could_not_be_finished_says_so() {
    let why = "more than `5` objects\n::error::@x <y>";
    let report = Report {
        findings: Vec::new(),
        coverage: Coverage::default(),
        targets: vec![TargetReport {
            name: "default".into(),
            coverage: Coverage::default(),
            incomplete: Some(why.to_owned()),
        }],
        files: Vec::new(),
        mends: Vec::new(),
        is_fixable: false,
        mending: None,
        incomplete: Some(why.to_owned()),
        comparison: None,
        narrowing: None,
    };
    let catalog = Catalog::builtin().unwrap();
    let shown = "more than `5` objects\\u{a}::error::@x <y>";

    let log: Value = serde_json::from_str(&sarif::render(&report, &catalog)).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], shown);
    let first = format!("::error title=checker::the run could not be finished: {shown}\n");
    assert!(github::render(&report).starts_with(&first));
    assert_eq!(gitlab::render(&report), "[]\n");
    let tests = junit::render(&report, &catalog, Severity::Warning);
    assert!(tests.contains("failures=\"0\" errors=\"1\""), "{tests}");
    assert!(tests.contains("<error type=\"incomplete\" message=\"more than `5` objects\\u{a}::error::@x &lt;y&gt;\">"));
    let comment = markdown::render(&report, &catalog, None);
    let sentence = "**The run could not be finished:** more than `5` `objects\\u{a}::error::@x` `<y>`\n";
    assert!(comment.contains(sentence), "{comment}");
}
