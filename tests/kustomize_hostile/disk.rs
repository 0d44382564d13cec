//! What lies on the disk and is no plain file in the repository.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::program::{Run, checker, write};
use super::repository::{CANARY, config_map};

/// A repository, and beside it a file that nobody may read.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "outside/secret.yaml", outside().as_bytes());
    write(
        folder.path(),
        "outside/base/kustomization.yaml",
        b"resources: [../secret.yaml]\n",
    );
    fs::create_dir_all(folder.path().join("in/.git")).unwrap();
    for (name, text) in files {
        write(&folder.path().join("in"), name, text.as_bytes());
    }
    folder
}

fn outside() -> String {
    format!("{}data: {{k: {CANARY}}}\n", config_map("outside"))
}

/// Runs `check` and `render`: both end as they should, and say nothing of what is outside.
fn run(folder: &Path, render: &str) -> (Run, Run) {
    let root = folder.join("in");
    let check = checker(&root, &["check", "-o", "json"]);
    let rendered = checker(&root, &["render", render]);
    for run in [&check, &rendered] {
        assert!(
            !run.stdout.contains(CANARY) && !run.stderr.contains(CANARY),
            "{}",
            run.stdout
        );
        assert!(
            !run.stdout.contains("root:x:") && !run.stderr.contains("root:x:"),
            "{}",
            run.stdout
        );
    }
    assert!(check.code <= 1, "{}", check.stderr);
    (check, rendered)
}

#[test]
fn paths_out_of_the_repository_are_never_read() {
    let outside = [
        "/etc/passwd",
        "../../../../../../../../etc/passwd",
        "../../outside/secret.yaml",
        "../../outside/base",
    ];
    let target = "target: {kind: ConfigMap}";
    for path in outside {
        for fields in [
            format!("resources: ['{path}']\n"),
            format!("bases: ['{path}']\n"),
            format!("components: ['{path}']\n"),
            format!("resources: [a.yaml]\npatches: [{{path: '{path}', {target}}}]\n"),
            format!("resources: [a.yaml]\npatchesStrategicMerge: ['{path}']\n"),
            format!(
                "resources: [a.yaml]\npatchesJson6902: [{{path: '{path}', target: {{version: v1, kind: ConfigMap, name: a}}}}]\n"
            ),
            format!("resources: [a.yaml]\nreplacements: [{{path: '{path}'}}]\n"),
            format!("resources: [a.yaml]\nconfigurations: ['{path}']\n"),
            format!("resources: [a.yaml]\ncrds: ['{path}']\n"),
            format!("resources: [a.yaml]\nopenapi: {{path: '{path}'}}\n"),
            format!("resources: [a.yaml]\ntransformers: ['{path}']\n"),
            format!("resources: [a.yaml]\ngenerators: ['{path}']\n"),
            format!("resources: [a.yaml]\nvalidators: ['{path}']\n"),
            format!("configMapGenerator: [{{name: g, files: ['{path}']}}]\n"),
            format!("configMapGenerator: [{{name: g, files: ['k={path}']}}]\n"),
            format!("secretGenerator: [{{name: g, envs: ['{path}']}}]\n"),
            format!("secretGenerator: [{{name: g, env: '{path}'}}]\n"),
        ] {
            let folder = repository(&[("app/kustomization.yaml", &fields), ("app/a.yaml", &config_map("a"))]);
            let (check, rendered) = run(folder.path(), "app");
            assert!(check.stdout.contains("-kustomization\""), "{fields}: {}", check.stdout);
            assert!(matches!(rendered.code, 1 | 3), "{fields}: {}", rendered.stderr);
            assert!(
                rendered.stderr.starts_with("checker: app/kustomization.yaml:"),
                "{fields}: {}",
                rendered.stderr
            );
        }
    }
}

#[test]
fn links_are_followed_by_no_field() {
    for fields in [
        "resources: [link.yaml]\n",
        "resources: [link]\n",
        "resources: [link/secret.yaml]\n",
        "resources: [link/base]\n",
        "components: [link/base]\n",
        "resources: [a.yaml]\npatches: [{path: link.yaml, target: {kind: ConfigMap}}]\n",
        "resources: [a.yaml]\npatchesStrategicMerge: [link.yaml]\n",
        "resources: [a.yaml]\nreplacements: [{path: link.yaml}]\n",
        "resources: [a.yaml]\nconfigurations: [link.yaml]\n",
        "configMapGenerator: [{name: g, files: [link.yaml]}]\n",
        "configMapGenerator: [{name: g, envs: [link/secret.yaml]}]\n",
    ] {
        for to in ["outside", "in/inside"] {
            let folder = repository(&[
                ("app/kustomization.yaml", fields),
                ("app/a.yaml", &config_map("a")),
                ("inside/secret.yaml", &config_map("inside")),
                ("inside/base/kustomization.yaml", "resources: [../secret.yaml]\n"),
            ]);
            let app = folder.path().join("in/app");
            symlink(folder.path().join(to).join("secret.yaml"), app.join("link.yaml")).unwrap();
            symlink(folder.path().join(to), app.join("link")).unwrap();
            let (check, rendered) = run(folder.path(), "app");
            assert!(
                check.stdout.contains("app/kustomization.yaml"),
                "{fields}: {}",
                check.stdout
            );
            assert!(
                matches!(rendered.code, 1 | 3),
                "{fields}: {} {}",
                rendered.stdout,
                rendered.stderr
            );
            assert!(
                rendered.stderr.starts_with("checker: app/kustomization.yaml:"),
                "{fields}: {}",
                rendered.stderr
            );
        }
    }
}

