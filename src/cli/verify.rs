//! `zoom2drive verify`: asks Drive whether archived files are still there as they were proved, and says what can be
//! done about those that are not.

mod report;

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::with_store;
use crate::config::{Config, Reader};
use crate::jobs::JobId;
use crate::jobs::verification::{CheckedFile, Verdict};
use crate::store::{Access, ArchiveFilter, Store};
use crate::verification::{Verifier, VerifyError};
use report::Report;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive verify                          every archived file
  zoom2drive verify --job 12                 one recording, each file asked by its id
  zoom2drive verify --host ann@example.com
  zoom2drive verify --since 2026-03-01       what was archived on that day or later
  zoom2drive verify --known                  what is known to be wrong, without asking Drive

Exit codes: 0 everything is as it was proved, 1 something is not or Drive could not be asked, 2 wrong
usage or settings.";

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only recordings of this host
    #[arg(long, value_name = "EMAIL", conflicts_with = "job")]
    pub host: Option<String>,
    /// Only this job's recording
    #[arg(long, value_name = "ID", conflicts_with = "since")]
    pub job: Option<i64>,
    /// Only files that were archived on this day or later (UTC), such as 2026-03-01
    ///
    /// Files that an older version of this program archived have no day, and are left out.
    #[arg(long, value_name = "DATE")]
    pub since: Option<Date>,
    /// Print what earlier looks have found, without asking Drive
    #[arg(long, conflicts_with_all = ["host", "job", "since"])]
    pub known: bool,
    /// Print JSON: `wrong`, each with job, file, fault and remedy, then `files`, `complete` and `error`
    #[arg(long)]
    pub json: bool,
}

/// Verifies the archive, or a part of it. Differences are recorded, as those that the service finds by itself.
///
/// # Errors
/// When the settings are incomplete, or the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    if args.known {
        let access = Access::Read;
        return with_store(reader, access, async |store: &Store, _: &mut Reader| {
            known(store, args.json, out).await
        })
        .await;
    }
    let config = Config::read_without_webhooks(reader)?;
    with_store(reader, Access::Write, async |store: &Store, _: &mut Reader| {
        let verifier = Verifier::new(store.clone(), &config)?;
        let mut report = Report::new(store, args.json, out)?;
        let done = match args.job {
            Some(id) => one(&verifier, JobId(id), &mut report).await,
            None => many(&verifier, &filter(args)?, &mut report).await,
        };
        match done {
            Ok(()) => report.end(None),
            Err(Stopped::Blind(error)) => report.end(Some(&error)),
            Err(Stopped::Failed(error)) => Err(error),
        }
    })
    .await
}

fn filter(args: &Args) -> anyhow::Result<ArchiveFilter> {
    let since =
        args.since.map(|day| Ok::<_, jiff::Error>(day.to_zoned(TimeZone::UTC)?.timestamp())).transpose()?;
    let since = since.map(|since| since.as_millisecond());
    Ok(ArchiveFilter { host: args.host.clone(), since, until: None })
}

/// Why a look did not come to its end.
enum Stopped {
    /// Drive could not be asked: what was found before is printed.
    Blind(VerifyError),
    Failed(anyhow::Error),
}

impl From<VerifyError> for Stopped {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Store(error) => Self::Failed(error.into()),
            error => Self::Blind(error),
        }
    }
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

async fn one(verifier: &Verifier, job: JobId, report: &mut Report<'_>) -> Result<(), Stopped> {
    let checked = verifier.recording(job).await?;
    report.count(u64::try_from(checked.len()).unwrap_or(u64::MAX));
    for file in checked.iter().filter(|file| file.verdict != Verdict::Equal) {
        report.wrong(file).await?;
    }
    Ok(())
}

async fn many(verifier: &Verifier, filter: &ArchiveFilter, report: &mut Report<'_>) -> Result<(), Stopped> {
    let mut after = String::new();
    loop {
        let mut found: Vec<CheckedFile> = Vec::new();
        let step = verifier.step(&after, filter, &mut |file| found.push(file.clone())).await;
        // What was found is printed even if the rest could not be asked.
        for file in &found {
            report.wrong(file).await?;
        }
        let Some(step) = step? else { return Ok(()) };
        report.count(step.files);
        after = step.last_folder;
    }
}

async fn known(store: &Store, json: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut report = Report::new(store, json, out)?;
    let state = store.verification().await?;
    report.count(state.files);
    let mut after = None;
    loop {
        let page = store.verify_findings(after.as_ref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        for finding in &page {
            report
                .finding(finding.job, finding.fault, &finding.detail, &finding.name, &finding.drive_id)
                .await?;
        }
    }
    report.end_known(&state)
}
