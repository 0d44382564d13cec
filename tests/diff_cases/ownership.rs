//! Cases 30 to 37: whose a field is.

use std::collections::BTreeMap;

use checker::diff::change::Confidence;
use checker::diff::ignore::{IgnoreRule, Ignored, PathPattern};
use checker::diff::options::Applying;
use serde_json::json;

use crate::case::{NOON, ONE, case, container, deployment, has_note, has_remark, pods};

fn labelled(labels: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop, labels: {labels}}}\n")
}

const TEAM: &str = "{f:metadata: {f:labels: {f:team: {}, f:app: {}}}}";

#[test]
fn case_30_what_was_applied_and_is_no_longer_goes_unless_others_apply_it_too() {
    let case = || case(&labelled("{app: x}"), &labelled("{app: x, team: a}")).applied("flux", NOON, TEAM);
    case().gives(&["remove metadata.labels.team a intent flux"]);
    let both = case().applied("argo", ONE, "{f:metadata: {f:labels: {f:team: {}}}}");
    let object = both.gives(&[]);
    has_note(
        &object,
        "metadata.labels.team: Git has it no longer, and it stays: still owned by argo",
        false,
    );
}

#[test]
fn case_31_an_update_is_no_intent() {
    let desired = container("image: v1");
    let live =
        pods("{dnsPolicy: ClusterFirst, terminationGracePeriodSeconds: 60, containers: [{name: app, image: v1}]}");
    let fields = "{f:spec: {f:template: {f:spec: {f:dnsPolicy: {}, f:terminationGracePeriodSeconds: {}}}}}";
    case(&desired, &live)
        .last_applied(&desired)
        .updated("kubectl-client-side-apply", NOON, fields)
        .gives(&[]);
}

#[test]
fn a_default_that_the_server_gave_to_what_was_applied_is_no_drift() {
    let applied = container("image: v1, ports: [{containerPort: 80}]");
    case(
        &container("image: v1"),
        &container("image: v1, ports: [{containerPort: 80, protocol: TCP}]"),
    )
    .last_applied(&applied)
    .gives(&[
        "remove spec.template.spec.containers[name=app].ports [{\"containerPort\":80,\"protocol\":\"TCP\"}] intent effect=recreate",
    ]);
}

#[test]
fn case_32_what_kubectl_applied_goes_with_kubectl_and_stays_with_server_side_apply() {
    let case =
        || case(&labelled("{app: x}"), &labelled("{app: x, team: a}")).last_applied(&labelled("{app: x, team: a}"));
    case().gives(&["remove metadata.labels.team a intent"]);
    let object = case().server_side().gives(&[]);
    has_note(
        &object,
        "metadata.labels.team: Git has it no longer, and it stays",
        true,
    );
}

#[test]
fn case_33_what_is_left_out_becomes_the_default() {
    let live = pods("{terminationGracePeriodSeconds: 60, containers: [{name: app, image: v1}]}");
    let owned = "{f:spec: {f:template: {f:spec: {f:terminationGracePeriodSeconds: {}, \
                 f:containers: {'k:{\"name\":\"app\"}': {'.': {}, f:name: {}, f:image: {}}}}}}}";
    let object = case(&container("image: v1"), &live)
        .applied("flux", NOON, owned)
        .gives(&["replace spec.template.spec.terminationGracePeriodSeconds 60 -> 30 intent flux effect=recreate"]);
    has_remark(&object, "the default");
    let same = pods("{terminationGracePeriodSeconds: 30, containers: [{name: app, image: v1}]}");
    case(&container("image: v1"), &same)
        .applied("flux", NOON, owned)
        .gives(&[]);
}

#[test]
fn case_34_another_strategy_takes_the_block_with_it_or_is_refused() {
    let rolling = deployment("{strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}}");
    let recreate = deployment("{strategy: {type: Recreate}}");
    case(&recreate, &rolling)
        .last_applied(&deployment("{strategy: {type: RollingUpdate}}"))
        .gives(&[
            "replace spec.strategy.type RollingUpdate -> Recreate intent",
            "remove spec.strategy.rollingUpdate {\"maxSurge\":\"25%\",\"maxUnavailable\":\"25%\"} intent",
        ]);
    let object = case(&recreate, &rolling)
        .applied("flux", NOON, "{f:spec: {f:strategy: {f:type: {}}}}")
        .gives(&["replace spec.strategy.type RollingUpdate -> Recreate intent flux effect=rejected"]);
    has_remark(&object, "`rollingUpdate` stays");
}

