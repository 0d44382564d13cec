//! All policies at hand: those compiled in, and those of `--policy-dir`.

use std::fs;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::definition::{Evaluator, Policy, Subject};
use super::finding::Severity;
use crate::model::profile::Profile;
use crate::source::disk::Files;
use crate::source::folder;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies");

/// Where the profiles are.
const PROFILES: &str = "profiles";

/// The profile that is used where nothing else is said.
const DEFAULT_PROFILE: &str = "asm-1.6";

/// A policy file that cannot be used, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFileProblem {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for PolicyFileProblem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.file, self.message)
    }
}

/// The policies, sorted by chapter and id.
#[derive(Debug, Clone)]
pub struct Catalog {
    policies: Vec<Policy>,
    /// Those that are switched off.
    off: Vec<Policy>,
}

impl Catalog {
    /// The policies compiled in.
    ///
    /// # Errors
    /// A file of ours that is wrong; a test reads them all.
    pub fn builtin() -> Result<Self, PolicyFileProblem> {
        let mut catalog = Self::empty();
        for file in FILES.files() {
            let name = format!("policies/{}", file.path().display());
            let text = file.contents_utf8().unwrap_or("");
            catalog.add(parse(&name, text)?);
        }
        catalog.sort();
        Ok(catalog)
    }

    /// No policies at all.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            policies: Vec::new(),
            off: Vec::new(),
        }
    }

    /// Adds the policies of a folder; one with a known id takes the place of the older one.
    ///
    /// # Errors
    /// The first file that is no policy.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), PolicyFileProblem> {
        let problem = |file: &Path, message: String| PolicyFileProblem {
            file: file.display().to_string(),
            message,
        };
        let entries = fs::read_dir(folder).map_err(|error| problem(folder, error.to_string()))?;
        let mut files: Vec<_> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| is_policy_file(path))
            .collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| problem(&file, error.to_string()))?;
            let policy = parse(&file.display().to_string(), &text)?;
            self.add(Policy {
                file: std::path::absolute(&file).ok(),
                ..policy
            });
        }
        self.sort();
        Ok(())
    }

    /// As [`add_folder`](Self::add_folder), of a state of the repository that need not lie on the disk.
    ///
    /// # Errors
    /// The first file that is no policy.
    pub fn add_folder_of(&mut self, files: &dyn Files, name: &str) -> Result<(), PolicyFileProblem> {
        let inside = if name == "." { "" } else { name };
        for name in files.names_in(inside) {
            if !is_policy_file(Path::new(&name)) {
                continue;
            }
            let Some(file) = folder::join(inside, &name) else {
                continue;
            };
            let problem = |message: String| PolicyFileProblem {
                file: file.clone(),
                message,
            };
            let bytes = files.read(&file).map_err(problem)?;
            let text = String::from_utf8(bytes).map_err(|error| problem(error.to_string()))?;
            self.add(parse(&file, &text)?);
        }
        self.sort();
        Ok(())
    }

    fn add(&mut self, policy: Policy) {
        self.policies.retain(|known| known.id != policy.id);
        self.policies.push(policy);
    }

    fn sort(&mut self) {
        self.policies
            .sort_by(|left, right| (left.chapter, &left.id).cmp(&(right.chapter, &right.id)));
    }

    /// Gives a policy another severity; `None` switches it off. What is not certain weighs no more than what is.
    pub fn set_severity(&mut self, id: &str, severity: Option<Severity>) {
        let Some(at) = self.policies.iter().position(|policy| &*policy.id == id) else {
            return;
        };
        match severity {
            None => self.off.push(self.policies.remove(at)),
            Some(severity) => {
                let policy = &mut self.policies[at];
                policy.weaker_severity = policy.weaker_severity.map(|weaker| weaker.min(severity));
                policy.severity = severity;
            }
        }
    }

    /// All policies that are not switched off.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policies that are switched off.
    #[must_use]
    pub fn off(&self) -> &[Policy] {
        &self.off
    }

    /// Whether a policy is switched off.
    #[must_use]
    pub fn is_off(&self, policy: &Policy) -> bool {
        self.off.iter().any(|off| off.id == policy.id)
    }

    /// The policies, those that are switched off too.
    fn all(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().chain(&self.off)
    }

    /// Whether a policy looks at objects of any kind, so that none may be passed over.
    #[must_use]
    pub fn judges_every_object(&self) -> bool {
        self.policies.iter().any(|policy| {
            let subject = match &policy.evaluator {
                Evaluator::Builtin(_) | Evaluator::Suppression(_) => return false,
                Evaluator::Cel(rule) => rule.on,
                Evaluator::Schema(rule) => rule.on,
            };
            subject == Subject::Object
        })
    }

    /// The policy with this id, also one that is switched off.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Policy> {
        self.all().find(|policy| &*policy.id == id)
    }

    /// The id most like a misspelt one.
    #[must_use]
    pub fn suggest(&self, id: &str) -> Option<&str> {
        self.all()
            .map(|policy| (strsim::jaro_winkler(id, &policy.id), &*policy.id))
            .filter(|(likeness, _)| *likeness > 0.7)
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .map(|(_, id)| id)
    }
}

fn is_policy_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

fn parse(file: &str, text: &str) -> Result<Policy, PolicyFileProblem> {
    let problem = |message: String| PolicyFileProblem {
        file: file.to_owned(),
        message,
    };
    let policy: Policy = serde_yaml::from_str(text).map_err(|error| problem(error.to_string()))?;
    let is_kebab = policy
        .id
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_kebab || policy.id.is_empty() {
        return Err(problem(format!("the id `{}` is not kebab-case", policy.id)));
    }
    Ok(policy)
}

/// The profile that is used where nothing else is said.
///
/// # Errors
/// If our own file is wrong; a test reads it.
pub fn default_profile() -> Result<Profile, PolicyFileProblem> {
    profile(DEFAULT_PROFILE)
}

/// The names of the profiles compiled in, sorted.
#[must_use]
pub fn profile_names() -> Vec<&'static str> {
    let files = FILES.get_dir(PROFILES).into_iter().flat_map(Dir::files);
    let mut names: Vec<&str> = files
        .filter_map(|file| file.path().file_stem().and_then(std::ffi::OsStr::to_str))
        .collect();
    names.sort_unstable();
    names
}

/// A profile compiled in, by its name.
///
/// # Errors
/// If there is none of this name, or our own file is wrong; a test reads them all.
pub fn profile(name: &str) -> Result<Profile, PolicyFileProblem> {
    let path = format!("{PROFILES}/{name}.yaml");
    let problem = |message: String| PolicyFileProblem {
        file: format!("policies/{path}"),
        message,
    };
    let text = FILES
        .get_file(&path)
        .and_then(include_dir::File::contents_utf8)
        .ok_or_else(|| problem("there is no such profile".to_owned()))?;
    serde_yaml::from_str(text).map_err(|error| problem(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_can_be_read_and_has_the_name_of_its_file() {
        assert!(profile_names().contains(&DEFAULT_PROFILE));
        for name in profile_names() {
            assert_eq!(profile(name).unwrap().id, name);
        }
        assert!(profile("../catalog").is_err());
    }
}
