use super::super::selector::tests::{labels, selector};
use super::opt_out::{NEWEST_MINOR, OLDEST_MINOR};
use super::*;

fn istio(minor: u32) -> InjectionProfile {
    profile(Engine::Istio {
        minor,
        default_policy: DefaultPolicy::Enabled,
        enable_namespaces_by_default: false,
    })
}

fn asm(minor: u32, injection_policy: AsmInjectionPolicy) -> InjectionProfile {
    profile(Engine::Asm {
        version: AsmVersion { major: 1, minor },
        injection_policy,
    })
}

fn profile(engine: Engine) -> InjectionProfile {
    InjectionProfile {
        engine,
        revision: None,
        never_inject_selectors: vec![],
        always_inject_selectors: vec![],
    }
}

fn choice(value: Option<&str>) -> Labels {
    value.map(|value| (INJECT_KEY, value)).into_iter().collect()
}

fn known(text: &str) -> NamespaceLabels {
    NamespaceLabels::Known(labels(text))
}

/// A pod in a namespace `shop`.
fn decide(
    namespace: &NamespaceLabels,
    annotation: Option<&str>,
    label: Option<&str>,
    profile: &InjectionProfile,
) -> Decision {
    mesh_injection(
        namespace,
        &choice(label),
        &choice(annotation),
        false,
        Some("shop"),
        profile,
    )
}

const ENABLED: &str = "istio-injection=enabled";
const DISABLED: &str = "istio-injection=disabled";
const OTHER: &str = "istio-injection=true";

