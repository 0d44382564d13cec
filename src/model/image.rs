//! Image references, by the rules of `github.com/distribution/reference` v0.6.0, which the kubelet uses.
//!
//! The API server only asks for "not empty and no spaces around it"; everything else fails on the node, as
//! `InvalidImageName`.

use std::fmt;

use serde::Deserialize;

use super::placeholder::{self, Placeholder};

/// An image reference in its parts, as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    /// The registry's host and port; `None` means Docker Hub.
    pub registry: Option<String>,
    /// The path in the registry, such as `acs/asm-istio-proxy`.
    pub repository: String,
    /// The tag, if one is written.
    pub tag: Option<String>,
    /// The digest, if one is written, such as `sha256:…`.
    pub digest: Option<String>,
}

/// Why a text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageProblem {
    /// Nothing.
    Empty,
    /// White space at the start or end, which the API server refuses.
    SurroundingSpace,
    /// A placeholder that nothing has replaced.
    Placeholder(Placeholder),
    /// A capital letter in the repository.
    UpperCaseRepository,
    /// Not a repository.
    Repository,
    /// A repository of more than 255 characters.
    RepositoryTooLong,
    /// 64 hexadecimal digits alone, which is an image's identifier and not its name.
    Identifier,
    /// Not a host with an optional port.
    Registry,
    /// Not a tag: empty, more than 128 characters, or with a character that a tag does not have.
    Tag,
    /// Not a digest: an unknown algorithm, or the wrong number of lower-case hexadecimal digits.
    Digest,
}

impl fmt::Display for ImageProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the image is empty",
            Self::SurroundingSpace => "the image has white space at its start or end",
            Self::Placeholder(_) => "the image holds a placeholder that nothing has replaced",
            Self::UpperCaseRepository => "the repository of an image is written in lower case",
            Self::Repository => {
                "the repository of an image has lower-case letters and digits, \
                 with \".\", \"_\", \"__\" or \"-\" between them, in parts joined by \"/\""
            }
            Self::RepositoryTooLong => "the repository of an image has at most 255 characters",
            Self::Identifier => "64 hexadecimal digits are an image identifier, not an image name",
            Self::Registry => "the registry of an image is a host with an optional port",
            Self::Tag => "the tag of an image has 1 to 128 letters, digits, \"_\", \".\" and \"-\", and begins with neither \".\" nor \"-\"",
            Self::Digest => "the digest of an image is sha256: with 64 lower-case hexadecimal digits (sha384: 96, sha512: 128)",
        })
    }
}

impl std::error::Error for ImageProblem {}

impl ImageReference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn parse(text: &str) -> Result<Self, ImageProblem> {
        if text.trim().is_empty() {
            return Err(ImageProblem::Empty);
        }
        // A placeholder comes first: `<my image>` is better called that than a repository with a space.
        if let Some(found) = placeholder::find_in_image(text) {
            return Err(ImageProblem::Placeholder(found));
        }
        if text.trim() != text {
            return Err(ImageProblem::SurroundingSpace);
        }
        if text.len() == 64 && text.bytes().all(is_lower_hexadecimal) {
            return Err(ImageProblem::Identifier);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let (registry, rest) = match split_registry(name) {
            // Not a host but a path component (`a.b_c/d`): the reference is then read without a registry.
            (Some(first), _) if !is_registry(first) && is_path_component(first) => (None, name),
            split => split,
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if registry.is_some_and(|registry| !is_registry(registry)) {
            return Err(ImageProblem::Registry);
        }
        if !repository.split('/').all(is_path_component) {
            let lower = repository.to_ascii_lowercase();
            let only_case = lower != repository && lower.split('/').all(is_path_component);
            return Err(if only_case {
                ImageProblem::UpperCaseRepository
            } else {
                ImageProblem::Repository
            });
        }
        if repository.len() > 255 {
            return Err(ImageProblem::RepositoryTooLong);
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ImageProblem::Tag);
        }
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(ImageProblem::Digest);
        }
        Ok(Self {
            registry: registry.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The last segment of the repository, such as `asm-istio-proxy`.
    #[must_use]
    pub fn last_segment(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// Whether the node would pull what is newest: the tag `latest`, or neither tag nor digest.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        match (&self.tag, &self.digest) {
            (_, Some(_)) => false,
            (Some(tag), None) => tag == "latest",
            (None, None) => true,
        }
    }

    /// The version branch of the tag, by the first pattern that matches it.
    #[must_use]
    pub fn version_branch(&self, patterns: &[TagPattern]) -> Option<VersionBranch> {
        let tag = self.tag.as_deref()?;
        patterns.iter().find_map(|pattern| pattern.version_branch(tag))
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(formatter, "{registry}/")?;
        }
        formatter.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

/// The first part is a registry if it looks like a host (`splitDockerDomain` in `normalize.go`).
fn split_registry(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

fn is_registry(text: &str) -> bool {
    let host = if text.starts_with('[') {
        let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return false;
        };
        if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
            return false;
        }
        return port.is_empty() || port.strip_prefix(':').is_some_and(is_number);
    } else {
        match text.split_once(':') {
            Some((_, port)) if !is_number(port) => return false,
            Some((host, _)) => host,
            None => text,
        }
    };
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_path_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| alphanumeric(*byte));
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.split(|byte| alphanumeric(*byte)).all(|separator| {
            matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|byte| *byte == b'-')
        })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    text.split_once(':')
        .is_some_and(|(_, hash)| hash.len() == length && hash.bytes().all(is_lower_hexadecimal))
}

