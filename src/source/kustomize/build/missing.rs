//! What a kustomization names, and is not there to be taken.

use crate::source::folder::join_relative;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::Origin;

/// Why a path leads to nothing that can be taken.
pub(super) fn unknown_resource(written: &str, origin: &Origin, layer: &Layer<'_>) -> Problem {
    if is_remote(written) {
        return Problem::undecided_at(
            origin,
            format!("`{written}` is fetched over the network, which only `--allow-remote` allows"),
        );
    }
    match join_relative(layer.folder, written) {
        None => Problem::refused_at(
            origin,
            format!("`{written}` lies outside the repository, and is not read"),
        ),
        Some(name) if layer.sources.is_link(&name) => Problem::undecided_at(
            origin,
            format!("`{written}` is reached by a link, and links are not followed"),
        ),
        Some(_) => Problem::refused_at(
            origin,
            format!(
                "kustomize finds nothing to take at `{written}`: neither a file, nor a folder with a kustomization"
            ),
        ),
    }
}

/// Whether kustomize would take it for a URL, or for a repository to clone (kustomize api v0.18.0 `internal/git/repospec.go`).
pub(in crate::source::kustomize) fn is_remote(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.contains("://")
        || path.starts_with("git::")
        || path.starts_with("github.com")
        || names_user(&path)
        || path.contains("?ref=")
        || path.contains(".git/")
        || path.rsplit('.').next() == Some("git")
}

/// Whether it begins as `user@host:repository` does.
fn names_user(path: &str) -> bool {
    path.split_once('@').is_some_and(|(user, host)| {
        user.starts_with(|first: char| first.is_ascii_alphabetic())
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && host.contains([':', '/'])
    })
}
