//! Cases 41 to 43 and 45, and what else is Kruise's: SidecarSets.

use crate::case::{NOON, case, has_note, has_remark, sidecar_set};

#[test]
fn case_41_a_namespace_that_conversion_rewrites_is_the_same() {
    let live = sidecar_set("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team-a}}}");
    let desired = sidecar_set("{namespace: team-a}");
    let object = case(&desired, &live)
        .applied("flux", NOON, "{f:spec: {f:namespace: {}}}")
        .gives(&[]);
    has_note(
        &object,
        "spec.namespace: `spec.namespace: team-a` is rewritten by conversion",
        false,
    );
    let other = case(&sidecar_set("{namespace: team-b}"), &live)
        .last_applied(&desired)
        .lines();
    assert_eq!(
        other,
        [
            "replace spec.namespaceSelector.matchLabels[\"kubernetes.io/metadata.name\"] team-a -> team-b intent effect=new-pods-only"
        ]
    );
}

#[test]
fn case_42_a_label_that_conversion_rewrites_is_the_same() {
    let desired = "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: mesh, labels: {apps.kruise.io/sidecarset-custom-version: v3}}\nspec: {revisionHistoryLimit: 5}\n";
    let live = "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nmetadata: {name: mesh}\nspec: {revisionHistoryLimit: 5, customVersion: v3}\n";
    let lines = case(desired, live).lines();
    assert!(lines.is_empty(), "{lines:?}");
}

const MINIMAL: &str = "{selector: {matchLabels: {app: a}}, containers: [{name: envoy, image: 'envoy:v1', env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], \
                       ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}}}], initContainers: [{name: init, image: 'init:v1'}], volumes: [{name: v}], \
                       patchPodMetadata: [{annotations: {a: b}}]}";

const TERMINATION: &str = "terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File";

#[test]
fn case_43_what_the_webhook_writes_is_no_difference() {
    let live = format!(
        "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {{name: mesh, annotations: {{kruise.io/sidecarset-hash: x, kruise.io/sidecarset-hash-without-image: y}}}}\n\
         spec: {{selector: {{matchLabels: {{app: a}}}}, injectionStrategy: {{}}, revisionHistoryLimit: 10, updateStrategy: {{type: RollingUpdate, partition: 0, maxUnavailable: 1}}, \
         containers: [{{name: envoy, image: 'envoy:v1', imagePullPolicy: IfNotPresent, {TERMINATION}, podInjectPolicy: BeforeAppContainer, resources: {{}}, \
         shareVolumePolicy: {{type: disabled}}, upgradeStrategy: {{upgradeType: ColdUpgrade}}, env: [{{name: A, valueFrom: {{fieldRef: {{apiVersion: v1, fieldPath: metadata.name}}}}}}], \
         ports: [{{containerPort: 80, protocol: TCP}}], livenessProbe: {{httpGet: {{path: /, port: 80, scheme: HTTP}}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}}}}], \
         initContainers: [{{name: init, image: 'init:v1', imagePullPolicy: IfNotPresent, {TERMINATION}, podInjectPolicy: AfterAppContainer, resources: {{}}, \
         shareVolumePolicy: {{type: disabled}}, upgradeStrategy: {{upgradeType: ColdUpgrade}}}}], volumes: [{{name: v, emptyDir: {{}}}}], \
         patchPodMetadata: [{{annotations: {{a: b}}, patchPolicy: Retain}}]}}\n\
         status: {{matchedPods: 3}}\n"
    );
    let desired = sidecar_set(MINIMAL);
    case(&desired, &live).gives(&[]);
    case(&desired, &live).last_applied(&desired).gives(&[]);
    let owned =
        "{f:spec: {f:selector: {}, f:containers: {}, f:initContainers: {}, f:volumes: {}, f:patchPodMetadata: {}}}";
    case(&desired, &live).applied("flux", NOON, owned).gives(&[]);
}

fn hot(image: &str, more: &str) -> String {
    sidecar_set(&format!(
        "{{containers: [{{name: envoy, image: '{image}', upgradeStrategy: {{upgradeType: HotUpgrade, hotUpgradeEmptyImage: 'empty:1'}}{more}}}]}}"
    ))
}

