//! Scratch repositories, read at a revision and in the index.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::source::disk::Disk;
use crate::source::load::{self, Repository};
use crate::source::walk::{self, SkipReason, Walked};

fn git(root: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(root)
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(status.status.success(), "{arguments:?}: {status:?}");
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    git(folder.path(), &["add", "-A", "-f"]);
    git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "first"]);
    folder
}

fn names(walked: &Walked) -> Vec<&str> {
    walked.files.iter().map(|file| file.name.as_str()).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

/// What the disk holds, and what the commit does, must be met alike.
#[cfg(unix)]
#[test]
fn a_revision_is_walked_and_loaded_as_the_disk_is() {
    let folder = repository(&[
        (".gitignore", "*.json\nbuild/\n"),
        ("a/.gitignore", "!keep.json\n"),
        ("a/.checkerignore", "draft.yaml\nsub/deep\n"),
        ("a/keep.json", "{}"),
        ("a/drop.yaml", POD),
        ("a/draft.yaml", POD),
        ("a/sub/deep/x.yaml", POD),
        ("a/sub/deeper/x.yaml", POD),
        ("a-b/x.yaml", POD),
        ("drop.json", "{}"),
        ("build/b.yaml", POD),
        ("named.yaml/in.yaml", POD),
        ("text.md", "words"),
        ("k/base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("k/base/pod.yaml", POD),
        (
            "k/over/kustomization.yaml",
            "resources: [../base]\nnamePrefix: x-\nconfigMapGenerator: [{name: c, files: [data.txt]}]\n",
        ),
        ("k/over/data.txt", "words"),
        ("chart/Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ("chart/templates/t.yaml", "{{ x }}"),
    ]);
    let root = folder.path();
    for (target, link) in [
        ("a/drop.yaml", "in.yaml"),
        ("..", "a/up"),
        ("self.yaml", "self.yaml"),
        ("nothing.yaml", "broken.yaml"),
        ("/etc/passwd", "out.yaml"),
        ("..", "far.yaml"),
        ("text.md", "text.yaml"),
        ("a", "folder"),
        ("folder/drop.yaml", "through.yaml"),
    ] {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    std::os::unix::fs::symlink(root.join("a/drop.yaml"), root.join("absolute.yaml")).unwrap();
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-q", "-m", "links"]);
    let files = GitFiles::open(root, Moment::Revision("HEAD")).unwrap();
    for paths in [
        &[""][..],
        &["a"],
        &["k/over", "a/sub"],
        &["k/base/pod.yaml"],
        &["text.md"],
    ] {
        let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        let paths: Vec<PathBuf> = paths.iter().map(|path| walk::absolute(root, path)).collect();
        let mut on_disk = walk::walk(root, &paths).unwrap();
        // `.git` is listed by no commit.
        on_disk.skipped.retain(|path| !path.name.starts_with(".git/"));
        let at_revision = files.walk(&paths).unwrap();
        assert_eq!(at_revision, on_disk);
        let summary = |repository: &Repository| {
            let files: Vec<_> = repository
                .files
                .iter()
                .map(|file| (file.name.clone(), file.class, file.role, file.decoded.is_some()))
                .collect();
            let roots: Vec<_> = repository
                .rendering
                .roots
                .iter()
                .map(|root| {
                    (
                        root.name().to_owned(),
                        root.outcome.as_ref().map(|built| built.objects.len()).ok(),
                    )
                })
                .collect();
            (files, roots)
        };
        let from_disk = load::load_from(on_disk, &Disk::new(root), None, None);
        let from_git = load::load_from(at_revision, &files, None, None);
        assert_eq!(summary(&from_git), summary(&from_disk));
    }
}

#[test]
fn the_index_holds_what_is_staged_and_not_what_lies_about() {
    let folder = repository(&[("a.yaml", "old"), ("b.yaml", POD), ("c.yaml", POD)]);
    let root = folder.path();
    write(root, "a.yaml", "staged");
    git(root, &["add", "a.yaml"]);
    write(root, "a.yaml", "unstaged");
    git(root, &["rm", "-q", "--cached", "b.yaml"]);
    git(root, &["mv", "c.yaml", "d.yaml"]);
    let index = GitFiles::open(root, Moment::Index).unwrap();
    assert_eq!(names(&index.walk(&[root.to_owned()]).unwrap()), ["a.yaml", "d.yaml"]);
    assert_eq!(index.read("a.yaml").unwrap(), b"staged");
    let head = GitFiles::open(root, Moment::Revision("HEAD")).unwrap();
    assert_eq!(head.read("a.yaml").unwrap(), b"old");
    assert_eq!(head.commit().map(str::len), Some(40));
}

#[test]
fn what_is_not_merged_cannot_be_read_and_is_told() {
    let folder = repository(&[("a.yaml", "one")]);
    let root = folder.path();
    git(root, &["checkout", "-q", "-b", "other"]);
    write(root, "a.yaml", "two");
    git(root, &["commit", "-q", "-a", "-m", "two"]);
    git(root, &["checkout", "-q", "main"]);
    write(root, "a.yaml", "three");
    git(root, &["commit", "-q", "-a", "-m", "three"]);
    let merged = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["merge", "-q", "other"])
        .output()
        .unwrap();
    assert!(!merged.status.success());
    let index = GitFiles::open(root, Moment::Index).unwrap();
    let walked = index.walk(&[root.to_owned()]).unwrap();
    assert!(walked.files.is_empty());
    assert_eq!(walked.unreadable.len(), 1, "{:?}", walked.unreadable);
    assert!(walked.unreadable[0].message.contains("not merged"));
}

#[test]
fn a_submodule_is_left_out_with_its_reason() {
    let inner = repository(&[("pod.yaml", POD)]);
    let outer = repository(&[("a.yaml", POD)]);
    let root = outer.path();
    git(
        root,
        &[
            "submodule",
            "--quiet",
            "add",
            inner.path().to_str().unwrap(),
            "vendor/inner",
        ],
    );
    git(root, &["commit", "-q", "-m", "submodule"]);
    let files = GitFiles::open(root, Moment::Revision("HEAD")).unwrap();
    let walked = files.walk(&[root.to_owned()]).unwrap();
    assert_eq!(names(&walked), ["a.yaml"]);
    assert!(
        walked
            .skipped
            .iter()
            .any(|path| path.name == "vendor/inner" && path.reason == SkipReason::Submodule)
    );
    assert!(files.read("vendor/inner").unwrap_err().contains("submodule"));
    assert_eq!(files.submodules().collect::<Vec<_>>(), ["vendor/inner"]);
}

#[test]
fn what_is_no_revision_is_refused_before_git_could_take_it_for_an_option() {
    let folder = repository(&[("a.yaml", POD)]);
    let root = folder.path();
    for revision in [
        "",
        "--output=x",
        "-h",
        "nothing",
        "HEAD:a.yaml",
        "HEAD^{tree}",
        "a b",
        "HEAD..main",
    ] {
        match GitFiles::open(root, Moment::Revision(revision)) {
            Err(GitError::Wrong(message)) => assert!(message.contains("revision"), "{revision}: {message}"),
            other => panic!("{revision}: {other:?}"),
        }
    }
    assert!(!root.join("x").exists());
    let bare = tempfile::tempdir().unwrap();
    assert!(matches!(
        GitFiles::open(bare.path(), Moment::Index),
        Err(GitError::Wrong(_))
    ));
}

/// Whatever a repository's configuration and attributes name is not started.
#[cfg(unix)]
#[test]
fn nothing_that_the_repository_names_is_started() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository(&[(".gitattributes", "* filter=evil diff=evil\n"), ("a.yaml", POD)]);
    let root = folder.path();
    let mark = root.join("started");
    let script = root.join(".git/evil.sh");
    fs::write(&script, format!("#!/bin/sh\n/bin/date > {}\nexit 1\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    for hook in ["post-index-change", "fsmonitor-watchman", "post-checkout"] {
        fs::copy(&script, root.join(".git/hooks").join(hook)).unwrap();
    }
    let script = script.to_str().unwrap();
    let settings = [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.askPass",
        "core.editor",
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "credential.helper",
        "pager.ls-tree",
        "pager.cat-file",
        "remote.origin.uploadpack",
        "core.alternateRefsCommand",
        "alias.ls-tree",
        "alias.cat-file",
    ];
    let mut text = fs::read_to_string(root.join(".git/config")).unwrap();
    for setting in settings {
        let (section, key) = setting.rsplit_once('.').unwrap();
        let section = section
            .split_once('.')
            .map_or(section.to_owned(), |(name, sub)| format!("{name} \"{sub}\""));
        let alias = if section == "alias" { "!" } else { "" };
        writeln!(text, "[{section}]\n\t{key} = \"{alias}{script}\"").unwrap();
    }
    // A partial clone fetches what it lacks.
    writeln!(
        text,
        "[remote \"origin\"]\n\turl = ext::{script}\n\tpromisor = true\n[protocol \"ext\"]\n\tallow = always"
    )
    .unwrap();
    text += "[extensions]\n\tpartialClone = origin\n[core]\n\trepositoryformatversion = 1\n";
    fs::write(root.join(".git/config"), text).unwrap();
    for moment in [Moment::Revision("HEAD"), Moment::Index] {
        let files = GitFiles::open(root, moment).unwrap();
        assert_eq!(files.read("a.yaml").unwrap(), POD.as_bytes());
    }
    assert!(!mark.exists());
    // The object of the file is gone, as in a partial clone.
    let object = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["rev-parse", "HEAD:a.yaml"])
        .output()
        .unwrap();
    let object = String::from_utf8(object.stdout).unwrap();
    let (first, rest) = object.trim().split_at(2);
    let lost = root.join(".git/objects").join(first).join(rest);
    fs::remove_file(&lost).unwrap();
    fs::remove_file(root.join("a.yaml")).unwrap();
    let _ = fs::remove_file(&mark);
    let files = GitFiles::open(root, Moment::Revision("HEAD")).unwrap();
    let why = files.read("a.yaml").unwrap_err();
    assert!(why.contains("does not have its content"), "{why}");
    assert!(!mark.exists());
    assert!(
        files.read(".gitattributes").is_ok(),
        "one lost object does not end the others"
    );
}

/// Line ends and links are turned on the way into a repository, so that a file is not always what git has of it.
#[cfg(unix)]
#[test]
fn contents_are_those_of_git_whatever_lies_in_the_work_tree() {
    use std::os::unix::fs::symlink;
    let names = ["a.yaml", "d/crlf.yaml", "d/e/empty.yaml", "d/bytes"];
    let folder = repository(&[(".gitattributes", "crlf.yaml text eol=crlf\n"), (names[0], POD)]);
    let root = folder.path();
    write(root, names[1], &POD.replace('\n', "\r\n"));
    write(root, names[2], "");
    fs::write(root.join(names[3]), b"\xff\0\r\n").unwrap();
    symlink("a.yaml", root.join("link.yaml")).unwrap();
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "second"]);
    let due: [&[u8]; 4] = [POD.as_bytes(), POD.as_bytes(), b"", b"\xff\0\r\n"];
    let elsewhere = tempfile::tempdir().unwrap();
    for name in names {
        write(elsewhere.path(), name.trim_start_matches("d/"), "other: 1\n");
    }
    let replace = |make: &dyn Fn(&Path)| {
        for name in names {
            let path = root.join(name);
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir(&path);
            make(&path);
        }
    };
    let states: [&dyn Fn(); 6] = [
        &|| {},
        &|| replace(&|path| fs::write(path, "other: 1\n").unwrap()),
        &|| replace(&|path| fs::create_dir(path).unwrap()),
        &|| replace(&|path| symlink(elsewhere.path().join("a.yaml"), path).unwrap()),
        &|| replace(&|_| {}),
        &|| {
            fs::remove_dir_all(root.join("d")).unwrap();
            symlink(elsewhere.path(), root.join("d")).unwrap();
            fs::remove_file(root.join("link.yaml")).unwrap();
            symlink("/etc/passwd", root.join("link.yaml")).unwrap();
        },
    ];
    for (at, change) in states.iter().enumerate() {
        change();
        for moment in [Moment::Revision("HEAD"), Moment::Index] {
            let files = GitFiles::open(root, moment).unwrap();
            for (name, due) in names.iter().zip(due) {
                assert_eq!(files.read(name).unwrap(), due, "{at}: {name}");
            }
            let Some(Entry::Link(object)) = files.entries.get("link.yaml") else {
                panic!("no link")
            };
            let target = files.link_target("link.yaml", object);
            assert_eq!(target, link::LinkTarget::File("a.yaml".to_owned()), "{at}");
        }
    }
}

#[test]
fn git_is_not_asked_for_what_lies_in_the_work_tree_unchanged() {
    let folder = repository(&[("a.yaml", POD), ("b.yaml", "b: 1\n")]);
    let root = folder.path();
    let files = GitFiles::open(root, Moment::Index).unwrap();
    fs::remove_dir_all(root.join(".git/objects")).unwrap();
    fs::write(root.join("b.yaml"), "b: 2\n").unwrap();
    assert_eq!(files.read("a.yaml").unwrap(), POD.as_bytes());
    assert!(files.read("b.yaml").is_err());
}
