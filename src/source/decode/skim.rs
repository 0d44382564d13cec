//! Documents of kinds that nobody asks for: proof, in one pass that builds nothing, that there is nothing to say about them.
//!
//! The proof covers all that a built tree could be faulted for: that the text is YAML, holds one object with this `kind`, no
//! key twice, no spelling that Kubernetes takes otherwise than people do, and no word to this program. Whenever any of it is
//! in doubt the document is built; so a doubt costs time, never a finding.

use memchr::memmem;

use super::plain::{Collection, Scalar, Sink, scan};
use super::scalar::{Number, Scalar as Resolved, resolve};
use super::tree::Style;

/// The kinds that are asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// In lower case, to catch `deployment` too.
    kinds: Vec<String>,
    marker: memmem::Finder<'static>,
    /// Makes a patch of what looks like an object.
    patch: memmem::Finder<'static>,
}

impl Wanted {
    /// Made once for all documents.
    pub fn new<'k>(kinds: impl IntoIterator<Item = &'k str>) -> Self {
        Self {
            kinds: kinds.into_iter().map(str::to_lowercase).collect(),
            // In `# checker: ignore[…]` and `checker/ignore`: one that suppresses nothing is a finding.
            marker: memmem::Finder::new("checker"),
            patch: memmem::Finder::new("$patch"),
        }
    }

    /// Whether `kind` is one of these, or perhaps a slip of the pen for one.
    fn is_near(&self, kind: &str) -> bool {
        const SLIPS: usize = 2;
        self.kinds.iter().any(|wanted| {
            wanted.len().abs_diff(kind.len()) <= SLIPS && strsim::levenshtein(wanted, &kind.to_lowercase()) <= SLIPS
        })
    }
}

/// What is known of a document without building it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skim<'t> {
    /// One object of a kind that nobody asks for, without fault.
    NothingWanted {
        /// As written.
        kind: &'t str,
        /// As written.
        api_version: &'t str,
    },
    /// Build it and see.
    Unsure,
}

/// Looks through one piece.
#[must_use]
pub fn skim<'t>(piece: &'t str, wanted: &Wanted) -> Skim<'t> {
    prove(piece, wanted).unwrap_or(Skim::Unsure)
}

fn prove<'t>(piece: &'t str, wanted: &Wanted) -> Option<Skim<'t>> {
    let is_addressed = |finder: &memmem::Finder<'_>| finder.find(piece.as_bytes()).is_some();
    if is_addressed(&wanted.marker) || is_addressed(&wanted.patch) {
        return None;
    }
    let mut proof = Proof {
        piece,
        wanted,
        open: Vec::new(),
        hashes: Vec::new(),
        field: Field::Other,
        kind: None,
        api_version: None,
    };
    scan(piece, &mut proof)?;
    Some(Skim::NothingWanted {
        kind: proof.kind?,
        api_version: proof.api_version?,
    })
}

/// What matters of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Kind,
    ApiVersion,
    Metadata,
    /// Its value must be a string.
    Name,
    /// Its value must be a mapping of strings.
    TextMap,
    /// Its value must be null.
    Absent,
    /// Its value, or each of its members that is no collection, is a string.
    Text,
    /// A file mode: octal, or not.
    Mode,
    Other,
}

#[derive(Debug)]
struct Open {
    /// What the key before it means; `Other` for an item of a list.
    field: Field,
    /// The keys of the mapping lie from here on in `hashes`.
    first_key: usize,
}

struct Proof<'t, 'w> {
    piece: &'t str,
    wanted: &'w Wanted,
    open: Vec<Open>,
    /// Keys of the open mappings, innermost last. Equal keys have equal hashes; what only looks equal is a doubt like others.
    hashes: Vec<u64>,
    /// The key whose value comes next.
    field: Field,
    kind: Option<&'t str>,
    api_version: Option<&'t str>,
}

impl Sink for Proof<'_, '_> {
    fn open(&mut self, what: Collection, _: Style, _: usize, _: usize) -> Option<()> {
        let field = std::mem::replace(&mut self.field, Field::Other);
        let is_possible = match field {
            Field::Kind | Field::ApiVersion | Field::Name | Field::Absent => false,
            Field::Metadata | Field::TextMap => what == Collection::Mapping,
            Field::Text | Field::Mode | Field::Other => true,
        };
        let is_fit = match self.open.last() {
            None => what == Collection::Mapping,
            Some(parent) => parent.field != Field::TextMap,
        };
        if !is_possible || !is_fit {
            return None;
        }
        self.open.push(Open {
            field,
            first_key: self.hashes.len(),
        });
        Some(())
    }

    fn close(&mut self, _: Collection, _: usize, _: usize) -> Option<()> {
        let open = self.open.pop()?;
        self.hashes.truncate(open.first_key);
        self.field = Field::Other;
        Some(())
    }