/// What stock Istio does: namespace, annotation, label, and whether it injects in 1.6-1.8, 1.9, 1.10-1.11,
/// 1.12-1.26 and from 1.27 on.
type Row = (&'static str, Option<&'static str>, Option<&'static str>, [bool; 5]);

const NO: [bool; 5] = [false; 5];
const YES: [bool; 5] = [true; 5];
const ROWS: &[Row] = &[
    (ENABLED, None, None, YES),
    (ENABLED, Some("false"), None, NO),
    (ENABLED, Some("False"), None, [false, false, false, false, true]),
    (ENABLED, Some("no"), None, [false, false, false, false, true]),
    (ENABLED, Some("off"), None, [false, false, false, false, true]),
    (ENABLED, Some("disabled"), None, [false, false, false, false, true]),
    (ENABLED, Some("0"), None, [false, false, false, false, true]),
    (ENABLED, Some("true"), None, YES),
    (ENABLED, Some("yes"), None, YES),
    (ENABLED, Some(""), None, YES),
    (ENABLED, None, Some("false"), [true, false, false, false, false]),
    (ENABLED, None, Some("no"), [true, true, true, false, true]),
    (ENABLED, None, Some("False"), [true, true, true, false, true]),
    (ENABLED, Some("false"), Some("true"), [false, false, false, true, true]),
    (ENABLED, Some("false"), Some(""), [false, false, false, true, true]),
    (ENABLED, Some("true"), Some("false"), [true, false, false, false, false]),
    (ENABLED, Some("false"), Some("false"), NO),
    ("", None, None, NO),
    ("", Some("true"), None, NO),
    ("", None, Some("true"), [false, false, true, true, true]),
    ("", None, Some("yes"), NO),
    ("", Some("false"), Some("true"), [false, false, false, true, true]),
    (DISABLED, None, None, NO),
    (DISABLED, Some("true"), None, NO),
    (DISABLED, None, Some("true"), NO),
    (OTHER, None, None, NO),
    (OTHER, Some("true"), None, NO),
    (OTHER, None, Some("true"), NO),
];

const COLUMNS: [std::ops::RangeInclusive<u32>; 5] = [6..=8, 9..=9, 10..=11, 12..=26, 27..=30];

#[test]
fn truth_table_of_istio() {
    for (namespace, annotation, label, expected) in ROWS {
        for (column, expected) in COLUMNS.into_iter().zip(expected) {
            for minor in column {
                let case = format!("1.{minor}: namespace {namespace:?}, annotation {annotation:?}, label {label:?}");
                let verdict = if *expected {
                    InjectionVerdict::Injected
                } else {
                    InjectionVerdict::NotInjected
                };
                let decision = decide(&known(namespace), *annotation, *label, &istio(minor));
                assert_eq!(decision.verdict, verdict, "{case}: {}", decision.reason);

                let (pod_labels, annotations) = (choice(*label), choice(*annotation));
                let host = mesh_injection(
                    &known(namespace),
                    &pod_labels,
                    &annotations,
                    true,
                    Some("shop"),
                    &istio(minor),
                );
                assert_eq!(host.verdict, InjectionVerdict::NotInjected, "{case}, host network");
                assert_eq!(host.decisive, DecisiveInput::HostNetwork);

                let system = Some("kube-system");
                let ignored = mesh_injection(
                    &known(namespace),
                    &pod_labels,
                    &annotations,
                    false,
                    system,
                    &istio(minor),
                );
                assert_eq!(ignored.verdict, InjectionVerdict::NotInjected, "{case}, kube-system");
                assert_eq!(ignored.decisive, DecisiveInput::NamespaceName);
            }
        }
    }
}

#[test]
fn without_the_namespace_only_the_pod_can_decide() {
    for (_, annotation, label, _) in ROWS {
        for minor in OLDEST_MINOR..=NEWEST_MINOR {
            // Unknown is right exactly when some namespace would make the pod injected.
            let possible = [ENABLED, "", DISABLED, OTHER].into_iter().any(|namespace| {
                decide(&known(namespace), *annotation, *label, &istio(minor)).verdict == InjectionVerdict::Injected
            });
            let expected = if possible {
                InjectionVerdict::Unknown
            } else {
                InjectionVerdict::NotInjected
            };
            for namespace in [NamespaceLabels::NotInGit, NamespaceLabels::Unresolved] {
                let decision = decide(&namespace, *annotation, *label, &istio(minor));
                assert_eq!(
                    decision.verdict, expected,
                    "1.{minor} annotation {annotation:?}, label {label:?}"
                );
            }
        }
    }
    let decision = decide(&NamespaceLabels::NotInGit, None, None, &istio(8));
    assert_eq!(
        decision.injected(),
        Verdict::unknown(UnknownReason::NamespaceNotInGit("shop".into()))
    );
    let decision = decide(&NamespaceLabels::NotInGit, Some("false"), None, &istio(8));
    assert_eq!(decision.injected(), Verdict::No);
    assert_eq!(decision.decisive, DecisiveInput::PodAnnotation);
}

#[test]
fn ignored_namespaces_by_version() {
    for (name, minor, injected) in [
        ("kube-public", 6, false),
        ("kube-node-lease", 8, true),
        ("kube-node-lease", 9, false),
        ("local-path-storage", 30, false),
        ("default", 30, true),
    ] {
        let decision = mesh_injection(
            &known(ENABLED),
            &labels(""),
            &labels(""),
            false,
            Some(name),
            &istio(minor),
        );
        assert_eq!(decision.injected(), injected.into(), "{name} 1.{minor}");
    }
}

type Pod = (Option<&'static str>, Option<&'static str>, [(bool, bool); 3]);

#[test]
fn truth_table_of_asm() {
    use AsmInjectionPolicy::*;
    let policies = [
        NamespaceOptInPodOptOut,
        NamespaceOptInPodOptIn,
        NamespaceOptOutPodOptOut,
        NamespaceOptOutPodOptIn,
    ];
    // Whether the pod passes as "not false" and as "true", below 1.12, from 1.12 and from 1.27 on.
    let pods: [Pod; 10] = [
        (None, None, [(true, false); 3]),
        (Some("false"), None, [(false, false); 3]),
        (Some("true"), None, [(true, true); 3]),
        (Some("no"), None, [(false, false), (false, false), (true, false)]),
        (Some("yes"), None, [(true, true), (true, true), (true, false)]),
        (None, Some("false"), [(true, false), (false, false), (false, false)]),
        (None, Some("true"), [(true, false), (true, true), (true, true)]),
        (
            Some("false"),
            Some("true"),
            [(false, false), (true, true), (true, true)],
        ),
        (
            Some("true"),
            Some("false"),
            [(true, true), (false, false), (false, false)],
        ),
        (Some("true"), Some("no"), [(true, true), (false, false), (true, false)]),
    ];
    // Whether the namespace passes where it must opt in, and where it must not opt out.
    let namespaces = [
        (ENABLED, true, true),
        (DISABLED, false, false),
        (OTHER, false, true),
        ("", false, true),
    ];
    for (minors, column) in [(6..=11, 0), (12..=26, 1), (27..=30, 2)] {
        for minor in minors {
            for policy in policies {
                for (annotation, label, columns) in pods {
                    for (namespace, opts_in, does_not_opt_out) in namespaces {
                        let (not_false, is_true) = columns[column];
                        let by_pod = match policy {
                            NamespaceOptInPodOptOut | NamespaceOptOutPodOptOut => not_false,
                            NamespaceOptInPodOptIn | NamespaceOptOutPodOptIn => is_true,
                        };
                        let by_namespace = match policy {
                            NamespaceOptInPodOptOut | NamespaceOptInPodOptIn => opts_in,
                            NamespaceOptOutPodOptOut | NamespaceOptOutPodOptIn => does_not_opt_out,
                        };
                        let decision = decide(&known(namespace), annotation, label, &asm(minor, policy));
                        assert_eq!(
                            decision.injected(),
                            (by_pod && by_namespace).into(),
                            "ASM 1.{minor} {policy:?}, namespace {namespace:?}, annotation {annotation:?}, label {label:?}: {}",
                            decision.reason
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn unexplained_mesh_labels_are_unknown() {
    for (namespace, unknown) in [
        ("istio-sidecarset-injection=enabled", true),
        ("asm-sidecarset=enabled", true),
        ("istio.alibabacloud.com/sidecarset=on", true),
        ("mesh.example.com/asm-inject=on", true),
        ("istio.io/dataplane-mode=ambient", false),
        ("team=asmara", false),
        ("istio-injection=disabled,asm-x=y", false),
    ] {
        for profile in [istio(8), asm(6, AsmInjectionPolicy::default())] {
            let decision = decide(&known(namespace), None, None, &profile);
            assert_eq!(
                decision.verdict == InjectionVerdict::Unknown,
                unknown,
                "{namespace}: {}",
                decision.reason
            );
        }
    }
    let decision = decide(&known("istio-injection=enabled,asm-x=y"), None, None, &istio(8));
    assert_eq!(decision.injected(), Verdict::Yes);
}

#[test]
fn revisions() {
    let canary = InjectionProfile {
        revision: Some("canary".into()),
        ..istio(16)
    };
    let other = |name: &str| Verdict::unknown(UnknownReason::RevisionNotInProfile(name.into()));
    for (namespace, pod, profile, expected) in [
        ("istio.io/rev=canary", "", &canary, Verdict::Yes),
        ("istio.io/rev=stable", "", &canary, other("stable")),
        ("istio.io/rev=canary", "", &istio(16), other("canary")),
        ("istio.io/rev=default", "", &istio(16), Verdict::Yes),
        ("istio.io/rev=default", "", &istio(8), other("default")),
        (
            "istio-injection=enabled,istio.io/rev=canary",
            "",
            &istio(16),
            Verdict::Yes,
        ),
        (
            "istio-injection=enabled,istio.io/rev=canary",
            "",
            &canary,
            other("default"),
        ),
        ("istio-injection=disabled,istio.io/rev=canary", "", &canary, Verdict::No),
        ("", "istio.io/rev=canary", &canary, Verdict::Yes),
        ("", "istio.io/rev=canary", &istio(16), other("canary")),
        ("", "istio.io/rev=canary", &istio(8), Verdict::No),
        (
            "",
            "istio.io/rev=canary,sidecar.istio.io/inject=false",
            &istio(16),
            Verdict::No,
        ),
        ("", "sidecar.istio.io/inject=true", &canary, other("default")),
    ] {
        let decision = mesh_injection(&known(namespace), &labels(pod), &labels(""), false, None, profile);
        assert_eq!(decision.injected(), expected, "{namespace} | {pod}");
    }
}

#[test]
fn namespaces_enabled_by_default() {
    for (minor, namespace, label, expected) in [
        (8, "", None, true),
        (8, OTHER, None, true),
        (8, DISABLED, None, false),
        (8, "name=istio-system", None, false),
        (8, "istio-env=x", None, false),
        (16, "", None, true),
        (16, "", Some("true"), true),
        (16, "", Some("yes"), false),
        (16, OTHER, None, false),
    ] {
        let profile = profile(Engine::Istio {
            minor,
            default_policy: DefaultPolicy::Enabled,
            enable_namespaces_by_default: true,
        });
        assert_eq!(
            decide(&known(namespace), None, label, &profile).injected(),
            expected.into(),
            "1.{minor} {namespace} {label:?}"
        );
    }
}

#[test]
fn selectors_and_policy_of_the_injector() {
    let mut profile = istio(8);
    profile.never_inject_selectors = vec![selector(""), selector("job")];
    profile.always_inject_selectors = vec![selector("web")];
    let ask = |pod: &str, annotation: Option<&str>, profile: &InjectionProfile| {
        let decision = mesh_injection(&known(ENABLED), &labels(pod), &choice(annotation), false, None, profile);
        (decision.injected().is_yes(), decision.decisive)
    };
    assert_eq!(ask("app=a", None, &profile), (true, DecisiveInput::NamespaceLabels));
    assert_eq!(ask("job=a", None, &profile), (false, DecisiveInput::InjectorSelector));
    assert_eq!(
        ask("job=a", Some("true"), &profile),
        (true, DecisiveInput::NamespaceLabels)
    );
    profile.engine = Engine::Istio {
        minor: 8,
        default_policy: DefaultPolicy::Disabled,
        enable_namespaces_by_default: false,
    };
    assert_eq!(ask("app=a", None, &profile), (false, DecisiveInput::DefaultPolicy));
    assert_eq!(ask("web=a", None, &profile), (true, DecisiveInput::InjectorSelector));
    assert_eq!(
        ask("web=a,job=a", None, &profile),
        (false, DecisiveInput::InjectorSelector)
    );
    assert_eq!(
        ask("app=a", Some("true"), &profile),
        (true, DecisiveInput::PodAnnotation)
    );
}

#[test]
fn forms_of_opting_out() {
    let old_asm = asm(6, AsmInjectionPolicy::default());
    let new_asm = asm(12, AsmInjectionPolicy::default());
    let form =
        |annotation, label, profile: &InjectionProfile| opt_out_form(&choice(label), &choice(annotation), profile);
    let ranges = |out: &OptOut| {
        out.injected_in
            .iter()
            .map(MinorRange::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };

    for (annotation, label) in [
        (None, None),
        (Some("true"), None),
        (None, Some("true")),
        (Some(""), None),
    ] {
        assert_eq!(form(annotation, label, &old_asm).form, OptOutForm::NotAttempted);
    }
    for label in [None, Some("false")] {
        let out = form(Some("false"), label, &old_asm);
        assert_eq!(out.form, OptOutForm::Effective);
        assert!(out.is_robust());
    }

    let out = form(None, Some("false"), &old_asm);
    assert_eq!(out.form, OptOutForm::LabelOnly { value: "false".into() });
    assert_eq!((out.effective, ranges(&out)), (false, "1.11 and earlier".into()));
    assert!(form(None, Some("false"), &new_asm).effective);
    let out = form(None, Some("false"), &istio(9));
    assert_eq!((out.effective, ranges(&out)), (true, "1.8 and earlier".into()));
    let out = form(None, Some("no"), &istio(9));
    assert_eq!(
        (out.effective, ranges(&out)),
        (false, "1.11 and earlier, 1.27 and later".into())
    );

    for value in ["False", "no", "off", "0", "1", "enabled"] {
        let out = form(Some(value), None, &old_asm);
        assert_eq!(
            out.form,
            OptOutForm::FragileSpelling {
                carrier: Carrier::Annotation,
                value: value.into()
            }
        );
        assert_eq!(
            (out.effective, ranges(&out)),
            (true, "1.27 and later".into()),
            "{value}"
        );
    }
    assert!(!form(Some("no"), None, &istio(27)).effective);
    assert_eq!(form(Some("1"), None, &istio(27)).form, OptOutForm::NotAttempted);

    let out = form(Some("false"), Some("true"), &old_asm);
    assert_eq!(
        out.form,
        OptOutForm::Contradicted {
            annotation: "false".into(),
            label: "true".into()
        }
    );
    assert_eq!((out.effective, ranges(&out)), (true, "1.12 and later".into()));
    assert!(!form(Some("false"), Some("true"), &new_asm).effective);
    assert!(matches!(
        form(Some("false"), Some(""), &old_asm).form,
        OptOutForm::Contradicted { .. }
    ));
    let out = form(Some("true"), Some("false"), &old_asm);
    assert_eq!(
        out.to_string(),
        "the pod template has sidecar.istio.io/inject as annotation \"true\" and as label \"false\", \
         which has no effect here; ASM injects it in 1.11 and earlier"
    );
    let out = form(Some("false"), Some("no"), &old_asm);
    assert_eq!(
        out.form,
        OptOutForm::FragileSpelling {
            carrier: Carrier::Label,
            value: "no".into()
        }
    );
    assert_eq!((out.effective, ranges(&out)), (true, "1.27 and later".into()));
}

#[test]
fn an_effective_opt_out_is_a_decision_against_injection() {
    for (_, annotation, label, _) in ROWS {
        for profile in
            (OLDEST_MINOR..=NEWEST_MINOR).flat_map(|minor| [istio(minor), asm(minor, AsmInjectionPolicy::default())])
        {
            let out = opt_out_form(&choice(*label), &choice(*annotation), &profile);
            let injected = decide(&known(ENABLED), *annotation, *label, &profile).injected();
            assert_eq!(out.effective, injected.is_no(), "{profile:?} {annotation:?} {label:?}");
            let minor = profile.engine.minor();
            let listed = out
                .injected_in
                .iter()
                .any(|range| range.from <= minor && range.to.is_none_or(|to| minor <= to));
            if out.form != OptOutForm::NotAttempted {
                assert_eq!(listed, injected.is_yes(), "{profile:?} {annotation:?} {label:?}");
            }
        }
    }
}

#[test]
fn profiles_are_data() {
    let read: InjectionProfile = serde_yaml::from_str(
        "engine: {mesh: asm, version: '1.6', injectionPolicy: namespace-opt-out-pod-opt-out}\n\
         neverInjectSelectors: [{matchLabels: {job: a}}]\n",
    )
    .unwrap();
    assert_eq!(read.engine, asm(6, AsmInjectionPolicy::NamespaceOptOutPodOptOut).engine);
    assert_eq!(read.never_inject_selectors.len(), 1);
    let read: InjectionProfile =
        serde_yaml::from_str("engine: {mesh: istio, minor: 8, defaultPolicy: disabled}").unwrap();
    assert_eq!(read.engine.default_policy(), DefaultPolicy::Disabled);
    for wrong in [
        "engine: {mesh: asm, version: 1.10}",
        "engine: {mesh: asm, version: '1'}",
        "engine: {mesh: istio, minor: 8, policy: enabled}",
        "engine: {mesh: linkerd}",
        "engine: {mesh: istio, minor: 8}\nother: 1",
    ] {
        assert!(serde_yaml::from_str::<InjectionProfile>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        AsmVersion::try_from("1.16.4.91".to_owned()),
        Ok(AsmVersion { major: 1, minor: 16 })
    );
    assert_eq!(AsmVersion { major: 1, minor: 16 }.to_string(), "1.16");
}
