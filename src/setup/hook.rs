//! The entry of `.pre-commit-config.yaml` that is proposed.

use super::ProposedFile;

const NAME: &str = ".pre-commit-config.yaml";

/// A hook of the program as it is installed: nothing is built when somebody commits first. It runs at each commit, since a file that is
/// deleted is handed to no hook, and what is deleted may be missed elsewhere.
const ENTRY: &str = r"- repo: local
  hooks:
  - id: checker
    name: checker
    entry: checker check --staged --touched
    language: system
    files: (\.(ya?ml|json)|(^|/)Kustomization)$
    require_serial: true
    always_run: true
";

/// The hook.
#[must_use]
pub fn propose() -> ProposedFile {
    ProposedFile {
        name: NAME,
        text: format!("repos:\n{ENTRY}"),
        addition: Some(format!("under `repos:`\n\n{ENTRY}")),
    }
}
