//! A repository in which names and texts try to break out of every format.

use std::fmt::Write;

use tempfile::TempDir;

use crate::program::write;

/// Beside `check`, so that the policies are read which say what the files tell them to.
pub const ARGUMENTS: &[&str] = &["--policy-dir", "policies"];

const NAMES: [&str; 18] = [
    "a b.yaml",
    "50%.yaml",
    "c#d?e.yaml",
    "e:f,g.yaml",
    "größe/日本語.yaml",
    "new\nline\r.yaml",
    "tab\tescape\u{1b}[31m.yaml",
    "--/--help.yaml",
    "x]]>y.yaml",
    "q\"'`.yaml",
    "<b>@victim<!--.yaml",
    "[x](1).yaml",
    "::error::.yaml",
    "back\\slash.yaml",
    "%0A%2C%25.yaml",
    "a|b||`c`.yaml",
    "{0}{{1}}.yaml",
    "##[error]turned\u{202e}.yaml",
];

const TEXTS: [&str; 13] = [
    "`a` b` @victim ![x](https://evil.example/x.png) <img src=x onerror=alert(1)> *b* _i_ ~~s~~ $m$ &amp;",
    "]]> -- --> <!-- </failure> & \" '",
    "%0A::error::spoofed %25 %3A : , =",
    "one\n::error file=x::spoofed\n\n# heading\n</details>\n\n- [ ] task\n    code",
    "\u{1b}[31m\u{7}\u{7f}\u{85}\u{202e}\u{2028}\u{feff}\u{fffe}\u{ffff}\r",
    "[link](0) [link](1) [a]\\](2) \\[b](1) {0} {{x}}",
    "##[error]spoofed ::warning::spoofed ##[add-mask]a",
    "#1 !1 GH-1 deadbeef1 :+1: www.evil.example https://evil.example user@evil.example /close @org/team",
    "``` ```` ~~~~ `` ` ``",
    "| a | b |\n|---|---|\n| \\| |",
    "1. one\n+ two\n---\n===",
    "<details open><summary>x</summary></details><script>",
    "`x``@victim`` `y`",
];

/// The repository. Each file says its text by a policy of its own, so that no format leaves one out; one file is broken, and one
/// is of a chart.
pub fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (at, name) in NAMES.iter().enumerate() {
        let text = TEXTS[at % TEXTS.len()];
        // A name that is none, for the texts that name objects.
        let manifest = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata:\n  a: b\n  text{at}: {}\n",
            quoted(&format!("{at} {text}")),
            quoted(text)
        );
        write(root, name, manifest.as_bytes());
        write(root, &format!("policies/hostile-{at}.yaml"), policy(at).as_bytes());
    }
    write(root, "broken\n::error::,%.yaml", b"kind: Pod\nmetadata: [\n");
    // The summary names charts.
    let chart = "##[error]chart\n::error::@victim";
    write(root, &format!("{chart}/Chart.yaml"), b"name: chart\nversion: 1.0.0\n");
    write(
        root,
        &format!("{chart}/templates/pod.yaml"),
        b"kind: {{ .Values.kind }}\n",
    );
    write(root, ".checkerignore", b"policies/\n");
    folder
}

/// One finding of one of so many policies in each of so many files, with a text of so many characters.
pub fn crowd(files: usize, policies: usize, characters: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for at in 0..files {
        let text = format!("{at} {}", "<x> ".repeat(characters / 4));
        let manifest = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{at}}}\ndata:\n  text{}: {}\n",
            at % policies,
            quoted(&text)
        );
        write(folder.path(), &format!("{at:04}.yaml"), manifest.as_bytes());
    }
    for at in 0..policies {
        write(
            folder.path(),
            &format!("policies/hostile-{at}.yaml"),
            policy(at).as_bytes(),
        );
    }
    write(folder.path(), ".checkerignore", b"policies/\n");
    folder
}

fn policy(at: usize) -> String {
    let severity = ["error", "warning", "info"][at % 3];
    format!(
        r#"id: hostile-{at}
title: "A <b>title</b> of @victim with `ticks` ![x](https://evil.example) | & </summary>"
severity: {severity}
chapter: reading
why: "1. See https://evil.example, <script>, `code` and @victim."
source: [nowhere]
mend: "Write {{what}} instead:\n\n  ```\n  {{what}}"
evaluator:
  cel:
    on: object
    fault: has(self.data) && has(self.data.text{at})
    message: self.data.text{at}
    at: [data.text{at}]
    label: "@victim <b> [x](1) `"
    help: {{what: self.data.text{at}}}
"#
    )
}

/// A YAML scalar that holds any text.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for unit in text.encode_utf16() {
        write!(quoted, "\\u{unit:04x}").unwrap();
    }
    quoted.push('"');
    quoted
}
