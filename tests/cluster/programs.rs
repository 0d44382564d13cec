//! Where the programs are: `tests/run` obtains them and says where, by the environment.

use std::env;
use std::path::PathBuf;

/// The programs of a cluster.
pub struct Programs {
    pub etcd: PathBuf,
    pub apiserver: PathBuf,
}

/// The manager of Kruise, and the `config` folder of its source.
pub struct KruisePrograms {
    pub manager: PathBuf,
    pub config: PathBuf,
}

impl Programs {
    /// The programs, or why there are none.
    pub fn find() -> Result<Self, String> {
        let folder = variable("KUBEBUILDER_ASSETS")?;
        Ok(Self {
            etcd: existing(folder.join("etcd"))?,
            apiserver: existing(folder.join("kube-apiserver"))?,
        })
    }
}

impl KruisePrograms {
    /// The manager, or why there is none.
    pub fn find() -> Result<Self, String> {
        Ok(Self {
            manager: existing(variable("CHECKER_KRUISE_MANAGER")?)?,
            config: existing(variable("CHECKER_KRUISE_CONFIG")?)?,
        })
    }
}

fn variable(name: &str) -> Result<PathBuf, String> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    value
        .map(PathBuf::from)
        .ok_or_else(|| format!("{name} is not set (tests/run sets it)"))
}

fn existing(path: PathBuf) -> Result<PathBuf, String> {
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is not there", path.display()))
    }
}