#[test]
fn case_45_what_the_webhook_refuses_is_known_before() {
    let one = sidecar_set("{containers: [{name: envoy, image: 'envoy:v1'}]}");
    let two = sidecar_set("{containers: [{name: envoy, image: 'envoy:v1'}, {name: log, image: 'log:v1'}]}");
    let object = case(&two, &one).last_applied(&one).only();
    assert!(
        crate::case::lines(&object)[0].ends_with("intent effect=rejected"),
        "{:?}",
        object.changes
    );
    has_remark(&object, "container log is not found");
    let object = case(&hot("envoy:v1", ""), &one).last_applied(&one).only();
    has_remark(&object, "upgradeType of container envoy is immutable");
    assert!(
        crate::case::lines(&object)
            .iter()
            .any(|line| line.ends_with("effect=rejected"))
    );
}

#[test]
fn an_image_alone_is_upgraded_in_place_hot_or_cold() {
    let before = hot("envoy:v1", "");
    case(&hot("envoy:v2", ""), &before)
        .last_applied(&before)
        .gives(&["replace spec.containers[name=envoy].image envoy:v1 -> envoy:v2 intent effect=in-place-hot"]);
    let cold = |image: &str, strategy: &str| {
        sidecar_set(&format!(
            "{{containers: [{{name: envoy, image: '{image}'}}]{strategy}}}"
        ))
    };
    case(&cold("envoy:v2", ""), &cold("envoy:v1", ""))
        .last_applied(&cold("envoy:v1", ""))
        .gives(&["replace spec.containers[name=envoy].image envoy:v1 -> envoy:v2 intent effect=in-place-cold"]);
    for still in [
        ", updateStrategy: {paused: true}",
        ", updateStrategy: {type: NotUpdate}",
    ] {
        case(&cold("envoy:v2", still), &cold("envoy:v1", still))
            .last_applied(&cold("envoy:v1", still))
            .gives(&["replace spec.containers[name=envoy].image envoy:v1 -> envoy:v2 intent effect=new-pods-only"]);
    }
}

#[test]
fn an_image_with_anything_else_is_not_upgraded_in_place() {
    let before = hot("envoy:v1", "");
    let object = case(&hot("envoy:v2", ", args: [a]"), &before)
        .last_applied(&before)
        .gives(&[
            "replace spec.containers[name=envoy].image envoy:v1 -> envoy:v2 intent effect=recreate",
            "add spec.containers[name=envoy].args [\"a\"] intent effect=recreate",
        ]);
    has_remark(&object, "upgrades no image in place");
    // The default of the pull policy follows the tag, and is in the hash.
    case(&hot("envoy:latest", ""), &before).last_applied(&before).gives(&[
        "replace spec.containers[name=envoy].image envoy:v1 -> envoy:latest intent effect=recreate",
        "replace spec.containers[name=envoy].imagePullPolicy IfNotPresent -> Always intent effect=recreate",
    ]);
}

#[test]
fn what_is_in_no_hash_is_for_new_pods_only() {
    let set = |volume: &str, init: &str| {
        sidecar_set(&format!(
            "{{containers: [{{name: envoy, image: 'envoy:v1'}}], initContainers: [{{name: init, image: 'init:{init}'}}], volumes: [{{name: {volume}}}]}}"
        ))
    };
    let before = set("a", "v1");
    let lines = case(&set("b", "v2"), &before).last_applied(&before).lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines.iter().all(|line| line.ends_with("effect=new-pods-only")),
        "{lines:?}"
    );
}

#[test]
fn what_the_webhook_drops_in_silence_is_lost() {
    let live = sidecar_set(
        "{updateStrategy: {type: RollingUpdate, partition: 0, maxUnavailable: 1}, containers: [{name: envoy, image: 'envoy:v1', imagePullPolicy: IfNotPresent}]}",
    );
    let desired = sidecar_set(
        "{strategy: {partition: 90%}, containers: [{name: envoy, image: 'envoy:v1', imagePullPolcy: Always}]}",
    );
    let object = case(&desired, &live).last_applied(&desired).gives(&[
        "add spec.strategy {\"partition\":\"90%\"} lost",
        "add spec.containers[name=envoy].imagePullPolcy Always lost",
    ]);
    has_remark(&object, "`imagePullPolicy: IfNotPresent`");
    has_remark(&object, "`updateStrategy: {\"type\":\"RollingUpdate\"");
    assert_eq!(
        object.changes[1]
            .place
            .as_ref()
            .unwrap()
            .file
            .slice(object.changes[1].place.as_ref().unwrap().span),
        "Always"
    );
}
