//! `zoom2drive recover JOB`: takes a recording out of Zoom's trash, after it has asked.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use super::table::plain;
use super::{CliError, user, with_store, write_json};
use crate::admin::audit::audited;
use crate::admin::view::JobView;
use crate::config::{self, Reader};
use crate::http;
use crate::jobs::JobId;
use crate::recover::{Afterwards, Offer, RecoverError, Recovery};
use crate::store::{Access, Store};
use crate::zoom::Zoom;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive recover 12 --archive-again    its copy on Drive is lost: archive it once more
  zoom2drive recover 12 --keep             only take it out of the trash
  zoom2drive recover 12 --keep --yes       without asking

Exit codes: 0 Zoom has it again, 1 it cannot be recovered or nobody agreed, 2 wrong usage or settings.";

/// Arguments of `recover`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("then").required(true).args(["archive_again", "keep"]))]
pub struct Args {
    /// The job's number
    pub job: i64,
    /// Then archive the files again that are not on Drive as they were proved
    #[arg(long)]
    pub archive_again: bool,
    /// Then leave the archive as it is
    #[arg(long)]
    pub keep: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Print JSON, in the format of the admin API
    #[arg(long)]
    pub json: bool,
}

/// Takes one recording out of the trash.
///
/// # Errors
/// When it is not in the trash, Zoom refuses, or the settings or the store fail.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let id = JobId(args.job);
    let afterwards = if args.archive_again { Afterwards::ArchiveAgain } else { Afterwards::Keep };
    let recovering = async |store: &Store, reader: &mut Reader| {
        // Refused before the settings of Zoom matter: a recording of Meet needs none.
        let offer = Recovery::new(store.clone(), None).offer(id).await?;
        if !args.yes && !agreed(&offer, afterwards, out)? {
            writeln!(out, "Nothing was done.")?;
            return Ok(ExitCode::FAILURE);
        }
        let access = config::read_zoom_access(reader)?;
        let zoom = Zoom::new(http::client(Some(http::CALL_TIMEOUT))?, &access.zoom).map(Arc::new);
        let recovery = Recovery::new(store.clone(), zoom);
        let action = match afterwards {
            Afterwards::ArchiveAgain => "recover and archive again",
            Afterwards::Keep => "recover and keep",
        };
        let work = recovery.recover(id, afterwards);
        audited::<_, RecoverError>(store, &user::who(), action, &format!("job {id}"), work).await?;
        let view = JobView::new(&store.job(id).await?);
        if args.json {
            write_json(out, &view)?;
        } else {
            writeln!(out, "{}", told(id, afterwards))?;
        }
        Ok(ExitCode::SUCCESS)
    };
    with_store(reader, Access::Write, recovering).await
}

fn told(id: JobId, afterwards: Afterwards) -> String {
    match afterwards {
        Afterwards::ArchiveAgain => format!("Zoom has the recording again; job {id} is due now."),
        Afterwards::Keep => "Zoom has the recording again.".to_owned(),
    }
}

/// Asks a person at a terminal.
fn agreed(offer: &Offer, afterwards: Afterwards, out: &mut dyn Write) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(CliError::Usage("there is no terminal to ask for consent: give --yes".to_owned()).into());
    }
    Ok(ask(offer, afterwards, out, &mut io::stdin().lock())?)
}

fn ask(
    offer: &Offer,
    afterwards: Afterwards,
    out: &mut dyn Write,
    input: &mut dyn BufRead,
) -> io::Result<bool> {
    let recording = &offer.job.recording;
    writeln!(out, "{:?} of {}", plain(&recording.topic), plain(&recording.host_email))?;
    write!(out, "{}\nTake it out of Zoom's trash? [y/N] ", offer.effect(afterwards))?;
    out.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
