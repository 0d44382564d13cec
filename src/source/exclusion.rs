//! Names of files by patterns, and what of a repository is not looked at because the configuration says so.

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// What is looked at: what `include` names, or everything, without what `exclude` names.
#[derive(Debug, Clone, Default)]
pub struct Exclusion {
    /// `None` for everything.
    pub include: Option<GlobSet>,
    /// Stronger than `include`.
    pub exclude: GlobSet,
}

impl Exclusion {
    /// Whether a file is not looked at.
    #[must_use]
    pub fn leaves_out(&self, name: &str) -> bool {
        self.names(name) || self.include.as_ref().is_some_and(|include| !include.is_match(name))
    }

    /// Whether a file or folder is named as one that is not looked at.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.exclude.is_match(name)
    }
}

/// The files that patterns name. A pattern is relative to the root of the repository; `*` stays within a folder, `**` does not, and who names
/// a folder names everything in it.
///
/// # Errors
/// The position of the first pattern that is none, with what is wrong.
pub fn globs<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<GlobSet, (usize, String)> {
    let mut set = GlobSetBuilder::new();
    for (at, pattern) in patterns.into_iter().enumerate() {
        for glob in path_globs(pattern).map_err(|message| (at, message))? {
            set.add(glob);
        }
    }
    set.build().map_err(|error| (0, error.kind().to_string()))
}

/// What a pattern for paths matches: the path itself, and what is below it.
///
/// # Errors
/// What is wrong with it.
pub fn path_globs(pattern: &str) -> Result<[Glob; 2], String> {
    if pattern.starts_with('/') {
        return Err("an absolute path; patterns are relative to the root of the repository".to_owned());
    }
    if pattern.split('/').any(|part| part == "..") {
        return Err("patterns are relative to the root of the repository and do not leave it".to_owned());
    }
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
    if pattern.is_empty() || pattern == "." {
        return Ok([glob("**")?, glob("**")?]);
    }
    Ok([glob(pattern)?, glob(&format!("{pattern}/**"))?])
}

/// A pattern for names.
///
/// # Errors
/// What is wrong with it.
pub fn name_glob(pattern: &str) -> Result<GlobMatcher, String> {
    Ok(glob(pattern)?.compile_matcher())
}

fn glob(pattern: &str) -> Result<Glob, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_folder_names_what_is_in_it() {
        for (pattern, name, matches) in [
            ("legacy", "legacy/a.yaml", true),
            ("legacy/", "legacy/a/b.yaml", true),
            ("./legacy", "legacy/a.yaml", true),
            ("legacy", "legacy.yaml", false),
            ("legacy", "apps/legacy/a.yaml", false),
            ("**/legacy", "apps/legacy/a.yaml", true),
            ("apps/*.yaml", "apps/a.yaml", true),
            ("apps/*.yaml", "apps/x/a.yaml", false),
            ("apps/**/a.yaml", "apps/a.yaml", true),
            ("{a,b}.yaml", "b.yaml", true),
            (".", "a/b.yaml", true),
        ] {
            assert_eq!(globs([pattern]).unwrap().is_match(name), matches, "{pattern} {name}");
        }
        for pattern in ["/etc", "../a", "a/../../b", "a[", "{a"] {
            assert_eq!(globs(["a", pattern]).unwrap_err().0, 1, "{pattern}");
        }
    }

    #[test]
    fn what_is_excluded_is_stronger_than_what_is_included() {
        let exclusion = Exclusion {
            include: Some(globs(["apps"]).unwrap()),
            exclude: globs(["**/old"]).unwrap(),
        };
        assert!(!exclusion.leaves_out("apps/a.yaml"));
        assert!(exclusion.leaves_out("apps/old/a.yaml"));
        assert!(exclusion.leaves_out("b.yaml"));
        assert!(!Exclusion::default().leaves_out("b.yaml"));
    }
}
