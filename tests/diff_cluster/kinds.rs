//! Where the server keeps the objects of a kind.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::Cluster;

/// A kind that is served.
#[derive(Debug, Clone)]
pub struct Kind {
    plural: String,
    pub namespaced: bool,
}

/// The kinds that the server serves.
#[derive(Debug)]
pub struct Kinds {
    by_name: BTreeMap<(String, String), Kind>,
}

impl Kinds {
    pub fn of(cluster: &Cluster) -> Self {
        let mut versions = vec!["v1".to_owned()];
        for group in cluster.get("/apis").json()["groups"].as_array().unwrap() {
            let of_group = group["versions"].as_array().unwrap().iter();
            versions.extend(of_group.map(|version| version["groupVersion"].as_str().unwrap().to_owned()));
        }
        let mut by_name = BTreeMap::new();
        for version in versions {
            let list = cluster.get(&root(&version)).json();
            for resource in list["resources"].as_array().into_iter().flatten() {
                let plural = resource["name"].as_str().unwrap();
                let is_kept = resource["verbs"].as_array().unwrap().contains(&Value::from("patch"));
                if !plural.contains('/') && is_kept {
                    let kind = Kind {
                        plural: plural.to_owned(),
                        namespaced: resource["namespaced"] == true,
                    };
                    by_name.insert((version.clone(), resource["kind"].as_str().unwrap().to_owned()), kind);
                }
            }
        }
        Self { by_name }
    }

    /// The kind of an object.
    pub fn find(&self, object: &Value) -> Option<&Kind> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.by_name.get(&(text(&object["apiVersion"]), text(&object["kind"])))
    }

    /// The address of all objects of the kind and namespace of this one.
    pub fn list_address(&self, object: &Value) -> Option<String> {
        let kind = self.find(object)?;
        let root = root(object["apiVersion"].as_str()?);
        Some(if kind.namespaced {
            let namespace = object["metadata"]["namespace"].as_str()?;
            format!("{root}/namespaces/{namespace}/{}", kind.plural)
        } else {
            format!("{root}/{}", kind.plural)
        })
    }
}

fn root(version: &str) -> String {
    if version.contains('/') {
        format!("/apis/{version}")
    } else {
        format!("/api/{version}")
    }
}
