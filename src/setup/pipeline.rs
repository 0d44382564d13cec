//! The job that is proposed for pull requests.

use std::path::Path;

use super::ProposedFile;

/// Who runs the jobs of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipeline {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
}

impl Pipeline {
    /// The one whose files the repository has; GitHub's where there are none.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        if [".gitlab-ci.yml", ".gitlab"]
            .iter()
            .any(|name| root.join(name).exists())
        {
            Self::Gitlab
        } else {
            Self::Github
        }
    }

    /// The job.
    #[must_use]
    pub fn propose(self) -> ProposedFile {
        match self {
            Self::Github => ProposedFile {
                name: ".github/workflows/checker.yml",
                text: with_version(GITHUB),
                addition: None,
            },
            Self::Gitlab => ProposedFile {
                name: ".gitlab-ci.yml",
                text: with_version(GITLAB),
                addition: Some(format!("at its end\n\n{}", with_version(GITLAB))),
            },
        }
    }
}

/// What stands for the place that people take the program from.
pub const OWNER: &str = "OWNER";

fn with_version(text: &str) -> String {
    text.replace("VERSION", env!("CARGO_PKG_VERSION"))
}

/// All of the history: what is new is found against the branch that the request goes to.
const GITHUB: &str = r"name: checker
on: pull_request
permissions:
  contents: read
jobs:
  checker:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
      with:
        fetch-depth: 0
    - uses: OWNER/checker@vVERSION
      with:
        base: ${{ github.event.pull_request.base.sha }}
";

const GITLAB: &str = r"include:
- component: $CI_SERVER_FQDN/OWNER/checker/check@VERSION
  inputs:
    source: $CI_SERVER_URL/OWNER/checker
    version: VERSION
";