fn is_lower_hexadecimal(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// The line of releases an image belongs to: images of one branch fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionBranch {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl fmt::Display for VersionBranch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.x", self.major, self.minor)
    }
}

/// How a tag tells its version branch: literal text with `{major}`, `{minor}` (digits) and `*` (anything).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TagPattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    Literal(String),
    Major,
    Minor,
    Anything,
}

/// The text is not a pattern: each of `{major}` and `{minor}` must occur once, and no other braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPatternProblem(String);

impl fmt::Display for TagPatternProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the tag pattern \"{}\" must have {{major}} and {{minor}} once each, and no other braces",
            self.0
        )
    }
}

impl std::error::Error for TagPatternProblem {}

impl TagPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If `{major}` or `{minor}` does not stand in it once.
    pub fn parse(text: &str) -> Result<Self, TagPatternProblem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let variables = [
                ("{major}", Piece::Major),
                ("{minor}", Piece::Minor),
                ("*", Piece::Anything),
            ];
            let found = variables
                .into_iter()
                .find_map(|(text, piece)| Some((rest.strip_prefix(text)?, piece)));
            if let Some((tail, piece)) = found {
                pieces.push(piece);
                rest = tail;
            } else {
                let end = rest
                    .get(1..)
                    .and_then(|tail| tail.find(['{', '*']))
                    .map_or(rest.len(), |end| end + 1);
                let (literal, tail) = rest.split_at(end);
                pieces.push(Piece::Literal(literal.to_owned()));
                rest = tail;
            }
        }
        let once = |wanted: &Piece| pieces.iter().filter(|piece| *piece == wanted).count() == 1;
        let braces = pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Literal(text) if text.contains(['{', '}'])));
        if !once(&Piece::Major) || !once(&Piece::Minor) || braces {
            return Err(TagPatternProblem(text.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The branch that a tag of this pattern belongs to.
    #[must_use]
    pub fn version_branch(&self, tag: &str) -> Option<VersionBranch> {
        let mut branch = VersionBranch { major: 0, minor: 0 };
        matches_pieces(&self.pieces, tag, &mut branch).then_some(branch)
    }
}

impl TryFrom<String> for TagPattern {
    type Error = TagPatternProblem;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

fn matches_pieces(pieces: &[Piece], text: &str, branch: &mut VersionBranch) -> bool {
    let Some((piece, following)) = pieces.split_first() else {
        return text.is_empty();
    };
    match piece {
        Piece::Literal(literal) => text
            .strip_prefix(literal.as_str())
            .is_some_and(|rest| matches_pieces(following, rest, branch)),
        Piece::Anything => text
            .char_indices()
            .map(|(index, _)| index)
            .chain([text.len()])
            .any(|index| {
                text.get(index..)
                    .is_some_and(|rest| matches_pieces(following, rest, branch))
            }),
        Piece::Major | Piece::Minor => {
            // All digits that follow: `1.16` is never read as minor 1.
            let end = text.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, rest) = text.split_at(end);
            let Ok(number) = digits.parse() else {
                return false;
            };
            if *piece == Piece::Major {
                branch.major = number;
            } else {
                branch.minor = number;
            }
            matches_pieces(following, rest, branch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts = (
        Option<&'static str>,
        &'static str,
        Option<&'static str>,
        Option<&'static str>,
    );

    const DIGEST: &str = "sha256:a9286defaba7b3a519d585ba0e37d0b2cbee74ebfe590960b0b1d6a5e97d1e1d";

    #[test]
    fn references() {
        let cases: &[(&str, Parts)] = &[
            ("nginx", (None, "nginx", None, None)),
            ("nginx:1.2", (None, "nginx", Some("1.2"), None)),
            ("library/nginx:latest", (None, "library/nginx", Some("latest"), None)),
            ("localhost/nginx", (Some("localhost"), "nginx", None, None)),
            ("registry:5000/a/b:c", (Some("registry:5000"), "a/b", Some("c"), None)),
            ("[::1]:5000/a", (Some("[::1]:5000"), "a", None, None)),
            ("REGISTRY/a", (Some("REGISTRY"), "a", None, None)),
            ("a__b/c", (None, "a__b/c", None, None)),
            ("a--b.c_d", (None, "a--b.c_d", None, None)),
            ("a.b_c/d", (None, "a.b_c/d", None, None)),
            (
                "registry-vpc.cn-zhangjiakou.aliyuncs.com/acs/proxyv2:1.6.8",
                (
                    Some("registry-vpc.cn-zhangjiakou.aliyuncs.com"),
                    "acs/proxyv2",
                    Some("1.6.8"),
                    None,
                ),
            ),
        ];
        for (text, (registry, repository, tag, digest)) in cases {
            let read = ImageReference::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(read.registry.as_deref(), *registry, "{text}");
            assert_eq!(read.repository, *repository, "{text}");
            assert_eq!(read.tag.as_deref(), *tag, "{text}");
            assert_eq!(read.digest.as_deref(), *digest, "{text}");
            assert_eq!(read.to_string(), *text);
        }
        let both = ImageReference::parse(&format!("busybox:1@{DIGEST}")).unwrap();
        assert_eq!((both.tag.as_deref(), both.digest.as_deref()), (Some("1"), Some(DIGEST)));
    }

    #[test]
    fn faults() {
        use ImageProblem::{
            Digest, Empty, Identifier, Registry, Repository, SurroundingSpace, Tag, UpperCaseRepository,
        };
        let identifier = "a".repeat(64);
        let long_tag = format!("a:{}", "b".repeat(129));
        for (text, expected) in [
            ("", Empty),
            (" ", Empty),
            (" nginx", SurroundingSpace),
            ("Nginx", UpperCaseRepository),
            ("registry.example.com/Team/app:1", UpperCaseRepository),
            ("nginx:", Tag),
            ("nginx:a b", Tag),
            ("nginx:-a", Tag),
            (long_tag.as_str(), Tag),
            ("ngi nx", Repository),
            ("a//b", Repository),
            ("/a", Repository),
            ("a/", Repository),
            (":1", Repository),
            ("a..b", Repository),
            ("a___b", Repository),
            ("a/c-_d", Repository),
            ("https://registry/app", Registry),
            ("registry:port/app", Registry),
            ("-a.b/c", Registry),
            ("nginx@sha256:abc", Digest),
            ("nginx@", Digest),
            ("nginx@md5:a9286defaba7b3a519d585ba0e37d0b2", Digest),
            (identifier.as_str(), Identifier),
        ] {
            assert_eq!(ImageReference::parse(text), Err(expected), "{text}");
        }
        for text in [
            "$$$IMAGE$$$",
            "registry/${APP}:1",
            "app:$(TAG)",
            "{{ .Values.image }}",
            "<your-image>",
            "registry/app:...",
        ] {
            assert!(
                matches!(ImageReference::parse(text), Err(ImageProblem::Placeholder(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn latest_and_last_segment() {
        for (text, latest, segment) in [
            ("nginx", true, "nginx"),
            ("nginx:latest", true, "nginx"),
            ("nginx:1", false, "nginx"),
            ("r.example.com/acs/asm-istio-proxy:latest", true, "asm-istio-proxy"),
        ] {
            let image = ImageReference::parse(text).unwrap();
            assert_eq!((image.is_latest(), image.last_segment()), (latest, segment), "{text}");
        }
        assert!(!ImageReference::parse(&format!("nginx@{DIGEST}")).unwrap().is_latest());
    }

    #[test]
    fn version_branches() {
        let patterns: Vec<TagPattern> = [
            "feature-{major}.{minor}.x-*",
            "v{major}.{minor}.*",
            "{major}.{minor}.*",
            "{major}.{minor}",
        ]
        .iter()
        .map(|text| TagPattern::parse(text).unwrap())
        .collect();
        for (tag, expected) in [
            (
                "feature-1.6.x-faee4bb8faee4bb8faee4bb8faee4bb8faee4b04-1531",
                Some("1.6.x"),
            ),
            ("feature-1.6.x-511e4bb6511e4bb6511e4bb6511e4bb6511c1778", Some("1.6.x")),
            ("feature-1.16.x-0-1", Some("1.16.x")),
            ("1.6.8", Some("1.6.x")),
            ("1.6", Some("1.6.x")),
            ("v1.14.3.47-ga52201276f-aliyun", Some("1.14.x")),
            ("1.27.0-distroless", Some("1.27.x")),
            ("latest", None),
            ("16", None),
            ("1.99999999999.0", None),
        ] {
            let image = ImageReference::parse(&format!("acs/asm-istio-proxy:{tag}")).unwrap();
            assert_eq!(
                image
                    .version_branch(&patterns)
                    .map(|branch| branch.to_string())
                    .as_deref(),
                expected,
                "{tag}"
            );
        }
        assert_eq!(ImageReference::parse("nginx").unwrap().version_branch(&patterns), None);
        for text in [
            "{major}",
            "{major}.{minor}.{patch}",
            "{major}{major}{minor}",
            "",
            "{minor",
        ] {
            assert!(TagPattern::parse(text).is_err(), "{text}");
        }
        assert!(serde_yaml::from_str::<TagPattern>("'v{major}.{minor}*'").is_ok());
    }
}
