//! `checker decode`

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Outcome;
use super::output;
use crate::source::decode::{self, Decoded, Fault, objects, write_object};
use crate::source::text::SourceFile;
use crate::source::{limits, load};

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DecodeArguments {
    /// Files to read; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  checker decode apps/web.yaml
  kubectl kustomize prod | checker decode - | jq .metadata.name";

pub(super) fn run(arguments: &DecodeArguments) -> Result<Outcome, Outcome> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()
        .map_err(Outcome::internal)?;
    pool.install(|| decode_all(&arguments.files))
}

fn decode_all(files: &[PathBuf]) -> Result<Outcome, Outcome> {
    let mut outcome = Outcome::Clean;
    for file in files {
        let name = file.display().to_string();
        let bytes = if file == Path::new("-") {
            load::read_from(io::stdin().lock())
        } else {
            load::read_limited(file)
        };
        let bytes = bytes.map_err(|message| Outcome::usage(format!("{name}: {message}")))?;
        let decoded = decode::decode(name, bytes);
        if !print_objects(&decoded)? {
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

/// Prints what was read and says what was not; false if kubectl would refuse something.
fn print_objects(decoded: &Decoded) -> Result<bool, Outcome> {
    let mut clean = true;
    for fault in &decoded.faults {
        clean &= !fault.kind.is_refusal();
        complain(&decoded.file, fault);
    }
    let mut text = String::new();
    for document in &decoded.documents {
        let Some(tree) = &document.tree else {
            continue;
        };
        let (objects, faults) = objects::kubectl_objects(tree.root());
        for fault in &faults {
            clean = false;
            complain(&decoded.file, fault);
        }
        for object in objects {
            write_object(object, &mut text);
            text.push('\n');
        }
    }
    output::print(&text)?;
    Ok(clean)
}

fn complain(file: &SourceFile, fault: &Fault) {
    let position = file.position(fault.span.start);
    let word = if fault.kind.is_refusal() { "error" } else { "warning" };
    output::complain(&format!(
        "{}:{}:{}: {word}: {}",
        file.path(),
        position.line,
        position.column,
        fault.message
    ));
}