    fn key(&mut self, key: Scalar) -> Option<()> {
        /// More keys than this are left to a hash table.
        const KEYS: usize = 256;
        let text = key.written(self.piece);
        if key.style == Style::Plain && !is_text(text) {
            return None;
        }
        let first_key = self.open.last()?.first_key;
        let hash = hash(text.as_bytes());
        let siblings = self.hashes.get(first_key..)?;
        if siblings.len() >= KEYS || siblings.contains(&hash) {
            return None;
        }
        self.hashes.push(hash);
        self.field = self.field_of(text)?;
        Some(())
    }

    fn value(&mut self, value: Scalar) -> Option<()> {
        let written = value.written(self.piece);
        let field = std::mem::replace(&mut self.field, Field::Other);
        let is_text = match value.style {
            // Several lines are joined by spaces or line feeds, which only text can hold.
            Style::Plain if value.is_verbatim => is_ordinary_text(written)?,
            _ => true,
        };
        match field {
            Field::Kind if value.style == Style::Plain && value.is_verbatim && is_text => {
                if self.wanted.is_near(written) {
                    return None;
                }
                self.kind = Some(written);
            }
            Field::ApiVersion if value.style == Style::Plain && value.is_verbatim && is_text => {
                self.api_version = Some(written);
            }
            Field::Kind | Field::ApiVersion | Field::Metadata | Field::TextMap | Field::Mode => {
                return None;
            }
            Field::Text | Field::Name if !is_text => return None,
            Field::Absent if is_text || written != "null" => return None,
            Field::Text | Field::Name | Field::Absent | Field::Other => {}
        }
        let must_be_text = self
            .open
            .last()
            .is_some_and(|open| matches!(open.field, Field::Text | Field::TextMap));
        (is_text || !must_be_text).then_some(())
    }
}

impl<'t> Proof<'t, '_> {
    /// `None` for a key that makes a list of the document, and for unusual metadata: kubectl refuses much of it.
    fn field_of(&self, key: &'t str) -> Option<Field> {
        if self.open.last()?.field == Field::Metadata {
            return match key {
                "name" | "generateName" | "namespace" => Some(Field::Name),
                "labels" | "annotations" => Some(Field::TextMap),
                // As generators write it.
                "creationTimestamp" => Some(Field::Absent),
                _ => None,
            };
        }
        if self.open.len() == 1 {
            match key {
                "items" => return None,
                "kind" => return Some(Field::Kind),
                "apiVersion" => return Some(Field::ApiVersion),
                "metadata" => return Some(Field::Metadata),
                _ => {}
            }
        }
        Some(match key {
            "labels" | "annotations" | "matchLabels" | "nodeSelector" | "selector" | "value" | "values" | "data"
            | "stringData" | "args" | "command" => Field::Text,
            "mode" | "defaultMode" => Field::Mode,
            _ => Field::Other,
        })
    }
}

fn is_text(plain: &str) -> bool {
    is_long_word(plain) || matches!(resolve(plain), Resolved::Text(_))
}

/// Most scalars are: no word of more letters than `false` means anything.
fn is_long_word(plain: &str) -> bool {
    plain.len() > "false".len() && plain.as_bytes()[0].is_ascii_alphabetic()
}

/// Whether a plain scalar is text; `None` if it is anything that people write otherwise, or JSON not at all.
fn is_ordinary_text(plain: &str) -> Option<bool> {
    if is_long_word(plain) {
        return Some(true);
    }
    match resolve(plain) {
        Resolved::Text(_) => Some(true),
        Resolved::Null => Some(false),
        // Not `yes`, `on`, `y`, `True`.
        Resolved::Bool(_) => matches!(plain, "true" | "false").then_some(false),
        Resolved::Number(number) => {
            let digits = plain.trim_start_matches('-');
            let is_decimal = digits.len() == 1 || !digits.starts_with('0') || digits.starts_with("0.");
            let is_usual = is_decimal && plain.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
            let fits = match number {
                Number::Signed(_) => true,
                Number::Unsigned(_) => false,
                Number::Float(value) => value.is_finite(),
            };
            (is_usual && fits).then_some(false)
        }
    }
}

