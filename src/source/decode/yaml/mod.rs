//! YAML as Kubernetes' clients read it: the YAML 1.1 of libyaml, in the form of its Go port.
//!
//! kubectl, Argo CD, Flux and the API server all read manifests through `sigs.k8s.io/yaml`, which holds a copy of go-yaml v2. No
//! parser for Rust accepts the same texts: they follow YAML 1.2, and differ in where tabs may stand, which characters end a
//! line, what a simple key is, which escapes and tags there are. Such a difference is either a manifest that passes here and
//! breaks the rollout, or one that is refused here for nothing. So the rules of go-yaml v2's reader, scanner and parser are
//! written down here once more, with the byte ranges that it does not keep, and without its copies.
//!
//! ```text
//! reader (characters) ─ scanner (tokens; scalars, properties) ─ parser (events)
//! ```

mod parser;
mod properties;
mod reader;
mod scalars;
mod scanner;
mod token;

pub(crate) use parser::YamlSource;
