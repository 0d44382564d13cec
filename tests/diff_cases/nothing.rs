//! Cases 13 to 17: null, empty and absent.

use crate::case::{case, deployment, has_note, pods};

#[test]
fn case_13_empty_labels_and_what_the_server_writes_are_nothing() {
    let desired = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, labels: {}, creationTimestamp: null}\nstatus: {}\n";
    let live = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, uid: x, resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z'}\n";
    case(desired, live).gives(&[]);
}

#[test]
fn case_14_null_over_the_defaults_is_nothing() {
    let live = deployment("{strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}}");
    let desired = deployment("{strategy: {type: RollingUpdate, rollingUpdate: null}}");
    case(&desired, &live).gives(&[]);
    case(&desired, &live).last_applied(&desired).gives(&[]);
}

#[test]
fn case_15_a_volume_without_a_source_is_an_empty_one() {
    let volume = |source: &str| pods(&format!("{{volumes: [{{name: t{source}}}]}}"));
    case(&volume(""), &volume(", emptyDir: {}")).gives(&[]);
    let (empty, host) = (volume(", emptyDir: {}"), volume(", hostPath: {path: /x, type: ''}"));
    case(&empty, &host).last_applied(&host).gives(&[
        "add spec.template.spec.volumes[name=t].emptyDir {} intent effect=recreate",
        "remove spec.template.spec.volumes[name=t].hostPath {\"path\":\"/x\",\"type\":\"\"} intent effect=recreate",
    ]);
    let owned = "{f:spec: {f:template: {f:spec: {f:volumes: {'k:{\"name\":\"t\"}': {'.': {}, f:name: {}, f:hostPath: {f:path: {}}}}}}}}";
    case(&empty, &host).applied("flux", crate::case::NOON, owned).gives(&[
        "add spec.template.spec.volumes[name=t].emptyDir {} intent effect=recreate",
        "remove spec.template.spec.volumes[name=t].hostPath {\"path\":\"/x\",\"type\":\"\"} intent flux effect=recreate",
    ]);
    // Nobody applied the former source: it stays beside the new one, and the server refuses two.
    case(&empty, &host).gives(&["add spec.template.spec.volumes[name=t].emptyDir {} unknown effect=rejected"]);
}

#[test]
fn case_16_an_empty_selector_is_not_an_absent_one() {
    let budget = |spec: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n"
        )
    };
    case(&budget("{minAvailable: 1, selector: {}}"), &budget("{minAvailable: 1}"))
        .gives(&["add spec.selector {} unknown"]);
    let policy = |spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n"
        )
    };
    let (all, none) = ("{podSelector: {}, ingress: [{}]}", "{podSelector: {}}");
    case(&policy(all), &policy(none)).gives(&["add spec.ingress [{}] unknown"]);
    case(&policy("{podSelector: {}, ingress: [{from: []}]}"), &policy(all)).gives(&[]);
}

#[test]
fn case_17_the_rules_of_an_aggregated_role_are_the_controllers() {
    let role = |rules: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: a}}\n\
             aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{a: b}}}}]}}\nrules: {rules}\n"
        )
    };
    let live = role("[{apiGroups: [''], resources: [pods], verbs: [get]}]");
    let object = case(&role("[]"), &live).last_applied(&role("[]")).gives(&[]);
    has_note(&object, "aggregationRule", false);
}
