//! Which kinds the server serves.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::Deserialize;

use super::reader::{Reader, Refusal, accept};
use super::state::ServedKind;

/// All kinds in one answer where the server can (Kubernetes 1.26 and later), else the list of groups.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                          application/json";

/// What is known of the kinds.
pub(super) struct Discovery {
    /// All kinds that the server told of; `None` if it tells nobody what it serves.
    pub(super) kinds: Option<Vec<ServedKind>>,
    /// Group versions of which it could not be told what they hold, with why.
    unknown: BTreeMap<String, String>,
    /// Why the kinds are not known, if that is a fault of the run.
    pub(super) problem: Option<String>,
    index: BTreeMap<(String, String), ServedKind>,
}

/// What is known of one kind.
pub(super) enum Serving<'d> {
    As(&'d ServedKind),
    Not,
    /// With why.
    Unknown(&'d str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    kind: String,
    /// Of the core group, in the old form.
    #[serde(default)]
    versions: Vec<String>,
    /// Of the other groups, in the old form.
    #[serde(default)]
    groups: Vec<Group>,
    /// The new form.
    #[serde(default)]
    items: Vec<GroupDiscovery>,
}

#[derive(Deserialize)]
struct Group {
    versions: Vec<GroupVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupVersion {
    group_version: String,
}

#[derive(Deserialize)]
struct GroupDiscovery {
    #[serde(default)]
    metadata: Named,
    #[serde(default)]
    versions: Vec<VersionDiscovery>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct VersionDiscovery {
    version: String,
    #[serde(default)]
    resources: Vec<ResourceDiscovery>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceDiscovery {
    resource: String,
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    kind: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

impl Discovery {
    /// Asks for all kinds; `wanted` are the group versions that matter: one that cannot be told of is not held against the others.
    ///
    /// # Errors
    /// The server cannot be asked at all, or does not know who asks.
    pub(super) async fn of(reader: &Reader, wanted: &BTreeSet<&str>) -> Result<Self, String> {
        let (core, groups) = tokio::join!(
            reader.get::<Answer>("/api", AGGREGATED),
            reader.get::<Answer>("/apis", AGGREGATED)
        );
        let mut discovery = Self {
            kinds: None,
            unknown: BTreeMap::new(),
            problem: None,
            index: BTreeMap::new(),
        };
        let mut kinds = Vec::new();
        let mut to_ask: BTreeSet<String> = BTreeSet::new();
        let mut is_whole = true;
        for (is_core, answer) in [(true, core), (false, groups)] {
            match answer {
                Ok(answer) => take(answer, &mut kinds, &mut to_ask),
                Err(Refusal::Unreachable(why)) => return Err(why),
                Err(refusal) => {
                    is_whole = false;
                    // What Git holds may be served all the same, whoever may not see the list.
                    let ours = wanted.iter().filter(|version| version.contains('/') != is_core);
                    to_ask.extend(ours.map(|version| (*version).to_owned()));
                    if !matches!(refusal, Refusal::Forbidden(_) | Refusal::NoAddress) {
                        discovery.problem.get_or_insert(refusal.message());
                    }
                }
            }
        }
        let asked = to_ask.iter().map(|version| async move {
            let answer: Result<ResourceList, Refusal> = reader.get(&address(version), accept::JSON).await;
            (version.clone(), answer)
        });
        for (version, answer) in join_all(asked).await {
            match answer {
                Ok(list) => kinds.extend(
                    list.resources
                        .into_iter()
                        .filter_map(|resource| served(&version, resource)),
                ),
                Err(Refusal::NoAddress | Refusal::NoObject) => {}
                Err(refusal) => {
                    let why = format!("what {version} holds is not known: {}", refusal.message());
                    discovery.unknown.insert(version, why);
                }
            }
        }
        kinds.sort_by(|one, other| {
            (&one.api_version, &one.kind, &one.plural).cmp(&(&other.api_version, &other.kind, &other.plural))
        });
        for kind in &kinds {
            let key = (kind.api_version.clone(), kind.kind.clone());
            discovery.index.entry(key).or_insert_with(|| kind.clone());
        }
        if kinds.is_empty() {
            let why = discovery.problem.take();
            let unknown = discovery.unknown.values().next().cloned();
            return Err(why
                .or(unknown)
                .unwrap_or_else(|| "the server does not tell which kinds it serves".to_owned()));
        }
        discovery.kinds = is_whole.then_some(kinds);
        Ok(discovery)
    }

    /// Whether and as what a kind is served.
    pub(super) fn serving(&self, api_version: &str, kind: &str) -> Serving<'_> {
        if let Some(served) = self.index.get(&(api_version.to_owned(), kind.to_owned())) {
            return Serving::As(served);
        }
        match self.unknown.get(api_version) {
            Some(why) => Serving::Unknown(why),
            None => Serving::Not,
        }
    }
}

/// Takes the kinds of an answer, and notes which group versions are still to be asked one by one.
fn take(answer: Answer, kinds: &mut Vec<ServedKind>, to_ask: &mut BTreeSet<String>) {
    if answer.kind != "APIGroupDiscoveryList" {
        to_ask.extend(answer.versions);
        let versions = answer.groups.into_iter().flat_map(|group| group.versions);
        to_ask.extend(versions.map(|version| version.group_version));
        return;
    }
    for group in answer.items {
        for version in group.versions {
            let api_version = if group.metadata.name.is_empty() {
                version.version
            } else {
                format!("{}/{}", group.metadata.name, version.version)
            };
            // The server behind it could not be reached when the list was made.
            if version.freshness == "Stale" {
                to_ask.insert(api_version);
                continue;
            }
            for resource in version.resources {
                let Some(ResponseKind { kind }) = resource.response_kind else {
                    continue;
                };
                kinds.push(ServedKind {
                    api_version: api_version.clone(),
                    kind,
                    plural: resource.resource,
                    namespaced: resource.scope == "Namespaced",
                    verbs: resource.verbs,
                });
            }
        }
    }
}

/// A kind in the old form; `None` of a subresource.
fn served(api_version: &str, resource: Resource) -> Option<ServedKind> {
    (!resource.name.contains('/')).then(|| ServedKind {
        api_version: api_version.to_owned(),
        kind: resource.kind,
        plural: resource.name,
        namespaced: resource.namespaced,
        verbs: resource.verbs,
    })
}

/// The address of a group version.
pub(super) fn address(api_version: &str) -> String {
    let encoded: Vec<String> = api_version.split('/').map(segment).collect();
    let root = if encoded.len() > 1 { "/apis" } else { "/api" };
    format!("{root}/{}", encoded.join("/"))
}

/// A part of an address.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            encoded.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    encoded
}

/// The version of the server, if it tells.
pub(super) async fn server_version(reader: &Reader) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    let version: Version = reader.get("/version", accept::JSON).await.ok()?;
    Some(version.git_version)
}
