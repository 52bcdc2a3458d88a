//! `zoom2drive logout`: ends a login at Google and removes its file.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::CliError;
use crate::config::{LoginConfig, Reader, credentials};
use crate::google::consent::{self, LoginOutcome};
use crate::untrusted::escape_untrusted;

const EXAMPLES: &str = "\
Examples:
  zoom2drive logout
  zoom2drive logout --file google-user.json

Exit codes: 0 logged out; 1 Google could not be asked, and the file is still there; 2 usage or settings.";

/// Arguments of `logout`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The login [default: the file in GOOGLE_APPLICATION_CREDENTIALS, or google-user.json]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Revokes the login, then removes the file. The order matters: without the file the login could not be revoked.
///
/// # Errors
/// When there is no login in the file, or Google cannot be reached; then the file stays.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => LoginConfig::read(reader)?.file,
    };
    let shown = file.display();
    let credentials = credentials::read(&file)
        .map_err(|fault| CliError::Usage(format!("no login to end: {shown} {fault}")))?;
    let Some(ended) = consent::revoke(&credentials).await else {
        let why = format!(
            "{shown} is the key of a service account, not a person's login: delete the key in \
             Google's Cloud console"
        );
        return Err(CliError::Usage(why).into());
    };
    let ended = ended
        .map_err(|error| anyhow!("{}; {shown} was not changed", escape_untrusted(&error.to_string())))?;
    std::fs::remove_file(&file)
        .with_context(|| format!("the login has ended, but {shown} cannot be removed"))?;
    match ended {
        LoginOutcome::Now => {
            writeln!(out, "Logged out: Google has ended the login, and {shown} is removed.")?
        }
        LoginOutcome::Before => {
            writeln!(out, "Logged out: the login had ended before at Google; {shown} is removed.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
