//! `OpenAPI` documents that were read before, in the cache folder of the user. Whatever is wrong with one, it is read from the server again.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest file that is read, in bytes. The largest document of Kubernetes itself is 1.5 MB.
const FILE_BYTES: u64 = 64 << 20;

/// The folder.
pub(super) struct Cache {
    folder: PathBuf,
}

/// Which document.
pub(super) struct Entry<'e> {
    /// The server tells the hash, so that no server can speak for another.
    pub(super) server: &'e str,
    pub(super) api_version: &'e str,
    pub(super) hash: &'e str,
}

/// What a file holds: the document, and of what it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content<D> {
    server: String,
    api_version: String,
    hash: String,
    document: D,
}

impl Cache {
    /// The one in a folder for caches.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("checker").join("openapi"),
        }
    }

    fn file(&self, entry: &Entry<'_>) -> PathBuf {
        let mut hasher = Sha256::new();
        for part in [entry.server, entry.api_version, entry.hash] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let mut name = String::new();
        for byte in hasher.finalize() {
            // Writing to a text does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        self.folder.join(format!("{name}.json"))
    }

    /// The document, if it was kept and is whole.
    pub(super) fn read(&self, entry: &Entry<'_>) -> Option<Value> {
        let file = self.file(entry);
        let metadata = fs::symlink_metadata(&file).ok()?;
        if !metadata.is_file() || metadata.len() > FILE_BYTES {
            return None;
        }
        let content: Content<Value> = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let is_it =
            content.server == entry.server && content.api_version == entry.api_version && content.hash == entry.hash;
        is_it.then_some(content.document)
    }

    /// Keeps a document. That it cannot be kept is no fault: it is only read again the next time.
    pub(super) fn write(&self, entry: &Entry<'_>, document: &Value) {
        let _ = self.try_write(entry, document);
    }

    fn try_write(&self, entry: &Entry<'_>, document: &Value) -> std::io::Result<()> {
        let content = Content {
            server: entry.server.to_owned(),
            api_version: entry.api_version.to_owned(),
            hash: entry.hash.to_owned(),
            document,
        };
        make_folder(&self.folder)?;
        // Readable by the owner only, as `tempfile` makes it, and never seen half written.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(&content)?)?;
        file.persist(self.file(entry))?;
        Ok(())
    }
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENTRY: Entry<'_> = Entry {
        server: "https://a.example",
        api_version: "apps/v1",
        hash: "AB12",
    };

    #[test]
    fn a_document_is_kept_for_its_server_version_and_hash_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        assert!(cache.read(&ENTRY).is_none());
        let document = json!({"openapi": "3.0.0"});
        cache.write(&ENTRY, &document);
        assert_eq!(cache.read(&ENTRY), Some(document));
        for other in [
            Entry {
                server: "https://b.example",
                ..ENTRY
            },
            Entry {
                api_version: "apps/v1beta1",
                ..ENTRY
            },
            Entry { hash: "CD34", ..ENTRY },
        ] {
            assert!(cache.read(&other).is_none());
        }
    }

    #[test]
    fn a_broken_file_is_not_taken_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let document = json!({"openapi": "3.0.0"});
        cache.write(&ENTRY, &document);
        let file = cache.file(&ENTRY);
        let whole = fs::read(&file).unwrap();
        // Under the name of this entry, but of another.
        let other = String::from_utf8(whole.clone()).unwrap().replace("AB12", "AB13");
        for broken in [&whole[..whole.len() / 2], b"", b"\xff\xfe", other.as_bytes()] {
            fs::write(&file, broken).unwrap();
            assert!(cache.read(&ENTRY).is_none());
        }
        cache.write(&ENTRY, &document);
        assert_eq!(cache.read(&ENTRY), Some(document));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_cache() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        cache.write(&ENTRY, &json!({}));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(mode(&cache.file(&ENTRY)), 0o600);
    }
}
