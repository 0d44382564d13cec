//! Cases 38 to 40, 44 and 46 to 50: whole objects.

use std::time::Instant;

use checker::diff::change::{NotKnown, Operation, Status};
use checker::live::state::{Found, Side};
use serde_json::json;

use crate::case::{case, container, deployment, has_note, has_remark, lines};

fn map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {data}\n")
}

#[test]
fn case_38_a_namespace_and_what_is_in_it_are_created_together() {
    let git = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{}---\n{}",
        map("a", "{}"),
        map("b", "{}")
    );
    let all = case(&git, "")
        .found("a", Found::NamespaceAbsent)
        .found("b", Found::NamespaceAbsent)
        .run();
    assert!(
        all.iter()
            .all(|object| object.status == Status::Create && object.notes.is_empty())
    );
    assert_eq!(all.len(), 3);
    assert!(all[1].reason.as_ref().unwrap().contains("Git has it"));
    let alone = case(&map("a", "{}"), "").found("a", Found::NamespaceAbsent).only();
    assert_eq!(alone.status, Status::Create);
    has_note(&alone, "neither there nor in Git", true);
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: timers.example.org}\n\
    spec: {group: example.org, scope: Namespaced, names: {kind: Timer, plural: timers}, versions: [{name: v1, served: true, storage: true, \
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {every: {type: string}, class: {type: string, \
    x-kubernetes-validations: [{rule: self == oldSelf}]}, mode: {type: string, default: soft}, list: {type: array, items: {type: object, \
    x-kubernetes-preserve-unknown-fields: true}}}}}}}}]}\n---\n";

fn timer(spec: &str) -> String {
    format!("apiVersion: example.org/v1\nkind: Timer\nmetadata: {{name: tick, namespace: shop}}\nspec: {spec}\n")
}

#[test]
fn case_39_a_kind_that_git_brings_is_created_and_checked_by_its_definition() {
    let all = case(&format!("{DEFINITION}{}", timer("{every: 5m, evry: 1m, class: 5}")), "")
        .found("tick", Found::UnknownKind)
        .run();
    assert_eq!((all[0].status, all[1].status), (Status::Create, Status::Create));
    assert_eq!(lines(&all[1]), ["add spec.evry 1m lost"]);
    has_note(&all[1], "spec.class: the server refuses the object", true);
    let nobody = case(&format!("{}---\n{}", timer("{}"), map("a", "{}")), "")
        .found("tick", Found::UnknownKind)
        .run();
    assert_eq!(
        (nobody[0].status, nobody[1].status),
        (Status::Unknown(NotKnown::Unread), Status::Create)
    );
    assert!(
        nobody[0]
            .reason
            .as_ref()
            .unwrap()
            .contains("does not serve example.org/v1 Timer")
    );
}

#[test]
fn case_40_what_may_not_be_read_is_unknown() {
    for found in [
        Found::Forbidden("forbidden to bob".to_owned()),
        Found::Failed("forbidden to bob".to_owned()),
    ] {
        let object = case(&map("a", "{}"), "").found("a", found).only();
        assert_eq!(
            (object.status, object.reason.as_deref()),
            (Status::Unknown(NotKnown::Unread), Some("forbidden to bob"))
        );
    }
}

#[test]
fn case_44_what_cannot_change_is_shown_with_its_rule() {
    let selector = |app: &str| deployment(&format!("{{selector: {{matchLabels: {{app: {app}}}}}}}"));
    let object = case(&selector("b"), &selector("a"))
        .last_applied(&selector("a"))
        .gives(&["replace spec.selector.matchLabels.app a -> b intent effect=replace"]);
    has_remark(&object, "Deployment `spec.selector` is immutable");
    let set = |size: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db, namespace: shop}}\n\
             spec: {{volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{resources: {{requests: {{storage: {size}}}}}}}}}]}}\n"
        )
    };
    let object = case(&set("2Gi"), &set("1Gi")).last_applied(&set("1Gi")).only();
    assert_eq!(object.changes.len(), 1, "{:?}", lines(&object));
    has_remark(&object, "StatefulSet `spec.volumeClaimTemplates` is immutable");
    let all = case(
        &format!("{DEFINITION}{}", timer("{class: b}")),
        &timer("{class: a, mode: soft}"),
    )
    .run();
    assert_eq!(lines(&all[1]), ["replace spec.class a -> b unknown effect=replace"]);
    has_remark(&all[1], "self == oldSelf");
}

