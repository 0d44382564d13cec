//! A chart in a folder of its own, with nothing of the repository beside it: what Helm reads is what was walked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recognise::{Instance, join};
use crate::source::decode::{self, Node, Tree};
use crate::source::delivery::ValuesSource;
use crate::source::temporary::TemporaryFolder;
use crate::source::text::SourceFile;
use crate::source::walk::{self, SkipReason};
use crate::source::{classify, folder, limits, load};

/// The schema of a chart's values may refer to other files and to the network, and Helm would follow.
const SCHEMA_NAME: &str = "values.schema.json";

/// Where charts of the first `apiVersion` name their dependencies.
const REQUIREMENTS_NAME: &str = "requirements.yaml";

/// The values of a chart that it has by itself.
const VALUES_NAME: &str = "values.yaml";

/// A chart and its values, copied; the folder goes with it.
#[derive(Debug)]
pub(super) struct Copied {
    folder: TemporaryFolder,
    /// The copied files by their names in the chart.
    files: Vec<String>,
    /// The chart's own folder in the repository.
    chart: String,
    /// Files of values, in order, as Helm takes them.
    pub(super) values: Vec<CopiedValues>,
}

/// One source of values, as Helm takes it.
#[derive(Debug)]
pub(super) enum CopiedValues {
    /// `--values`
    File(PathBuf),
    /// `--set`, or `--set-string`
    Set { assignment: String, is_string: bool },
}

