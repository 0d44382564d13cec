//! GitHub's workflow commands, read back by the rules of the runner.

use std::collections::BTreeMap;
use std::fs;

use checker::report::visible::visible;

use crate::{findings, hostile, number, output, text};

struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

/// As the runner reads a line: `::name key=value,key=value::message`, where the properties end at the next `::`.
fn command(line: &str) -> Option<Command> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.split(',').filter_map(|property| {
        let (key, value) = property.split_once('=')?;
        Some((key.to_owned(), unescape(&unescape_colon_and_comma(value))))
    });
    Some(Command {
        name: name.to_owned(),
        properties: properties.collect(),
        message: unescape(message),
    })
}

fn unescape_colon_and_comma(value: &str) -> String {
    value.replace("%3A", ":").replace("%2C", ",")
}

fn unescape(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn each_annotation_lands_on_the_line_of_its_finding_and_nothing_else_is_a_command() {
    let folder = hostile::repository();
    let root = folder.path();
    let log = output(root, "github", hostile::ARGUMENTS);
    // The runner cuts lines at carriage returns too.
    assert!(!log.contains('\r'));
    let (commands, others): (Vec<&str>, Vec<&str>) = log.lines().partition(|line| line.starts_with("::"));
    for line in others {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
    let findings = findings(root, hostile::ARGUMENTS);
    assert_eq!(commands.len(), findings.len());
    for (line, finding) in commands.iter().zip(&findings) {
        let command = command(line).unwrap();
        let property = |name: &str| command.properties.get(name).map_or("", String::as_str);
        let severity = text(finding, "/severity");
        assert_eq!(command.name, if severity == "info" { "notice" } else { severity });
        let file = text(finding, "/location/file");
        let is_steering = |character: char| character.is_control() && !"\r\n".contains(character);
        assert_eq!(property("file"), file.replace(is_steering, "\u{fffd}"));
        assert_eq!(property("line"), number(finding, "/location/start/line").to_string());
        assert_eq!(property("col"), number(finding, "/location/start/column").to_string());
        assert_eq!(
            property("endColumn"),
            number(finding, "/location/end/column").to_string()
        );
        assert_eq!(property("title"), format!("checker[{}]", text(finding, "/policy")));
        assert!(command.message.contains(&*visible(text(finding, "/message"))), "{line}");
        if text(finding, "/policy").starts_with("hostile-") {
            let manifest = fs::read_to_string(root.join(file)).unwrap();
            let number: usize = property("line").parse().unwrap();
            let marked = manifest.lines().nth(number - 1).unwrap();
            assert!(marked.starts_with("  text"), "{file}:{number}: {marked}");
        }
    }
}

#[test]
fn an_annotation_over_several_lines_has_no_columns() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: \"a\n    b\"\n";
    crate::program::write(folder.path(), "pod.yaml", manifest.as_bytes());
    let log = output(folder.path(), "github", &[]);
    let command = command(log.lines().find(|line| line.contains("[wrong-type]")).unwrap()).unwrap();
    assert_eq!(
        (&*command.properties["line"], &*command.properties["endLine"]),
        ("5", "6")
    );
    assert!(!command.properties.contains_key("col") && !command.properties.contains_key("endColumn"));
}