#[test]
fn case_46_an_immutable_map_is_replaced_and_white_space_is_named() {
    let frozen = |value: &str| format!("{}immutable: true\n", map("a", &format!("{{a: {value}}}")));
    let object = case(&frozen("new"), &frozen("old")).gives(&["replace data.a old -> new unknown effect=replace"]);
    has_remark(&object, "immutable: true");
    for (desired, live, remark) in [
        ("'{\"a\": 1}'", "'{\"a\":1}'", "formatting only"),
        ("\"a\\n\"", "\"a\"", "white space at the end only"),
        ("\"a\\r\\nb\"", "\"a\\nb\"", "line ends only"),
        ("\"a\\tb\"", "\"a b\"", "white space only"),
    ] {
        let object = case(
            &map("a", &format!("{{a: {desired}}}")),
            &map("a", &format!("{{a: {live}}}")),
        )
        .only();
        assert_eq!(object.changes.len(), 1, "{desired}");
        has_remark(&object, remark);
    }
}

#[test]
fn case_47_an_object_that_is_being_deleted_is_terminating() {
    let live = map("a", "{}").replace(
        "namespace: shop",
        "namespace: shop, deletionTimestamp: '2026-01-01T00:00:00Z'",
    );
    let object = case(&map("a", "{}"), &live).only();
    assert_eq!(object.status, Status::Terminating);
    assert!(object.reason.unwrap().contains("2026-01-01T00:00:00Z"));
}

#[test]
fn case_48_odd_objects_are_compared_each_for_itself() {
    let git = format!(
        "{}---\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{generateName: a-, namespace: shop}}, data: {{b: c}}}}\n---\n{}",
        map("a", "{x: one}"),
        map("a", "{x: two}")
    );
    let all = case(&git, &map("a", "{x: one}")).run();
    let statuses: Vec<Status> = all.iter().map(|object| object.status).collect();
    assert_eq!(statuses, [Status::Same, Status::Create, Status::Change]);
}

#[test]
fn case_49_large_objects_take_no_long_time() {
    let text = |mark: &str| {
        let lines: Vec<String> = (0..50_000).map(|at| format!("  line {at} {mark}\n")).collect();
        let lines = lines.concat();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\ndata:\n a: |\n{lines}")
    };
    let containers = |mark: &str| {
        let all: Vec<String> = (0..300)
            .map(|at| {
                format!(
                    "{{name: c{at}, image: 'i:{mark}', args: [{}]}}",
                    "a, ".repeat(100) + mark
                )
            })
            .collect();
        crate::case::pods(&format!("{{containers: [{}]}}", all.join(", ")))
    };
    let begin = Instant::now();
    assert_eq!(case(&text("new"), &text("old")).lines().len(), 1);
    assert_eq!(case(&containers("new"), &containers("old")).lines().len(), 600);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn case_50_what_others_own_is_not_pruned() {
    let mut case = case(&map("a", "{}"), &map("a", "{}"));
    let candidate = |name: &str, more: serde_json::Value| {
        let mut object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}});
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        object
    };
    case.state.surroundings.prune_candidates = Some(vec![
        candidate("z-left", json!({})),
        candidate("left", json!({})),
        candidate("a", json!({})),
        candidate("owned", json!({"ownerReferences": [{"uid": "x"}]})),
        candidate("going", json!({"deletionTimestamp": "2026-01-01T00:00:00Z"})),
    ]);
    let all = case.run();
    let pruned: Vec<&str> = all[1..].iter().map(|object| object.object.name.as_str()).collect();
    assert_eq!(pruned, ["left", "z-left"]);
    assert!(all[1..].iter().all(|object| object.status == Status::Prune));
}

#[test]
fn between_revisions_what_git_has_no_longer_goes_and_a_default_changes_nothing() {
    let before = container(
        "image: 'v:1', ports: [{containerPort: 80}], env: [{name: A, value: '1'}], resources: {limits: {cpu: 1000m}}",
    );
    let after = container("image: 'v:1', ports: [{containerPort: 80, protocol: TCP}], resources: {limits: {cpu: 1}}");
    let mut case = case(&after, &before);
    case.state.side = Side::Base("main".to_owned());
    let object = case.gives(&[
        "add spec.template.spec.containers[name=app].ports[containerPort=80,protocol=TCP].protocol TCP intent",
        "remove spec.template.spec.containers[name=app].env [{\"name\":\"A\",\"value\":\"1\"}] intent effect=recreate",
    ]);
    has_remark(&object, "nothing changes");
    assert_eq!(object.changes[0].operation, Operation::Add);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let service = |ports: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: shop}}\nspec: {{ports: {ports}}}\n")
    };
    case(
        &service("[{port: 80}, {port: 81}]"),
        &service("[{port: 80, protocol: TCP, targetPort: 80}]"),
    )
    .gives(&["add spec.ports[port=81,protocol=TCP] {\"port\":81} unknown effect=rejected"]);
    case(
        &container("image: a, volumeMounts: [{name: data, mountPath: /data}]"),
        &container("image: a"),
    )
    .gives(&["add spec.template.spec.containers[name=app].volumeMounts [{\"name\":\"data\",\"mountPath\":\"/data\"}] unknown effect=rejected"]);
}