#[test]
fn case_35_drift_has_its_actor_and_time() {
    let image = "{f:spec: {f:template: {f:spec: {f:containers: {'k:{\"name\":\"app\"}': {f:image: {}}}}}}}";
    let case = || {
        case(&container("image: v1"), &container("image: v2"))
            .last_applied(&container("image: v1"))
            .updated("kubectl-edit", ONE, image)
    };
    let expected = "replace spec.template.spec.containers[name=app].image v2 -> v1 drift kubectl-edit effect=recreate";
    let object = case().gives(&[expected]);
    let actor = object.changes[0].actor.as_ref().unwrap();
    assert_eq!(
        (actor.manager.as_str(), actor.time.as_deref()),
        ("kubectl-edit", Some(ONE))
    );
    assert_eq!(object.changes[0].place.as_ref().unwrap().file.path(), "git.yaml");
    // The same without the annotation: whoever took the field over later moved it.
    let owned = "{f:spec: {f:template: {f:spec: {f:containers: {'k:{\"name\":\"app\"}': {'.': {}, f:name: {}}}}}}}";
    crate::case::case(&container("image: v1"), &container("image: v2"))
        .applied("flux", NOON, owned)
        .updated("kubectl-edit", ONE, image)
        .gives(&[expected]);
    let mut both = case();
    both.options.ignore = vec![IgnoreRule {
        written: "images".to_owned(),
        kind: Some("Deployment".to_owned()),
        namespace: None,
        name: None,
        what: Ignored::Path(PathPattern::parse("spec.template.spec.containers[*].image").unwrap()),
    }];
    assert_eq!(both.gives(&[]).ignored, [("images".to_owned(), 1)]);
}

#[test]
fn an_ignore_rule_takes_no_change_of_git() {
    let mut case = case(&container("image: v2"), &container("image: v1")).last_applied(&container("image: v1"));
    case.options.ignore = vec![IgnoreRule {
        written: "all".to_owned(),
        kind: None,
        namespace: None,
        name: None,
        what: Ignored::Path(PathPattern::parse("spec").unwrap()),
    }];
    case.gives(&["replace spec.template.spec.containers[name=app].image v1 -> v2 intent effect=recreate"]);
}

#[test]
fn both_sides_may_have_moved_and_another_applier_is_a_conflict() {
    case(&deployment("{replicas: 3}"), &deployment("{replicas: 7}"))
        .last_applied(&deployment("{replicas: 2}"))
        .gives(&["replace spec.replicas 7 -> 3 both effect=scale"]);
    case(
        &deployment("{replicas: 3, minReadySeconds: 5}"),
        &deployment("{replicas: 7, minReadySeconds: 5}"),
    )
    .applied("flux", NOON, "{f:spec: {f:minReadySeconds: {}}}")
    .applied("argo", NOON, "{f:spec: {f:replicas: {}}}")
    .gives(&["replace spec.replicas 7 -> 3 conflict argo effect=scale"]);
}

#[test]
fn case_36_replicas_of_an_autoscaler_are_a_warning() {
    let mut case = case(&deployment("{replicas: 3}"), &deployment("{replicas: 7}"))
        .last_applied(&deployment("{replicas: 3}"))
        .updated_through("scale", "kube-controller-manager", ONE, "{f:spec: {f:replicas: {}}}");
    case.gives(&["replace spec.replicas 7 -> 3 drift kube-controller-manager effect=scale"]);
    let target = json!({"kind": "Deployment", "name": "web"});
    case.state.surroundings.autoscalers = Some(vec![
        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"scaleTargetRef": target}}),
    ]);
    let object = case.gives(&[]);
    has_note(&object, "HorizontalPodAutoscaler web has set 7", true);
    let without = crate::case::case(&deployment("{}"), &deployment("{replicas: 7}")).last_applied(&deployment("{}"));
    without.gives(&[]);
}

#[test]
fn case_37_an_object_that_was_never_applied_has_no_owner() {
    let live = deployment(
        "{replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, \
         template: {metadata: {creationTimestamp: null}, spec: {dnsPolicy: ClusterFirst, restartPolicy: Always, schedulerName: default-scheduler, securityContext: {}, \
         terminationGracePeriodSeconds: 30, containers: [{name: app, image: 'v:1', imagePullPolicy: IfNotPresent, resources: {}, \
         terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File}]}}}",
    );
    let object = case(&container("image: 'v:1'"), &live).gives(&[]);
    assert_eq!(object.confidence, Confidence::High);
    assert!(
        object
            .confidence_reasons
            .iter()
            .any(|reason| reason.contains("nothing records"))
    );
    // The way of applying can be said.
    let mut named = case(&container("image: 'v:1'"), &live).applying(Applying::ClientSide);
    named.state.schemas = BTreeMap::new();
    named.gives(&[]);
}
