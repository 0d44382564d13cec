//! Cases 1 to 12: values that are written in one way and kept in another.

use checker::diff::change::Confidence;

use crate::case::{Case, case, container, deployment, has_note, has_remark, pods, sidecar_set};

fn resources(desired: &str, live: &str) -> Case {
    let pod = |requests: &str| container(&format!("resources: {{requests: {requests}}}"));
    case(&pod(desired), &pod(live))
}

fn custom(definition: &str, desired: &str, live: &str) -> Case {
    let git = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: timers.example.org}}\n\
         spec: {{group: example.org, scope: Namespaced, names: {{kind: Timer, plural: timers}}, versions: [{{name: v1, served: true, storage: true, \
         schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {definition}}}}}}}}}]}}\n---\n{}",
        timer(desired)
    );
    case(&git, &timer(live))
}

fn timer(spec: &str) -> String {
    format!("apiVersion: example.org/v1\nkind: Timer\nmetadata: {{name: tick, namespace: shop}}\nspec: {spec}\n")
}

#[test]
fn case_01_quantities_are_numbers() {
    resources("{cpu: 1000m, memory: 1024Mi}", "{cpu: '1', memory: 1Gi}").gives(&[]);
}

#[test]
fn case_02_quantities_may_be_written_as_numbers() {
    resources("{cpu: 0.5}", "{cpu: 500m}").gives(&[]);
    resources("{cpu: 1}", "{cpu: '1'}").gives(&[]);
}

#[test]
fn case_03_a_gigabyte_is_no_gibibyte() {
    resources("{memory: 1G}", "{memory: 1Gi}").gives(&[
        "replace spec.template.spec.containers[name=app].resources.requests.memory 1Gi -> 1G unknown effect=recreate",
    ]);
}

#[test]
fn case_04_quantities_of_a_sidecar_set_too_though_its_definition_has_no_types() {
    let set = |cpu: &str| {
        sidecar_set(&format!(
            "{{containers: [{{name: envoy, image: v1, resources: {{limits: {{cpu: {cpu}}}}}}}]}}"
        ))
    };
    case(&set("1000m"), &set("'1'")).gives(&[]);
}

#[test]
fn case_05_a_text_that_looks_like_a_quantity_is_a_text() {
    let map = |cpu: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\ndata: {{cpu: {cpu}}}\n")
    };
    case(&map("1000m"), &map("'1'")).gives(&["replace data.cpu 1 -> 1000m unknown"]);
}

#[test]
fn case_06_a_number_in_quotes_is_a_name() {
    let service = |port: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: shop}}\nspec: {{ports: [{{port: 80, targetPort: {port}}}]}}\n"
        )
    };
    let object = case(&service("'80'"), &service("80")).only();
    assert_eq!(object.changes.len(), 1);
    assert_eq!(
        object.changes[0].path.to_string(),
        "spec.ports[port=80,protocol=TCP].targetPort"
    );
    let set = |most: &str| sidecar_set(&format!("{{updateStrategy: {{maxUnavailable: {most}}}}}"));
    let object = case(&set("'1'"), &set("1"))
        .gives(&["replace spec.updateStrategy.maxUnavailable 1 -> 1 unknown effect=rejected"]);
    has_remark(&object, "must be a percentage");
}

#[test]
fn case_07_yaml_1_1_octal_mode_is_the_same() {
    let volume = |mode: &str| {
        pods(&format!(
            "{{volumes: [{{name: c, configMap: {{name: c, defaultMode: {mode}}}}}]}}"
        ))
    };
    case(&volume("0644"), &volume("420")).gives(&[]);
}

#[test]
fn case_08_a_whole_number_may_be_written_as_a_float() {
    case(&deployment("{replicas: 3.0}"), &deployment("{replicas: 3}")).gives(&[]);
    case(&deployment("{replicas: 1e3}"), &deployment("{replicas: 1000}")).gives(&[]);
}

#[test]
fn case_09_a_number_where_a_string_is_due_is_a_fault_and_no_difference() {
    let env = |value: &str| container(&format!("env: [{{name: A, value: {value}}}]"));
    let object = case(&env("8080"), &env("'80'")).gives(&[]);
    has_note(
        &object,
        "containers[name=app].env[name=A].value: the server refuses the object: a string",
        true,
    );
    let annotated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, annotations: {x: true}}\n";
    let object = case(annotated, &annotated.replace("true", "'false'")).gives(&[]);
    has_note(&object, "metadata.annotations.x: the server refuses", true);
}

#[test]
fn case_10_durations_are_the_same_where_the_type_is_known_and_doubtful_elsewhere() {
    let typed = "{type: object, properties: {every: {type: string, format: duration}}}";
    let object = custom(typed, "{every: 60s}", "{every: 1m0s}").run().remove(1);
    assert!(object.changes.is_empty());
    let untyped = "{type: object, properties: {every: {type: string}}}";
    let object = custom(untyped, "{every: 60s}", "{every: 1m0s}").run().remove(1);
    assert_eq!(object.changes.len(), 1);
    assert_eq!(object.confidence, Confidence::Low);
    let object = custom(untyped, "{every: 60s}", "{every: 2m}").run().remove(1);
    assert_eq!((object.changes.len(), object.confidence), (1, Confidence::High));
}

fn secret(fields: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\n{fields}\n")
}

#[test]
fn case_11_base64_is_compared_by_its_bytes() {
    case(&secret("stringData: {p: s3}"), &secret("data: {p: czM=}")).gives(&[]);
    case(&secret("data: {p: \"czM=\\n\"}"), &secret("data: {p: czM=}")).gives(&[]);
}

#[test]
fn case_12_a_secret_value_is_never_shown() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}, stringData: {p: canary-new, q: canary-q}}\n\
                - {apiVersion: v1, kind: Secret, metadata: {name: only-git, namespace: shop}, data: {r: canary!}, password: canary-misplaced}\n";
    let live = secret("data: {p: Y2FuYXJ5LW9sZA==, q: Y2FuYXJ5LXE=}");
    let case = case(list, &live)
        .last_applied(&secret("stringData: {p: canary-old, q: canary-q, gone: canary-gone}"))
        .updated("kubectl-edit", crate::case::ONE, "{f:data: {f:p: {}}}");
    let all = case.run();
    assert_eq!(
        crate::case::lines(&all[0]),
        ["replace data.p *** -> *** intent kubectl-edit"]
    );
    for hidden in ["canary", "Y2FuYXJ5"] {
        for object in &all {
            let told = format!(
                "{:?}{:?}{:?}{:?}",
                object.notes, object.before, object.after, object.reason
            );
            assert!(!told.contains(hidden), "{told}");
            for change in &object.changes {
                let told = format!("{:?}{:?}{:?}{:?}", change.from, change.to, change.remarks, change.rule);
                assert!(!told.contains(hidden), "{told}");
            }
        }
    }
}
