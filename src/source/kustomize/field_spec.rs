//! The places of an object that a transformer changes, as kustomize's configuration names them
//! (kustomize api v0.18.0 `types/fieldspec.go`, `filters/fieldspec/fieldspec.go`).

use super::problem::Problem;
use super::resource::split_api_version;
use super::value::{Data, Origin, Value};

/// One sort of place. Empty group, version or kind fit any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSpec {
    /// The group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The way of keys; `[]` behind one says that it is a list.
    pub path: Vec<String>,
    /// Whether the way is made where it is missing.
    pub create: bool,
}

/// What is made at the end of a way that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// Nothing.
    Never,
    /// A string, empty until it is set.
    Text,
    /// A mapping without entries.
    Mapping,
}

impl FieldSpec {
    /// A sort of place; `path` has its keys between slashes, a slash in a key behind a backslash.
    #[must_use]
    pub fn new(group: &str, version: &str, kind: &str, path: &str, create: bool) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            path: split_path(path),
            create,
        }
    }

    /// Whether an object of this type has such places.
    #[must_use]
    pub fn fits(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = split_api_version(api_version);
        let fits = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
        fits(&self.kind, kind) && fits(&self.group, group) && fits(&self.version, version)
    }

    /// Calls `change` for each such place of an object. What is made on the way comes from `origin`.
    ///
    /// # Errors
    /// When the way leads through a scalar, or `change` fails.
    pub fn change(
        &self,
        object: &mut Value,
        create: Create,
        origin: &Origin,
        change: &mut dyn FnMut(&mut Value) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let api_version = object.str_at(&["apiVersion"]).unwrap_or("").to_owned();
        let kind = object.str_at(&["kind"]).unwrap_or("").to_owned();
        if !self.fits(&api_version, &kind) {
            return Ok(());
        }
        let create = if self.create { create } else { Create::Never };
        descend(object, &self.path, create, origin, change)
    }
}

/// Keys between slashes; `\/` is a slash in a key (kyaml v0.18.1 `utils/pathsplitter.go`). A slash at the start is none.
#[must_use]
pub fn split_path(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut characters = path.strip_prefix('/').unwrap_or(path).chars().peekable();
    while let Some(character) = characters.next() {
        match (character, keys.last_mut()) {
            ('\\', Some(key)) if characters.peek() == Some(&'/') => {
                characters.next();
                key.push('/');
            }
            ('/', _) => keys.push(String::new()),
            (other, Some(key)) => key.push(other),
            (_, None) => {}
        }
    }
    keys
}

/// Whether kustomize looks for a key of this name, and not for an item of a list (kyaml v0.18.1 `yaml/fns.go` `PathGetter`).
pub(super) fn is_field_name(key: &str) -> bool {
    let key = key.strip_suffix("[]").unwrap_or(key);
    let is_number = key
        .trim_start_matches(['+', '-'])
        .bytes()
        .all(|byte| byte.is_ascii_digit());
    !(key.is_empty() || is_number || key == "*" || key.starts_with('[') || key.trim() != key)
}

fn descend(
    value: &mut Value,
    path: &[String],
    create: Create,
    origin: &Origin,
    change: &mut dyn FnMut(&mut Value) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let Some((step, rest)) = path.split_first() else {
        return change(value);
    };
    match &mut value.data {
        Data::Null => return Ok(()),
        Data::List(items) => {
            return items
                .iter_mut()
                .try_for_each(|item| descend(item, path, create, origin, change));
        }
        Data::Map(_) => {}
        _ => {
            return Err(Problem::refused_at(
                &value.origin,
                format!(
                    "a mapping or a list is due here, since `{}` is looked for below",
                    path.join("/")
                ),
            ));
        }
    }
    let (key, is_list) = step
        .strip_suffix("[]")
        .map_or((step.as_str(), false), |key| (key, true));
    let made = match create {
        _ if is_list => None,
        Create::Never => None,
        Create::Text if rest.is_empty() => Some(Data::Text("".into())),
        Create::Text | Create::Mapping => Some(Data::Map(Vec::new())),
    };
    if let Some(made) = made {
        match value.get_mut(key) {
            Some(there) if there.is_null() => there.replace(made, origin),
            Some(_) => {}
            None => {
                let data = Value {
                    data: made,
                    origin: origin.clone(),
                };
                value.set(key, origin, data);
            }
        }
    }
    if is_list && let Some(there) = value.get_mut(key).filter(|there| there.is_null()) {
        there.replace(Data::List(Vec::new()), origin);
    }
    match value.get_mut(key) {
        Some(next) => descend(next, rest, create, origin, change),
        None => Ok(()),
    }
}