#[test]
fn between_revisions_a_fault_that_was_there_before_is_no_news() {
    let faults = "image: 'v:1', imagePullPolcy: Always, args: [true]";
    let mut case = case(&container(faults), &container(faults));
    case.state.side = Side::Base("main".to_owned());
    let object = case.gives(&[]);
    assert_eq!((object.status, object.notes.len()), (Status::Same, 0));

    let mut case = crate::case::case(&container(faults), &container("image: 'v:1', args: ['true']"));
    case.state.side = Side::Base("main".to_owned());
    let object = case.gives(&["add spec.template.spec.containers[name=app].imagePullPolcy Always lost"]);
    has_note(&object, "the server refuses the object", true);
}

#[test]
fn a_snapshot_without_values_compares_keys() {
    let secret =
        |fields: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\n{fields}\n");
    let case = case(&secret("stringData: {a: x, b: z}"), "");
    let live = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}, "type": "Opaque", "data": {"a": null}});
    let found = Found::Object(std::sync::Arc::new(checker::live::state::LiveObject {
        json: live,
        without_values: true,
    }));
    let object = case.found("s", found).gives(&["add data.b *** unknown"]);
    has_note(&object, "keys of this object only", false);
}

#[test]
fn a_server_may_not_have_been_asked() {
    let objects = crate::case::read(&map("a", "{}"));
    let state = case("", "").state;
    let desired = [checker::diff::compare::Desired {
        object: &objects[0],
        reference: crate::case::reference(&objects[0]),
        target: "default",
    }];
    let all = checker::diff::compare::compare(&desired, &state, &checker::diff::options::Options::default());
    assert_eq!(all[0].status, Status::Unknown(NotKnown::Unread));
}

/// Each was seen at a real server.
#[test]
fn what_the_server_imposes_is_no_difference() {
    let namespace = |label: &str| {
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{kubernetes.io/metadata.name: {label}}}}}\n"
        )
    };
    case(&namespace("other"), &namespace("shop")).gives(&[]);
    let service =
        |spec: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n");
    let live =
        service("{type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 31300}]}");
    case(&service("{type: NodePort, ports: [{port: 80}]}"), &live)
        .last_applied(&live)
        .gives(&[]);
    // Without its type the service needs no port of the nodes.
    let lines = case(&service("{ports: [{port: 80}]}"), &live)
        .last_applied(&live)
        .lines();
    assert!(
        lines.contains(&"replace spec.type NodePort -> ClusterIP intent".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"remove spec.ports[port=80,protocol=TCP].nodePort 31300 intent".to_owned()),
        "{lines:?}"
    );
    let secret =
        |fields: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\n{fields}\n");
    case(&secret("type: Opaque"), &secret("type: Opaque\ndata: {a: eA==}"))
        .last_applied(&secret("type: Opaque\nstringData: {a: x}"))
        .gives(&[]);
    let role = |groups: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: a, namespace: shop}}\nrules: [{{apiGroups: {groups}, verbs: [get]}}]\n"
        )
    };
    case(&role("[apps, '']"), &role("[apps]")).gives(&["add rules[0].apiGroups[1] \"\" unknown"]);
}

#[test]
fn what_it_becomes_is_written_as_the_other_side_writes_it() {
    let cpu = |cpu: &str| container(&format!("image: 'v:1', resources: {{requests: {{cpu: {cpu}}}}}"));
    let object = case(&cpu("0.5"), &cpu("500m")).gives(&[]);
    let at = "/spec/template/spec/containers/0/resources/requests/cpu";
    assert_eq!(object.after.unwrap().json().pointer(at), Some(&json!("500m")));
    let object = case(&cpu("2000m"), &cpu("500m")).only();
    assert_eq!(object.after.unwrap().json().pointer(at), Some(&json!("2")));
}
