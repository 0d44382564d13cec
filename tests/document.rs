//! The SidecarSet that the document prints, its two blanks filled in, beside what the document asks for around it.
//!
//! It works, and is not without fault: a field of a Kruise that never was, the whole cluster for its scope, a stray blank, an init
//! image of another region, and resources that count twice. Nothing else may be found.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::path::{Path, PathBuf};

use checker::model::target::{Target, Targets};
use checker::policy::catalog::{self, Catalog};
use checker::policy::finding::Severity;
use checker::report::Report;
use checker::source::{load, walk};

/// Policy, severity, the text that is marked, and the texts that are related.
type Found = (String, Severity, String, Vec<String>);

fn findings_of(files: &[&str]) -> Vec<Found> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
    let repository = load::load(walk::walk(&folder, &paths).unwrap(), None, None);
    let targets = Targets::only(Target::everything(catalog::default_profile().unwrap()));
    let report = Report::of(&repository, &Catalog::builtin().unwrap(), &targets).unwrap();
    report
        .findings
        .into_iter()
        .map(|finding| {
            let text = |place: &checker::policy::finding::Place| place.file.slice(place.span).to_owned();
            (
                finding.policy.to_string(),
                finding.severity,
                text(&finding.primary.place),
                finding.related.iter().map(|label| text(&label.place)).collect(),
            )
        })
        .collect()
}

#[test]
fn the_documents_own_set_has_five_faults_and_no_other() {
    let mut found = findings_of(&["sidecarset.json", "namespace.yaml", "configmap.yaml", "deployment.yaml"]);
    found.sort();
    let image = "\"registry.cn-hangzhou.aliyuncs.com/acs/asm-istio-proxy:feature-1.6.x-faee4bb874d29dabde41481b695718c5b73b6b04-1531\"";
    let wanted: Vec<Found> = vec![
        (
            "blank-in-argument".to_owned(),
            Severity::Warning,
            "\"$(ISTIO_META_WORKLOAD_NAME). $(POD_NAMESPACE)\"".to_owned(),
            vec![],
        ),
        (
            "cluster-wide".to_owned(),
            Severity::Warning,
            "\"spec\"".to_owned(),
            vec![],
        ),
        (
            "doubled-resources".to_owned(),
            Severity::Info,
            "\"resources\"".to_owned(),
            vec![],
        ),
        (
            "init-image-differs".to_owned(),
            Severity::Warning,
            "\"registry-vpc.cn-zhangjiakou.aliyuncs.com/acs/proxyv2:1.6.8\"".to_owned(),
            vec![image.to_owned()],
        ),
        (
            "legacy-strategy".to_owned(),
            Severity::Error,
            "\"strategy\"".to_owned(),
            vec![],
        ),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn alone_it_has_the_same_faults() {
    let policies = |files: &[&str]| -> Vec<String> {
        {
            let mut ids: Vec<String> = findings_of(files).into_iter().map(|found| found.0).collect();
            ids.sort();
            ids
        }
    };
    assert_eq!(
        policies(&["sidecarset.json"]),
        [
            "blank-in-argument",
            "cluster-wide",
            "doubled-resources",
            "init-image-differs",
            "legacy-strategy"
        ]
    );
    assert!(policies(&["namespace.yaml", "configmap.yaml", "deployment.yaml"]).is_empty());
}
