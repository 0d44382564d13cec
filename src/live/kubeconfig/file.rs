//! One kubeconfig file. It is read by the decoder that reads manifests, so as kubectl reads it; a fault is told by its place only, since the
//! lines around it hold tokens and keys.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::entries::{AuthProvider, Cluster, Context, Impersonated, InteractiveMode, Material, Plugin, User};
use super::secret::Secret;
use crate::source::decode::{self, FaultKind, Node, NodeKind, Tree, to_json};
use crate::source::limits;
use crate::source::{load, walk};

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) clusters: BTreeMap<String, Cluster>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) contexts: BTreeMap<String, Context>,
    pub(super) current_context: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// Why a file cannot be taken.
#[derive(Debug)]
pub(super) enum Problem {
    Missing,
    Other(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "no such file",
            Self::Other(message) => message,
        })
    }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<File, Problem> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Problem::Missing),
        Err(error) => return Err(Problem::Other(walk::plain(&error))),
        Ok(metadata) if metadata.is_dir() => return Err(Problem::Other("a folder, not a file".to_owned())),
        Ok(_) => {}
    }
    let bytes = load::read_limited(path).map_err(Problem::Other)?;
    let folder = std::path::absolute(path)
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned));
    parse(path, folder.as_deref().unwrap_or(Path::new("")), bytes).map_err(Problem::Other)
}

fn parse(path: &Path, folder: &Path, bytes: Vec<u8>) -> Result<File, String> {
    let decoded = decode::decode(path.display().to_string(), bytes);
    let mut file = File::default();
    for fault in &decoded.faults {
        let line = decoded.file.position(fault.span.start).line;
        if fault.kind.is_refusal() {
            // The fault's own words may quote what stands there.
            return Err(format!("line {line} is not YAML that kubectl can read"));
        }
        if matches!(fault.kind, FaultKind::DuplicateKey) {
            file.warnings.push(format!(
                "kubeconfig {}: line {line} repeats a key of the same mapping; the last one counts",
                path.display()
            ));
        }
    }
    let mut documents = decoded.documents.iter().filter_map(|document| document.tree.as_deref());
    // kubectl reads the first document and no other (`client-go tools/clientcmd/loader.go`, `Load`).
    let Some(root) = documents.next().map(Tree::root).filter(|root| !root.is_null()) else {
        return Ok(file);
    };
    if documents.next().is_some() {
        file.warnings.push(format!(
            "kubeconfig {}: it holds several documents, and only the first one counts",
            path.display()
        ));
    }
    let root = Mapping::of(root, String::new())?;
    file.clusters = root.named("clusters", "cluster", |mapping| cluster(mapping, folder))?;
    file.users = root.named("users", "user", |mapping| user(mapping, folder))?;
    file.contexts = root.named("contexts", "context", context)?;
    file.current_context = root.text("current-context")?;
    Ok(file)
}

fn cluster(mapping: &Mapping<'_>, folder: &Path) -> Result<Cluster, String> {
    Ok(Cluster {
        server: mapping.text("server")?,
        certificate_authority: mapping.material("certificate-authority", folder)?,
        skips_verification: mapping.flag("insecure-skip-tls-verify")?,
        tls_server_name: mapping.text("tls-server-name")?,
        proxy_url: mapping.secret("proxy-url")?,
        disables_compression: mapping.flag("disable-compression")?,
        plugin_config: plugin_config(mapping)?,
    })
}

/// What a cluster has for credential plugins (`client-go tools/clientcmd/client_config.go`, the reserved name of the extension).
fn plugin_config(mapping: &Mapping<'_>) -> Result<Option<serde_json::Value>, String> {
    const EXTENSION: &str = "client.authentication.k8s.io/exec";
    for extension in mapping.mappings("extensions")? {
        if extension.text("name")?.as_deref() == Some(EXTENSION) {
            let value = extension.node.get("extension");
            return match value.map(|node| to_json(node, limits::RENDERED_DEPTH)) {
                Some(None) => Err(extension.wrong("extension", "a value of ordinary depth")),
                Some(value) => Ok(value),
                None => Ok(None),
            };
        }
    }
    Ok(None)
}

fn user(mapping: &Mapping<'_>, folder: &Path) -> Result<User, String> {
    let plugin = mapping.mapping("exec")?;
    let provider = mapping.mapping("auth-provider")?;
    Ok(User {
        client_certificate: mapping.material("client-certificate", folder)?,
        client_key: mapping.material("client-key", folder)?,
        token: mapping.secret("token")?,
        token_file: mapping.path("tokenFile", folder)?,
        username: mapping.text("username")?,
        password: mapping.secret("password")?,
        impersonated: Impersonated {
            user: mapping.text("as")?,
            identifier: mapping.text("as-uid")?,
            groups: mapping.texts("as-groups")?,
            extra: extra(mapping)?,
        },
        auth_provider: provider.as_ref().map(auth_provider).transpose()?,
        plugin: plugin.map(|plugin| self::plugin(&plugin, folder)).transpose()?,
    })
}

fn extra(mapping: &Mapping<'_>) -> Result<BTreeMap<String, Vec<String>>, String> {
    let Some(extra) = mapping.mapping("as-user-extra")? else {
        return Ok(BTreeMap::new());
    };
    let keys = extra.node.entries().map(|entry| entry.key().to_owned());
    keys.map(|key| Ok((key.clone(), extra.texts(&key)?))).collect()
}

fn auth_provider(mapping: &Mapping<'_>) -> Result<AuthProvider, String> {
    let config = mapping.mapping("config")?;
    Ok(AuthProvider {
        name: mapping.text("name")?.unwrap_or_default(),
        identity_token: config.map(|config| config.secret("id-token")).transpose()?.flatten(),
    })
}

