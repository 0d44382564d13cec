//! A repository in memory, and what is found in it.

use checker::model::target::{Target, Targets};
use checker::policy::catalog::{self, Catalog};
use checker::policy::suppression::{Date, Decisions};
use checker::report::human::Style;
use checker::report::{Report, human, json};
use checker::source::disk::InMemory;
use checker::source::kustomize::rendering::{Rendering, Unbuilt};
use checker::source::{decode, limits, load};

/// Stands in secrets; no output may ever say it.
pub const CANARY: &str = "hunter2canary";

/// Most that a report may have, in bytes, and more for each file and each byte of the repository.
const REPORT_BYTES: usize = 1 << 20;
const REPORT_BYTES_OF_A_FILE: usize = 4 << 10;
const REPORT_BYTES_OF_A_BYTE: usize = 3;

/// The least that an object needs.
pub fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

/// Many of them, in one file.
pub fn config_maps(count: usize) -> String {
    let all: Vec<String> = (0..count).map(|at| config_map(&format!("c{at}"))).collect();
    all.join("---\n")
}

#[derive(Default)]
pub struct Repository {
    files: InMemory,
}

/// Why a kustomization is not built: the policy, the file, and the whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub policy: String,
    pub file: String,
    pub marked: String,
    pub message: String,
    pub roots: usize,
}

/// Runs where the program runs: on a thread with a stack of this size.
pub fn in_pool<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()
        .unwrap();
    pool.install(run)
}

impl Repository {
    pub fn of(files: &[(&str, &str)]) -> Self {
        files
            .iter()
            .fold(Self::default(), |repository, (name, text)| repository.with(name, *text))
    }

    pub fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.files.insert(name.to_owned(), bytes.into());
        self
    }

    fn most_to_report(&self) -> usize {
        let bytes: usize = self.files.files.values().map(Vec::len).sum();
        REPORT_BYTES + bytes * REPORT_BYTES_OF_A_BYTE + self.files.files.len() * REPORT_BYTES_OF_A_FILE
    }

    /// The findings about kustomizations that are not built. Whatever else is reported stays small, and says no secret.
    pub fn unbuilt(&self) -> Vec<Found> {
        in_pool(|| {
            let repository = load::load_in_memory(&self.files);
            let catalog = Catalog::builtin().unwrap();
            let targets = Targets::only(Target::everything(catalog::default_profile().unwrap()));
            let decisions = Decisions::none(Date::of_unix_seconds(0).unwrap());
            let report = Report::of(&repository, &catalog, &targets, &decisions).unwrap();
            let style = Style {
                color: false,
                width: 80,
                verbose: true,
                show_suppressed: false,
                links: None,
            };
            for text in [json::render(&report), human::render(&report, &catalog, style)] {
                assert!(text.len() < self.most_to_report(), "a report of {} bytes", text.len());
                assert!(!text.contains(CANARY), "{text}");
            }
            let about = report.findings.iter().filter(|finding| {
                matches!(
                    &*finding.policy,
                    "refused-kustomization" | "undecided-kustomization" | "oversized-kustomization"
                )
            });
            about
                .map(|finding| {
                    let place = &finding.primary.place;
                    Found {
                        policy: finding.policy.trim_end_matches("-kustomization").to_owned(),
                        file: place.file.path().to_owned(),
                        marked: place.file.slice(place.span).chars().take(60).collect(),
                        message: finding.message.clone(),
                        roots: finding.rendered_in.len(),
                    }
                })
                .collect()
        })
    }

    /// Fails unless one kustomization is not built, for this reason, told in this file.
    pub fn is_unbuilt(&self, policy: &str, file: &str, message: &str) -> Found {
        let found = self.unbuilt();
        let [one] = found.as_slice() else {
            panic!("one finding about `{message}` is due: {found:?}");
        };
        assert_eq!((one.policy.as_str(), one.file.as_str()), (policy, file), "{one:?}");
        assert!(one.message.contains(message), "`{message}` is due: {one:?}");
        assert!(one.message.len() <= limits::MESSAGE_BYTES + 10, "{one:?}");
        one.clone()
    }

    pub fn is_refused(&self, file: &str, message: &str) -> Found {
        self.is_unbuilt("refused", file, message)
    }

    pub fn is_undecided(&self, file: &str, message: &str) -> Found {
        self.is_unbuilt("undecided", file, message)
    }

    pub fn is_oversized(&self, file: &str, message: &str) -> Found {
        self.is_unbuilt("oversized", file, message)
    }

    /// The objects of a folder.
    pub fn built(&self, folder: &str) -> Result<Vec<serde_json::Value>, Unbuilt> {
        in_pool(|| {
            let root = Rendering::of_folder(&self.files, folder, None).unwrap();
            let objects = root.outcome?.objects;
            let trees = objects.iter().map(|object| &object.document.tree);
            Ok(trees.map(|tree| decode::to_json(tree.root(), 1_000).unwrap()).collect())
        })
    }

    /// Fails unless a folder is built, to so many objects.
    pub fn is_built(&self, folder: &str, objects: usize) {
        match self.built(folder) {
            Ok(built) => assert_eq!(built.len(), objects),
            Err(unbuilt) => panic!("{unbuilt:?}"),
        }
    }
}
