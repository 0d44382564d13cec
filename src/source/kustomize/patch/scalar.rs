//! The characters of a scalar, where kustomize compares or copies them without a look at what they mean.

use std::sync::Arc;

use crate::source::decode::Style;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Origin};

/// As it is written, without quotes; none of a list or a mapping.
pub(super) fn as_written(data: &Data, origin: &Origin, sources: &Sources) -> Result<Arc<str>, Problem> {
    if let Data::Text(text) = data {
        return Ok(Arc::clone(text));
    }
    let usual = usual(data);
    let source = sources.file(origin.file).map_or("", |file| file.slice(origin.span));
    if matches!(data, Data::Null) && (origin.span.is_empty() || source == "~") {
        return Ok(source.into());
    }
    let is_word = !source.is_empty()
        && source
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte));
    match data {
        _ if source == usual => Ok(usual.into()),
        _ if origin.style == Style::Plain && is_word => Ok(source.into()),
        Data::List(_) | Data::Map(_) => Ok("".into()),
        _ => Err(Problem::not_understood_at(
            origin,
            "here the very characters of a number, a boolean or a null matter, and they are not certain",
        )),
    }
}

/// As it is in an object that a JSON patch wrote anew (`sigs.k8s.io/yaml` v1.4.0 `goyaml.v3/encode.go`).
pub(super) fn rewritten(data: &Data, origin: &Origin) -> Result<Arc<str>, Problem> {
    match data {
        Data::Text(text) => Ok(Arc::clone(text)),
        // Others may get an exponent.
        Data::Float(number) if *number != 0.0 && !(1e-4..1e6).contains(&number.abs()) => {
            Err(Problem::not_understood_at(origin, "how kustomize writes this number"))
        }
        other => Ok(usual(other).into()),
    }
}

fn usual(data: &Data) -> String {
    match data {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Text(text) => text.to_string(),
        Data::List(_) | Data::Map(_) => String::new(),
    }
}