#[test]
fn a_kustomization_that_is_a_link_or_a_folder_is_none() {
    let folder = repository(&[
        ("app/a.yaml", &config_map("a")),
        ("top/kustomization.yaml", "resources: [../app]\n"),
    ]);
    let app = folder.path().join("in/app");
    symlink(
        folder.path().join("outside/base/kustomization.yaml"),
        app.join("kustomization.yaml"),
    )
    .unwrap();
    let (check, rendered) = run(folder.path(), "app");
    assert!(
        check.stdout.contains("finds nothing to take at `../app`"),
        "{}",
        check.stdout
    );
    assert_eq!(rendered.code, 2, "{}", rendered.stderr);
    fs::remove_file(app.join("kustomization.yaml")).unwrap();
    fs::create_dir(app.join("kustomization.yaml")).unwrap();
    let (check, rendered) = run(folder.path(), "app");
    assert!(
        check.stdout.contains("finds nothing to take at `../app`"),
        "{}",
        check.stdout
    );
    assert_eq!(rendered.code, 2, "{}", rendered.stderr);
    // The other names still count.
    write(&app, "Kustomization", b"resources: [a.yaml]\n");
    let (check, rendered) = run(folder.path(), "app");
    assert_eq!(
        (check.code, rendered.code),
        (0, 0),
        "{} {}",
        check.stdout,
        rendered.stderr
    );
}

#[test]
fn a_pipe_is_not_waited_for() {
    for fields in [
        "resources: [pipe]\n",
        "resources: [pipe.yaml]\n",
        "resources: [a.yaml]\npatches: [path: pipe.yaml]\n",
        "resources: [a.yaml]\nconfigurations: [pipe.yaml]\n",
        "resources: [a.yaml]\nreplacements: [path: pipe.yaml]\n",
        "configMapGenerator: [{name: g, files: [pipe]}]\n",
        "configMapGenerator: [{name: g, envs: [pipe]}]\n",
    ] {
        let folder = repository(&[("app/kustomization.yaml", fields), ("app/a.yaml", &config_map("a"))]);
        for name in ["pipe", "pipe.yaml"] {
            let made = Command::new("mkfifo")
                .arg(folder.path().join("in/app").join(name))
                .status()
                .unwrap();
            assert!(made.success());
        }
        let (check, rendered) = run(folder.path(), "app");
        assert!(check.stdout.contains("-kustomization\""), "{fields}: {}", check.stdout);
        assert!(matches!(rendered.code, 1 | 3), "{fields}: {}", rendered.stderr);
    }
    // A kustomization that is one is none.
    let folder = repository(&[
        ("top/kustomization.yaml", "resources: [../app]\n"),
        ("app/a.yaml", &config_map("a")),
    ]);
    let made = Command::new("mkfifo")
        .arg(folder.path().join("in/app/kustomization.yaml"))
        .status()
        .unwrap();
    assert!(made.success());
    let (check, rendered) = run(folder.path(), "app");
    assert!(check.stdout.contains("finds nothing to take"), "{}", check.stdout);
    assert_eq!(rendered.code, 2);
}

#[test]
fn files_beyond_the_bound_are_not_read() {
    let folder = repository(&[
        (
            "app/kustomization.yaml",
            "configMapGenerator: [{name: g, files: [huge]}]\n",
        ),
        ("other/kustomization.yaml", "resources: [huge.yaml]\n"),
        ("itself/kustomization.yaml", ""),
    ]);
    // They take no room on the disk.
    for name in ["in/app/huge", "in/other/huge.yaml", "in/itself/kustomization.yaml"] {
        fs::File::create(folder.path().join(name))
            .unwrap()
            .set_len(10 << 30)
            .unwrap();
    }
    let (check, rendered) = run(folder.path(), "app");
    assert!(check.stdout.contains("larger than 64 MiB"), "{}", check.stdout);
    assert!(rendered.stderr.contains("larger than 64 MiB"), "{}", rendered.stderr);
    assert_eq!(rendered.code, 3);
    let (_, rendered) = run(folder.path(), "itself");
    assert_eq!(rendered.code, 3, "{}", rendered.stderr);
    assert!(
        rendered.stderr.contains("itself/kustomization.yaml was not read"),
        "{}",
        rendered.stderr
    );
    let (_, rendered) = run(folder.path(), "other");
    assert!(
        rendered.stderr.starts_with("checker: other/kustomization.yaml:1:13:"),
        "{}",
        rendered.stderr
    );
}

#[test]
fn a_folder_of_four_thousand_characters_is_as_quick_as_any() {
    let folder = repository(&[]);
    let deep: String = (0..900).map(|_| "dd/").collect();
    let names: String = (0..20_000).map(|at| format!("- n{at}\n")).collect();
    write(
        &folder.path().join("in"),
        &format!("{deep}kustomization.yaml"),
        format!("resources:\n{names}").as_bytes(),
    );
    let (check, _) = run(folder.path(), ".");
    assert!(
        check.stdout.contains("finds nothing to take at `n0`"),
        "{}",
        check.stdout
    );
}

#[test]
fn a_folder_whose_name_is_not_utf8_is_no_fault_of_the_kustomization_in_it() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = repository(&[]);
    let odd = folder.path().join("in").join(OsStr::from_bytes(b"app\xff"));
    // Some file systems have no such names.
    if fs::create_dir(&odd).is_err() {
        return;
    }
    write(&odd, "kustomization.yaml", b"resources: [a.yaml]\n");
    write(&odd, "a.yaml", config_map("a").as_bytes());
    let check = checker(&folder.path().join("in"), &["check", "-o", "json"]);
    assert!(check.stdout.contains("is not UTF-8"), "{}", check.stdout);
    assert!(!check.stdout.contains("refused-kustomization"), "{}", check.stdout);
}
