//! Reports of several sides.

use super::*;
use crate::live::reference::ObjectReference;
use crate::report::human::Style;

fn object(name: &str, status: Status) -> ObjectDifference {
    let object = ObjectReference {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespace: Some("shop".to_owned()),
        name: name.to_owned(),
    };
    ObjectDifference::new(object, "default", status)
}

fn side(context: &str, objects: Vec<ObjectDifference>) -> SideReport {
    SideReport {
        side: Side::Context(context.to_owned()),
        targets: vec!["default".to_owned()],
        server_version: None,
        taken: None,
        objects,
        verified: None,
        left_out: Vec::new(),
        notes: Vec::new(),
        problems: Vec::new(),
    }
}

fn report() -> DiffReport {
    DiffReport {
        sides: vec![
            side(
                "eu",
                vec![
                    object("a", Status::Same),
                    object("b", Status::Create),
                    object("c", Status::Same),
                ],
            ),
            side(
                "us",
                vec![
                    object("a", Status::Same),
                    object("b", Status::Same),
                    object("d", Status::Create),
                ],
            ),
        ],
        notes: Vec::new(),
        problems: Vec::new(),
    }
}

#[test]
fn of_several_sides_json_has_one_document_with_each() {
    let text = json::render(&report());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(document.get("side").is_none() && document.get("objects").is_none());
    assert_eq!(document["sides"][1]["side"]["context"], "us");
    assert_eq!(document["sides"][1]["objects"][2]["status"], "create");
    assert_eq!(document["sides"][0]["summary"]["create"], 1);
    assert_eq!(
        (&document["summary"]["create"], &document["summary"]["same"]),
        (&2.into(), &4.into())
    );
}

#[test]
fn objects_by_clusters_are_one_table() {
    let style = Style {
        color: false,
        width: 80,
        verbose: false,
        show_suppressed: false,
        links: None,
    };
    let text = human::render(&report(), style);
    let table = "\n                    eu           us\n  ConfigMap shop/b  create       same\n  ConfigMap shop/d  —            create\n";
    assert!(text.contains(table), "{text}");
    let text = markdown::render(&report());
    assert!(text.contains("| `ConfigMap shop/d` | — | create |"), "{text}");
}
