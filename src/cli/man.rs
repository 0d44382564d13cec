//! `checker man`

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Arg, Args, Command, CommandFactory, ValueHint};
use clap_mangen::Man;

use super::exit::Outcome;
use super::{Arguments, output};

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ManArguments {
    /// Folder for a page of each command; without it the main page is printed
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  checker man | man -l -
  checker man ~/.local/share/man/man1";

pub(super) fn run(arguments: &ManArguments) -> Result<Outcome, Outcome> {
    let mut main = Arguments::command()
        .disable_help_subcommand(true)
        .mut_subcommands(|command| command.mut_args(told_in_full));
    main.build();
    match &arguments.folder {
        None => output::print(&Page::of(&main).map_err(Outcome::internal)?.text)?,
        Some(folder) => write_all(&main, folder)?,
    }
    Ok(Outcome::Clean)
}

/// An argument that the short help leaves out has to say in the long form, too, what it says in one line: `clap_mangen` takes that one only.
fn told_in_full(argument: Arg) -> Arg {
    match (argument.get_long_help(), argument.get_help().cloned()) {
        (None, Some(help)) => argument.long_help(help),
        _ => argument,
    }
}

fn write_all(main: &Command, folder: &Path) -> Result<(), Outcome> {
    let refused = |path: &Path, error: io::Error| Outcome::usage(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| refused(folder, error))?;
    for command in std::iter::once(main).chain(main.get_subcommands()) {
        let page = Page::of(command).map_err(Outcome::internal)?;
        let path = folder.join(page.file);
        fs::write(&path, page.text).map_err(|error| refused(&path, error))?;
    }
    Ok(())
}

/// One manual page.
struct Page {
    file: String,
    text: String,
}

impl Page {
    fn of(command: &Command) -> io::Result<Self> {
        let man = Man::new(command.clone()).source(concat!("checker ", env!("CARGO_PKG_VERSION")));
        let mut text = Vec::new();
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        let mut text = String::from_utf8_lossy(&text).into_owned();
        let notes = command.get_after_long_help().or_else(|| command.get_after_help());
        if let Some(notes) = notes {
            text.push_str(&sections(&notes.to_string()));
        }
        Ok(Self {
            file: man.get_filename(),
            text,
        })
    }
}

/// What stands after the help, in roff. `clap_mangen` would run the lines of examples together.
fn sections(notes: &str) -> String {
    let mut text = String::new();
    for paragraph in notes.split("\n\n") {
        let mut lines = paragraph.lines().peekable();
        let title = lines.next_if(|line| line.ends_with(':') && !line.starts_with(' '));
        let heading = title.map_or("Notes", |title| title.trim_end_matches(':'));
        let _ = writeln!(text, ".SH {}", escaped(&heading.to_uppercase()));
        if title.is_some() {
            text.push_str(".nf\n");
        }
        for line in lines {
            text.push_str(&escaped(line.strip_prefix("  ").unwrap_or(line)));
            text.push('\n');
        }
        if title.is_some() {
            text.push_str(".fi\n");
        }
    }
    text
}

/// A line that roff takes for text.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) {
        format!("\\&{line}")
    } else {
        line
    }
}