impl Copied {
    /// Copies the regular files of a chart: no links, nothing that `.gitignore` names, nothing outside of it.
    pub(super) fn of(instance: &Instance, root: &Path) -> Result<Self, String> {
        let source = root.join(&instance.chart);
        if !is_plainly_inside(root, &instance.chart) {
            return Err("its folder is not in the repository, or behind a link".to_owned());
        }
        let walked = walk::walk(root, std::slice::from_ref(&source))?;
        let folder = TemporaryFolder::new("checker-helm-")
            .map_err(|error| format!("no temporary folder: {}", walk::plain(&error)))?;
        let others = walked.skipped.iter().filter(|path| path.reason == SkipReason::NotYaml);
        let names = walked
            .files
            .iter()
            .map(|file| &file.name)
            .chain(others.map(|path| &path.name));
        let mut copied = Self {
            folder,
            files: Vec::new(),
            chart: instance.chart.clone(),
            values: Vec::new(),
        };
        let mut bytes_left = limits::CHART_BYTES;
        for name in names {
            let inner = name
                .strip_prefix(&instance.chart)
                .unwrap_or(name)
                .trim_start_matches('/');
            let is_replaced = instance.replaces_defaults && inner == VALUES_NAME;
            if is_replaced || folder::of_file(inner) != inner && inner.ends_with(SCHEMA_NAME) {
                continue;
            }
            let bytes = load::read_limited(&root.join(name)).map_err(|why| format!("`{name}`: {why}"))?;
            bytes_left = bytes_left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| format!("its files are larger than {} MiB together", limits::CHART_BYTES >> 20))?;
            write(&copied.chart_folder().join(inner), &bytes)?;
            copied.files.push(inner.to_owned());
        }
        copied.files.sort();
        for (at, source) in instance.values.iter().enumerate() {
            copied.values.extend(copied.copy_values(at, source, root)?);
        }
        Ok(copied)
    }

    /// One source of values; `None` for a file that need not be there.
    fn copy_values(&self, at: usize, source: &ValuesSource, root: &Path) -> Result<Option<CopiedValues>, String> {
        let bytes = match source {
            ValuesSource::Set { name, value, is_string } => {
                return Ok(Some(CopiedValues::Set {
                    assignment: format!("{name}={value}"),
                    is_string: *is_string,
                }));
            }
            ValuesSource::Inline(text) => text.clone().into_bytes(),
            ValuesSource::FileIfThere(name) if root.join(name).symlink_metadata().is_err() => return Ok(None),
            ValuesSource::File(name) | ValuesSource::FileIfThere(name) => {
                if !is_plainly_inside(root, name) {
                    return Err(format!(
                        "its values `{name}` are not in the repository, or behind a link"
                    ));
                }
                load::read_limited(&root.join(name)).map_err(|why| format!("its values `{name}`: {why}"))?
            }
        };
        let path = self.folder.path().join("values").join(format!("{at}.yaml"));
        write(&path, &bytes)?;
        Ok(Some(CopiedValues::File(path)))
    }

    /// The folder for everything that Helm may want to write.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder of the copied chart.
    pub(super) fn chart_folder(&self) -> PathBuf {
        self.folder.path().join("chart")
    }

    /// The charts in it by the names that Helm calls them by: `web`, `web/charts/store`; each with its folder. One that stands in for
    /// several dependencies has the names of all (`helm v3.18.6 pkg/chartutil/dependencies.go`, `getAliasDependency`).
    pub(super) fn folders_by_chart_name(&self) -> BTreeMap<String, String> {
        let folders = self.files.iter().filter(|name| classify::is_chart_name(name));
        let mut folders: Vec<&str> = folders.map(|name| folder::of_file(name)).collect();
        folders.sort_by_key(|folder| folder.len());
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for inner in folders {
            let own = self.chart_name(inner);
            let above = folder::ancestors(inner)
                .skip(1)
                .find_map(|above| names.get_key_value(above));
            let full = match above {
                None => vec![own],
                Some((folder, above)) => {
                    let mut own_names = self.aliases(folder, &own);
                    own_names.push(own);
                    let full = above
                        .iter()
                        .flat_map(|above| own_names.iter().map(move |own| format!("{above}/charts/{own}")));
                    full.take(limits::CHART_NAMES).collect()
                }
            };
            names.insert(inner, full);
        }
        names
            .into_iter()
            .flat_map(|(folder, names)| names.into_iter().map(|name| (name, folder.to_owned())))
            .collect()
    }

    fn chart_name(&self, inner: &str) -> String {
        let tree = self.tree(&join(inner, classify::CHART_NAME));
        let name = tree.as_ref().and_then(|tree| tree.root().str_at(&["name"]));
        name.unwrap_or_else(|| inner.rsplit('/').next().unwrap_or(inner))
            .to_owned()
    }

    /// Under which other names a chart takes one of its `charts/` in.
    fn aliases(&self, inner: &str, dependency: &str) -> Vec<String> {
        let trees = [classify::CHART_NAME, REQUIREMENTS_NAME].map(|name| self.tree(&join(inner, name)));
        let dependencies = trees
            .iter()
            .flatten()
            .filter_map(|tree| tree.root().get("dependencies"));
        dependencies
            .flat_map(Node::items)
            .filter(|item| item.str_at(&["name"]) == Some(dependency))
            .filter_map(|item| item.str_at(&["alias"]).map(str::to_owned))
            .collect()
    }

    /// The first document of a file of the chart.
    fn tree(&self, inner: &str) -> Option<Arc<Tree>> {
        let mut decoded = decode::decode_str("", self.read(inner)?);
        decoded.documents.first_mut()?.tree.take()
    }

    /// A file of the chart, under its name in the repository.
    pub(super) fn source_file(&self, inner: &str) -> Option<Arc<SourceFile>> {
        self.files.binary_search_by(|name| name.as_str().cmp(inner)).ok()?;
        Some(Arc::new(SourceFile::new(join(&self.chart, inner), self.read(inner)?)))
    }

    fn read(&self, inner: &str) -> Option<String> {
        let bytes = fs::read(self.chart_folder().join(inner)).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// Whether a name leads to its file without any link on the way.
fn is_plainly_inside(root: &Path, name: &str) -> bool {
    let real_root = fs::canonicalize(root);
    real_root.is_ok_and(|real_root| fs::canonicalize(root.join(name)).is_ok_and(|real| real == real_root.join(name)))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| format!("cannot be copied: {}", walk::plain(&error)))
}
