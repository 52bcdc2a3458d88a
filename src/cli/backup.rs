//! `zoom2drive backup FILE`: copies the database while the service runs.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::{CliError, with_store};
use crate::config::Reader;
use crate::store::{Access, Store, StoreError};

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The copy: a file that does not exist yet
    pub file: PathBuf,
}

/// Copies the database.
///
/// # Errors
/// When the file exists, the database is PostgreSQL, the copy cannot be written, or SQLite's integrity check of the
/// copy fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    // The schema may be of any release: the new program may make the backup before an upgrade.
    let copying = async |store: &Store, _: &mut Reader| match store.backup(&args.file).await {
        Err(StoreError::Refused(why)) => Err(CliError::NoBackup(why).into()),
        copied => copied.context("no backup was made"),
    };
    with_store(reader, Access::Copy, copying).await?;
    writeln!(out, "{} contains the database; its integrity check passed.", args.file.display())?;
    Ok(ExitCode::SUCCESS)
}
