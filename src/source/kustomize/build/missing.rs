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
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || path.starts_with("github.com")
        || path.contains("?ref=")
        || path.contains(".git/")
        || path.rsplit('.').next() == Some("git")
}