/// Quick, not strong: a collision costs only the time to build the document.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let start = bytes.len() as u64;
    let Some(&last) = bytes.last_chunk() else {
        return bytes.iter().fold(start, |hash, &byte| mix(hash, u64::from(byte)));
    };
    let (words, _) = bytes.as_chunks();
    words
        .iter()
        // The end once more, whole, instead of byte by byte.
        .chain([&last])
        .fold(start, |hash, &word| mix(hash, u64::from_le_bytes(word)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::TestCaseError;

    use super::super::plain::tests::{config, corpus, documents};
    use super::super::{decode_str, objects};
    use super::*;

    fn wanted() -> Wanted {
        Wanted::new(["Deployment", "SidecarSet", "Pod"])
    }

    /// Whether the piece is skipped; an error if building it would have told more.
    fn is_sound(piece: &str) -> Result<bool, String> {
        let Skim::NothingWanted { kind, api_version } = skim(piece, &wanted()) else {
            return Ok(false);
        };
        let decoded = decode_str("test.yaml", piece);
        let fail = |why: &str| Err(format!("{why}: {:?}", decoded.faults));
        if !decoded.faults.is_empty() {
            return fail("faults");
        }
        let [document] = decoded.documents.as_slice() else {
            return fail("not one document");
        };
        let Some(tree) = &document.tree else {
            return fail("refused");
        };
        let (found, faults) = objects::objects(tree.root());
        let [object] = found.as_slice() else {
            return fail("not one object");
        };
        if !faults.is_empty() || object.kind() != Some(kind) || object.api_version() != Some(api_version) {
            return fail("another object");
        }
        if ["Deployment", "SidecarSet", "Pod"].contains(&kind) {
            return fail("a wanted kind");
        }
        Ok(true)
    }

    fn is_skipped(piece: &str) -> bool {
        is_sound(piece).unwrap_or_else(|message| panic!("{message}\nin {piece:?}"))
    }

    #[test]
    fn an_ordinary_object_of_another_kind_is_skipped() {
        assert!(is_skipped(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels: {a: b}\nspec:\n  ports:\n  - port: 80\n    on: x\n"
                .replace("    on: x\n", "")
                .as_str()
        ));
        assert_eq!(
            skim(
                "kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    kind: Deployment\n",
                &wanted()
            ),
            Skim::NothingWanted {
                kind: "ConfigMap",
                api_version: "v1"
            }
        );
    }

    #[test]
    fn whatever_could_be_told_of_is_built() {
        let service = "apiVersion: v1\nkind: Service\n";
        for rest in [
            "a: 1\na: 2\n",
            "\"a\": 1\na: 2\n",
            "items: []\n",
            "metadata: {labels: {a: 1}}\n",
            "metadata:\n  labels:\n    a: yes\n",
            "a: on\n",
            "env:\n- name: A\n  value: 1\n",
            "8080: a\n",
            "on: a\n",
            "defaultMode: 0644\n",
            "defaultMode: 420\n",
            "a: 0644\n",
            "a: -0644\n",
            "metadata: {creationTimestamp: \"null\"}\n",
            "a: .inf\n",
            "a: 1_000\n",
            "# checker: ignore[x] y\n",
            "a: &b c\n",
            "a: \u{2028}\n",
            "a: b: c\n",
            "...\n",
            "args: [1]\n",
            "a: !!str b\n",
            "kind: Pod\n",
            "a:\n  <<: {}\n",
            "data:\n  a:\n",
            "x: {a: 1, a: 2}\n",
            "metadata: x\n",
            "metadata: []\n",
            "metadata: {name: 1}\n",
            "metadata: {name: [a]}\n",
            "metadata: {labels: []}\n",
            "metadata: {labels: {a: {}}}\n",
            "metadata:\n  labels:\n",
            "metadata: {generation: a}\n",
            "metadata: {creationTimestamp: 2006}\n",
        ] {
            assert!(!is_skipped(&format!("{service}{rest}")), "{rest:?}");
        }
        for piece in [
            "apiVersion: v1\n",
            "kind: Service\n",
            "apiVersion: apps/v1\nkind: Deployment\n",
            "apiVersion: apps/v1\nkind: deployment\n",
            "apiVersion: apps/v1\nkind: Deploymnet\n",
            "apiVersion: v1\nkind: \"Service\"\n",
            "apiVersion: v1\nkind: 1\n",
            "apiVersion: v1\nkind:\n",
            "- apiVersion: v1\n  kind: Service\n",
            "a:\n  apiVersion: v1\n  kind: Service\n",
            "apiVersion: v1\nkind: [Service]\n",
            "",
        ] {
            assert!(!is_skipped(piece), "{piece:?}");
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn nothing_is_hidden_by_skipping(text in documents(), kind in prop::sample::select(vec!["Job", "Service", "Pods", "Deployment"])) {
            is_sound(&text.replace("Deployment", kind)).map_err(TestCaseError::fail)?;
            is_sound(&format!("apiVersion: v1\nkind: {kind}\n{text}")).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn nothing_is_hidden_in_real_repositories() {
        let (mut all, mut others, mut skipped) = ((0, 0), (0, 0), (0, 0));
        for (path, text, spans) in corpus() {
            for span in spans {
                let piece = &text[span.range()];
                all = (all.0 + 1, all.1 + piece.len());
                let is_wanted = ["Deployment", "SidecarSet", "Pod"]
                    .iter()
                    .any(|kind| piece.contains(&format!("\nkind: {kind}\n")));
                if !is_wanted {
                    others = (others.0 + 1, others.1 + piece.len());
                }
                if is_sound(piece).unwrap_or_else(|message| panic!("{}: {message}", path.display())) {
                    skipped = (skipped.0 + 1, skipped.1 + piece.len());
                } else if !is_wanted && std::env::var_os("CHECKER_DECLINED").is_some() {
                    eprintln!("not skipped: {} bytes, {}:{}", piece.len(), path.display(), span.start);
                }
            }
        }
        eprintln!(
            "skim: {} of {} pieces and {} of {} bytes skipped; {} pieces, {} bytes are of no wanted kind",
            skipped.0, all.0, skipped.1, all.1, others.0, others.1
        );
    }
}