fn plugin(mapping: &Mapping<'_>, folder: &Path) -> Result<Plugin, String> {
    let command = mapping.text("command")?.map(|command| {
        // A bare name is looked up on the PATH (`client-go tools/clientcmd/loader.go`, `ResolveLocalPaths`).
        if command.contains(std::path::is_separator) {
            folder.join(command).display().to_string()
        } else {
            command
        }
    });
    let mut variables = Vec::new();
    for variable in mapping.mappings("env")? {
        let name = variable.text("name")?;
        let value = variable.secret("value")?;
        variables.extend(name.map(|name| (name, value.unwrap_or_else(|| Secret::new(String::new())))));
    }
    let mode = match mapping.text("interactiveMode")?.as_deref() {
        None => None,
        Some("Never") => Some(InteractiveMode::Never),
        Some("IfAvailable") => Some(InteractiveMode::IfAvailable),
        Some("Always") => Some(InteractiveMode::Always),
        Some(_) => return Err(mapping.wrong("interactiveMode", "`Never`, `IfAvailable` or `Always`")),
    };
    Ok(Plugin {
        api_version: mapping.text("apiVersion")?,
        command,
        arguments: mapping.texts("args")?.into_iter().map(Secret::new).collect(),
        variables,
        install_hint: mapping.text("installHint")?,
        interactive_mode: mode,
        wants_cluster: mapping.flag("provideClusterInfo")?,
    })
}

fn context(mapping: &Mapping<'_>) -> Result<Context, String> {
    Ok(Context {
        cluster: mapping.text("cluster")?,
        user: mapping.text("user")?,
        namespace: mapping.text("namespace")?,
    })
}

/// A mapping and the way to it, for messages.
struct Mapping<'t> {
    node: Node<'t>,
    path: String,
}

impl<'t> Mapping<'t> {
    fn of(node: Node<'t>, path: String) -> Result<Self, String> {
        if node.kind() == NodeKind::Mapping {
            return Ok(Self { node, path });
        }
        let what = if path.is_empty() { "a kubeconfig" } else { path.as_str() };
        Err(format!("{what} must be a mapping (line {})", line(node)))
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key; `None` if it is null.
    fn get(&self, key: &str) -> Option<Node<'t>> {
        self.node.get(key).filter(|node| !node.is_null())
    }

    /// What is wrong with the value of a key, without the value.
    fn wrong(&self, key: &str, due: &str) -> String {
        let place = self.node.get(key).unwrap_or(self.node);
        format!("{} must be {due} (line {})", self.at(key), line(place))
    }

    fn text(&self, key: &str) -> Result<Option<String>, String> {
        let Some(node) = self.get(key) else {
            return Ok(None);
        };
        let text = node.as_str().ok_or_else(|| self.wrong(key, "a string; quote it"))?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn secret(&self, key: &str) -> Result<Option<Secret<String>>, String> {
        Ok(self.text(key)?.map(Secret::new))
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        match self.get(key) {
            None => Ok(false),
            Some(node) => node.as_bool().ok_or_else(|| self.wrong(key, "`true` or `false`")),
        }
    }

    /// A path, counted from the folder of the file.
    fn path(&self, key: &str, folder: &Path) -> Result<Option<PathBuf>, String> {
        Ok(self.text(key)?.map(|path| folder.join(path)))
    }

    /// What is written out under `KEY-data`, or stands in the file of `KEY`.
    fn material(&self, key: &str, folder: &Path) -> Result<Option<Material>, String> {
        let inline = self.secret(&format!("{key}-data"))?.map(Material::Inline);
        let file = self.path(key, folder)?.map(Material::File);
        Ok(inline.or(file))
    }

    fn items(&self, key: &str) -> Result<Vec<Node<'t>>, String> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(node) if node.kind() == NodeKind::Sequence => Ok(node.items().collect()),
            Some(_) => Err(self.wrong(key, "a list")),
        }
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        let texts = self.items(key)?.into_iter();
        texts
            .map(|item| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| self.wrong(key, "a list of strings"))
            })
            .collect()
    }

    fn mapping(&self, key: &str) -> Result<Option<Mapping<'t>>, String> {
        self.get(key).map(|node| Mapping::of(node, self.at(key))).transpose()
    }

    fn mappings(&self, key: &str) -> Result<Vec<Mapping<'t>>, String> {
        let items = self.items(key)?.into_iter().enumerate();
        items
            .map(|(index, item)| Mapping::of(item, format!("{}[{index}]", self.at(key))))
            .collect()
    }

    /// A list of entries that have a name each.
    fn named<T>(
        &self,
        list: &str,
        entry: &str,
        read: impl Fn(&Mapping<'_>) -> Result<T, String>,
    ) -> Result<BTreeMap<String, T>, String> {
        let mut entries = BTreeMap::new();
        for item in self.mappings(list)? {
            let name = item.text("name")?.ok_or_else(|| item.wrong("name", "there"))?;
            let Some(mapping) = item.mapping(entry)? else {
                continue;
            };
            // client-go refuses the second one, too (`tools/clientcmd/api/v1/conversion.go`).
            if entries.insert(name.clone(), read(&mapping)?).is_some() {
                return Err(format!(
                    "{list} has two entries of the name `{name}` (the second in line {})",
                    line(item.node)
                ));
            }
        }
        Ok(entries)
    }
}

fn line(node: Node<'_>) -> usize {
    node.file().position(node.span().start).line
}
