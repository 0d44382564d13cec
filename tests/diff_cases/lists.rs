//! Cases 18 to 29: lists.

use checker::diff::change::Confidence;

use crate::case::{NOON, case, container, has_note, has_remark, pods, sidecar_set};

#[test]
fn case_18_a_new_order_of_variables_is_one_reorder() {
    let env = |items: &str| container(&format!("env: [{items}]"));
    let (a, b) = ("{name: A, value: '1'}", "{name: B, value: '2'}");
    let (ab, ba) = (env(&format!("{a}, {b}")), env(&format!("{b}, {a}")));
    case(&ba, &ab).gives(&[
        "reorder spec.template.spec.containers[name=app].env [\"A\",\"B\"] -> [\"B\",\"A\"] unknown effect=recreate",
    ]);
}

#[test]
fn case_19_a_new_order_of_sources_counts() {
    let sources = |items: &str| container(&format!("envFrom: [{items}]"));
    let (a, b) = ("{configMapRef: {name: a}}", "{configMapRef: {name: b}}");
    let object = case(&sources(&format!("{b}, {a}")), &sources(&format!("{a}, {b}"))).only();
    assert_eq!(object.changes.len(), 1);
    assert_eq!(
        object.changes[0].path.to_string(),
        "spec.template.spec.containers[name=app].envFrom"
    );
    has_remark(&object, "the later wins");
}

#[test]
fn case_20_ports_are_told_apart_by_number_and_protocol() {
    let ports = |name: &str| {
        container(&format!(
            "ports: [{{containerPort: 53, protocol: TCP, name: dns}}, {{containerPort: 53, protocol: UDP{name}}}]"
        ))
    };
    case(&ports(", name: dns-udp"), &ports("")).gives(&[
        "add spec.template.spec.containers[name=app].ports[containerPort=53,protocol=UDP].name dns-udp unknown effect=recreate",
    ]);
}

#[test]
fn case_21_a_key_that_is_left_out_is_its_default() {
    case(
        &container("ports: [{containerPort: 80}]"),
        &container("ports: [{containerPort: 80, protocol: TCP}]"),
    )
    .gives(&[]);
}

#[test]
fn case_22_a_doubled_key_is_a_fault_and_the_list_is_compared_all_the_same() {
    let ports = |items: &str| container(&format!("ports: [{items}]"));
    let (one, two) = ("{containerPort: 80, name: a}", "{containerPort: 80, name: b}");
    let object = case(&ports(&format!("{one}, {two}")), &ports(one)).only();
    has_note(&object, "ports[containerPort=80,protocol=TCP]: duplicate key", true);
    assert_eq!(object.changes.len(), 1);
    assert_eq!(
        object.changes[0].path.to_string(),
        "spec.template.spec.containers[name=app].ports[1]"
    );
    assert_eq!(object.confidence, Confidence::Low);
}

#[test]
fn case_23_a_doubled_key_of_the_cluster_goes() {
    let env = |items: &str| container(&format!("env: [{items}]"));
    let live = env("{name: A, value: '1'}, {name: B, value: '2'}, {name: A, value: '3'}");
    let object = case(&env("{name: A, value: '1'}, {name: B, value: '2'}"), &live).gives(&[
        "remove spec.template.spec.containers[name=app].env[2] {\"name\":\"A\",\"value\":\"3\"} unknown effect=recreate",
    ]);
    assert_eq!(object.confidence, Confidence::Low);
}

#[test]
fn case_24_mounts_are_told_apart_by_where_they_are() {
    let mounts = |first: &str, second: &str| {
        container(&format!(
            "volumeMounts: [{{name: v, mountPath: {first}}}, {{name: v, mountPath: {second}}}]"
        ))
    };
    case(&mounts("/a", "/b"), &mounts("/b", "/a")).gives(&[
        "reorder spec.template.spec.containers[name=app].volumeMounts [\"/b\",\"/a\"] -> [\"/a\",\"/b\"] unknown effect=recreate",
    ]);
}

#[test]
fn case_25_spread_constraints_are_told_apart_by_two_fields() {
    let spread = |skew: u8| {
        pods(&format!(
            "{{topologySpreadConstraints: [{{topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 1}}, \
             {{topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, maxSkew: {skew}}}]}}"
        ))
    };
    case(&spread(2), &spread(5)).gives(&[
        "replace spec.template.spec.topologySpreadConstraints[topologyKey=zone,whenUnsatisfiable=ScheduleAnyway].maxSkew 5 -> 2 unknown effect=recreate",
    ]);
}

#[test]
fn case_26_of_a_list_without_keys_the_element_is_shown() {
    case(&container("args: [a, x, c]"), &container("args: [a, b, c]"))
        .gives(&["replace spec.template.spec.containers[name=app].args[1] b -> x unknown effect=recreate"]);
    case(&container("args: [a, x, b, c]"), &container("args: [a, b, c]"))
        .gives(&["add spec.template.spec.containers[name=app].args[1] x unknown effect=recreate"]);
    let tolerations = |seconds: u8| {
        pods(&format!(
            "{{tolerations: [{{key: a, operator: Exists}}, {{key: b, tolerationSeconds: {seconds}}}]}}"
        ))
    };
    case(&tolerations(5), &tolerations(9))
        .gives(&["replace spec.template.spec.tolerations[1].tolerationSeconds 9 -> 5 unknown effect=recreate"]);
}

#[test]
fn case_27_a_set_has_no_order() {
    let map = |finalizers: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop, finalizers: {finalizers}}}\n")
    };
    case(&map("[a/b, c/d]"), &map("[c/d, a/b]")).gives(&[]);
    case(&map("[a/b, e/f]"), &map("[a/b]")).gives(&["add metadata.finalizers[=e/f] e/f unknown"]);
}

#[test]
fn case_28_a_container_that_somebody_injects_is_left_alone() {
    let live = pods("{containers: [{name: app, image: v1}, {name: istio-proxy, image: p1}]}");
    let app = "{f:spec: {f:template: {f:spec: {f:containers: {'k:{\"name\":\"app\"}': {'.': {}, f:name: {}, f:image: {}}}}}}}";
    let proxy = "{f:spec: {f:template: {f:spec: {f:containers: {'k:{\"name\":\"istio-proxy\"}': {'.': {}, f:name: {}, f:image: {}}}}}}}";
    let mut case = case(&container("image: v1"), &live)
        .applied("flux", NOON, app)
        .updated("injector", NOON, proxy);
    case.options.show_unmanaged = true;
    let object = case.gives(&[]);
    has_note(
        &object,
        "spec.template.spec.containers[name=istio-proxy]: not in Git, set by injector",
        false,
    );
}

#[test]
fn case_29_a_list_that_is_one_value_is_replaced_as_a_whole() {
    let desired = sidecar_set("{containers: [{name: envoy, image: 'envoy:v2'}]}");
    let live = sidecar_set("{containers: [{name: envoy, image: 'envoy:v1'}, {name: log, image: 'log:v1'}]}");
    let lines = case(&desired, &live)
        .applied("flux", NOON, "{f:spec: {f:containers: {}}}")
        .lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        lines[0],
        "replace spec.containers[name=envoy].image envoy:v1 -> envoy:v2 intent flux effect=recreate"
    );
    assert!(
        lines[1].starts_with("remove spec.containers[name=log] "),
        "{}",
        lines[1]
    );
}
