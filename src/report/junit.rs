//! `--output junit`: a test report. A target is a suite; a policy without a finding is a test that passed, and each finding is a test of
//! its own, since readers of such reports take one failure a test.
//!
//! Elements and attributes are those of `junit-10.xsd` of the Jenkins xUnit plugin, which the other readers take as well.

use std::collections::HashMap;
use std::fmt::Write;

use super::sentence::{circumstances, mend, position, sentence};
use super::visible::visible;
use super::{Report, TargetReport, summary};
use crate::policy::catalog::Catalog;
use crate::policy::definition::Policy;
use crate::policy::finding::{Finding, Severity, Since};

/// The report as an XML document. Findings of `fail_on` and graver are failures, as they are for the exit code; others are told with a
/// test that passed.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, fail_on: Severity) -> String {
    let mut by_target_and_policy: HashMap<(&str, &str), Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        let key = (&*finding.target, &*finding.policy);
        by_target_and_policy.entry(key).or_default().push(finding);
    }
    let mut body = String::new();
    let mut counts = Counts::default();
    for target in &report.targets {
        let mut suite = Suite::new(fail_on);
        for policy in catalog.policies() {
            let findings = by_target_and_policy.get(&(&*target.name, &*policy.id));
            suite.add_policy(policy, findings.map_or(&[], Vec::as_slice));
        }
        suite.close(target);
        suite.counts.write_head(&mut body, "testsuite", &target.name);
        body.push_str(&suite.body);
        body.push_str("  </testsuite>\n");
        counts.add(&suite.counts);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    counts.write_head(&mut out, "testsuites", "checker");
    out.push_str(&body);
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
    }

    fn write_head(&self, out: &mut String, element: &str, name: &str) {
        let indent = if element == "testsuite" { "  " } else { "" };
        let _ = writeln!(
            out,
            "{indent}<{element} name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
            escape(&visible(name)),
            self.tests,
            self.failures,
            self.errors
        );
    }
}

struct Suite {
    fail_on: Severity,
    body: String,
    counts: Counts,
    /// How often a name was given: readers take tests of one name for one test.
    names: HashMap<String, usize>,
}

impl Suite {
    fn new(fail_on: Severity) -> Self {
        Self {
            fail_on,
            body: String::new(),
            counts: Counts::default(),
            names: HashMap::new(),
        }
    }

    fn add_policy(&mut self, policy: &Policy, findings: &[&Finding]) {
        if findings.is_empty() {
            self.add_test(&policy.id, &visible(&policy.title), "");
        }
        for finding in findings {
            self.add_finding(policy, finding);
        }
    }

    fn add_finding(&mut self, policy: &Policy, finding: &Finding) {
        let name = self.unique(&name_of(policy, finding));
        let mut text = vec![format!("{}: {}", position(&finding.primary.place), sentence(finding))];
        text.extend(circumstances(finding));
        text.push(String::new());
        text.extend(mend(finding));
        let text = escape(text.join("\n").trim_end());
        let result = if let Some(suppressed) = &finding.suppressed {
            let reason = suppressed.reason.as_deref().unwrap_or("without a reason");
            let by = format!("suppressed by {}: {reason}", suppressed.means.name());
            format!("      <skipped message=\"{}\"/>\n", escape(&visible(&by)))
        } else if finding.since == Some(Since::Stays) {
            "      <skipped message=\"it was there before\"/>\n".to_owned()
        } else if finding.severity >= self.fail_on {
            self.counts.failures += 1;
            format!(
                "      <failure type=\"{}\" message=\"{}\">{text}</failure>\n",
                finding.severity,
                escape(&sentence(finding)),
            )
        } else {
            format!("      <system-out>{}: {text}</system-out>\n", finding.severity)
        };
        self.add_test(&policy.id, &name, &result);
    }

    fn add_test(&mut self, class: &str, name: &str, result: &str) {
        self.counts.tests += 1;
        let (class, name) = (escape(class), escape(name));
        let _ = if result.is_empty() {
            writeln!(self.body, "    <testcase classname=\"{class}\" name=\"{name}\"/>")
        } else {
            writeln!(
                self.body,
                "    <testcase classname=\"{class}\" name=\"{name}\">\n{result}    </testcase>"
            )
        };
    }

    fn unique(&mut self, name: &str) -> String {
        let count = self.names.entry(name.to_owned()).or_default();
        *count += 1;
        match *count {
            1 => name.to_owned(),
            count => format!("{name} ({count})"),
        }
    }

    /// What was not judged is an error of the run, and what was looked at is told.
    fn close(&mut self, target: &TargetReport) {
        if let Some(why) = &target.incomplete {
            self.counts.errors += 1;
            let why = escape(&visible(why));
            let result = format!("      <error type=\"incomplete\" message=\"{why}\">{why}</error>\n");
            self.add_test("checker", "the run could not be finished", &result);
        }
        let coverage = escape(&summary::coverage_sentence(&target.coverage));
        let _ = writeln!(self.body, "    <system-out>{coverage}</system-out>");
    }
}

/// A name that stays when lines move, so that a test can be followed from run to run.
fn name_of(policy: &Policy, finding: &Finding) -> String {
    let file = finding.primary.place.file.path();
    let mut name = format!("{}: {file}", policy.title);
    if let Some(object) = &finding.object {
        let _ = write!(name, ": {object}");
    }
    if !finding.path.is_empty() {
        let _ = write!(name, ": {}", finding.path);
    }
    visible(&name).into_owned()
}

/// Text for an element or an attribute. XML 1.0 has no form for some characters, not even an escaped one.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push('\n'),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
