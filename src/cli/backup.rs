//! `zoom2drive backup FILE`: copies the database while the service runs.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::{CliError, with_store};
use crate::config::Reader;
use crate::store::{Access, Store, StoreError};

/// What `backup` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The copy: a file that does not exist yet
    pub file: PathBuf,
}

/// Copies the database.
///
/// # Errors
/// When the file exists, the database is PostgreSQL, or the copy cannot be made or does not hold together.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    // Whatever release its tables are of: the backup before an upgrade may be made by the new program.
    let copying = async |store: &Store, _: &mut Reader| match store.backup(&args.file).await {
        Err(StoreError::Refused(why)) => Err(CliError::NoBackup(why).into()),
        copied => copied.context("no backup was made"),
    };
    with_store(reader, Access::Copy, copying).await?;
    writeln!(out, "{} holds the database, and was looked through.", args.file.display())?;
    Ok(ExitCode::SUCCESS)
}
