//! The names of findings that stay when lines move, each once in a report.

use std::collections::HashMap;

use crate::policy::finding::Finding;

/// The fingerprint of each finding, in their order.
pub(super) fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let ordinal = seen.entry(finding.fingerprint(0)).or_default();
            let fingerprint = finding.fingerprint(*ordinal);
            *ordinal += 1;
            fingerprint
        })
        .collect()
}
