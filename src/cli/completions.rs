//! `completions SHELL` and `man FOLDER`: generated from the definition of the command line, so they always match
//! it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Folder for the pages; created if necessary
    pub folder: PathBuf,
}

/// Prints the script.
///
/// # Errors
/// When it cannot be printed.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "zoom2drive", &mut script);
    out.write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a page for each command.
///
/// # Errors
/// When the folder cannot be created or written.
pub fn man(args: &ManArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.with_context(|| format!("cannot write manual pages into {}", folder.display()))?;
    let pages = std::fs::read_dir(folder)?.count();
    writeln!(out, "Wrote {pages} pages; read one with: man {}/zoom2drive.1", folder.display())?;
    Ok(ExitCode::SUCCESS)
}
