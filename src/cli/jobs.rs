//! `zoom2drive jobs list|show|status|retry|cancel|audit`: shows and repairs jobs. Works on the store directly, with
//! the service running or not.

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::{Table, plain};
use super::{status, user, with_store, write_json};
use crate::admin::audit::audited;
use crate::admin::view::{
    AttendanceView, AuditPage, FileView, JobDetail, JobPage, JobView, PauseView, pause_views,
};
use crate::config::{self, Reader};
use crate::jobs::{JobId, Standing};
use crate::store::{Access, JobFilter, Store};

/// Arguments of `jobs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
    /// Print JSON, in the format of the admin API
    #[arg(long, global = true)]
    pub json: bool,
}

/// Subcommands of `jobs`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List jobs, newest first
    List {
        /// Only jobs of this standing: active (the service works on it or will), parked (a person must act),
        /// cancelled, finished
        #[arg(long, value_parser = standing)]
        standing: Option<Standing>,
        /// Only jobs with smaller numbers: for the next page
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
    },
    /// Show one job with its files
    Show {
        /// The job's number
        id: i64,
    },
    /// Show how much is not archived yet, as far as that is known
    ///
    /// The figures are known only after a sweep, which lists Zoom's recordings. Reads SWEEP_EVERY and the ZOOM_*
    /// credentials, as `serve` does.
    Status,
    /// Make a job due again after its problem was fixed
    ///
    /// The job is due at once, with all its attempts. Files that are proved on Drive are not sent again.
    #[command(group = clap::ArgGroup::new("which").required(true).args(["id", "parked"]))]
    Retry {
        /// The job's number
        id: Option<i64>,
        /// Every parked job
        #[arg(long)]
        parked: bool,
    },
    /// Cancel a job
    ///
    /// A worker that has the job stops at its next checkpoint. Files on Drive stay there, and so does Zoom's copy.
    /// `jobs retry` makes the job active again.
    Cancel {
        /// The job's number
        id: i64,
    },
    /// Show who retried, cancelled and replayed what, newest first
    Audit {
        /// Only entries with smaller numbers: for the next page
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
    },
}

fn standing(name: &str) -> Result<Standing, String> {
    Standing::from_name(name)
        .ok_or_else(|| format!("expected one of: {}", Standing::ALL.map(Standing::name).join(", ")))
}

/// Runs one subcommand.
///
/// # Errors
/// When there is no such job, or when the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let access = match args.action {
        Action::Retry { .. } | Action::Cancel { .. } => Access::Write,
        Action::List { .. } | Action::Show { .. } | Action::Status | Action::Audit { .. } => Access::Read,
    };
    let acting =
        async |store: &Store, reader: &mut Reader| act(&args.action, args.json, store, reader, out).await;
    with_store(reader, access, acting).await.map(|()| ExitCode::SUCCESS)
}

async fn act(
    action: &Action,
    json: bool,
    store: &Store,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match action {
        Action::List { standing, before } => {
            let filter = JobFilter { standing: *standing, before: before.map(JobId) };
            let page = JobPage::new(&store.jobs(filter).await?);
            if json {
                return write_json(out, &page);
            }
            write_pauses(out, &pause_views(&store.pauses().await?))?;
            write_page(out, &page)
        }
        Action::Show { id } => {
            let job = store.job(JobId(*id)).await?;
            let attendance = store.attendance_sheet(job.recording.uuid.as_str()).await?;
            let detail = JobDetail::new(&job, &store.files(job.id).await?, attendance.as_ref());
            if json { write_json(out, &detail) } else { write_detail(out, &detail) }
        }
        Action::Status => status::run(store, config::read_sweeping(reader)?, json, out).await,
        Action::Retry { id, .. } => {
            let retried = match id {
                Some(id) => vec![retry(store, JobId(*id)).await?],
                None => retry_parked(store).await?,
            };
            match (json, id.is_some()) {
                (true, true) => write_json(out, &retried.first()),
                (true, false) => write_json(out, &JobPage { jobs: retried, next_before: None }),
                (false, true) => Ok(writeln!(out, "Job {} is due now.", retried[0].id)?),
                (false, false) => Ok(writeln!(out, "Parked jobs that are due now: {}", retried.len())?),
            }
        }
        Action::Cancel { id } => {
            let id = JobId(*id);
            audited(store, &user::who(), "cancel", &format!("job {id}"), store.cancel(id)).await?;
            let view = JobView::new(&store.job(id).await?);
            if json { write_json(out, &view) } else { Ok(writeln!(out, "Job {id} is cancelled.")?) }
        }
        Action::Audit { before } => {
            let page = AuditPage::new(store.audit(*before).await?);
            if json { write_json(out, &page) } else { write_audit(out, page) }
        }
    }
}

async fn retry(store: &Store, id: JobId) -> anyhow::Result<JobView> {
    audited(store, &user::who(), "retry", &format!("job {id}"), store.retry(id)).await?;
    Ok(JobView::new(&store.job(id).await?))
}

/// Each page is read before any of its jobs is retried, and the next page begins below it: a job that is parked
/// again meanwhile is not retried twice.
async fn retry_parked(store: &Store) -> anyhow::Result<Vec<JobView>> {
    let mut retried = Vec::new();
    let mut filter = JobFilter { standing: Some(Standing::Parked), before: None };
    loop {
        let page = store.jobs(filter).await?;
        let Some(last) = page.last() else { return Ok(retried) };
        filter.before = Some(last.id);
        for job in page {
            retried.push(retry(store, job.id).await?);
        }
    }
}

fn write_pauses(out: &mut dyn Write, pauses: &[PauseView]) -> anyhow::Result<()> {
    for pause in pauses {
        let PauseView { system, cause, since, message, next_probe_at } = pause;
        writeln!(
            out,
            "PAUSED {system} ({cause}) since {since}, next try {next_probe_at}: {}",
            plain(message)
        )?;
    }
    Ok(())
}

fn write_page(out: &mut dyn Write, page: &JobPage) -> anyhow::Result<()> {
    if page.jobs.is_empty() {
        return Ok(writeln!(out, "No jobs.")?);
    }
    let mut table = Table::new(&["ID", "STANDING", "STAGE", "SOURCE", "STARTED", "HOST", "TOPIC", "REASON"]);
    for job in &page.jobs {
        let started = job.started_at.clone().unwrap_or_default();
        let standing = if job.running { "running" } else { job.standing };
        table.row([
            job.id.to_string(),
            standing.to_owned(),
            job.stage.to_owned(),
            job.source.to_owned(),
            started,
            job.host.clone(),
            job.topic.clone(),
            job.reason.clone(),
        ]);
    }
    table.write(out)?;
    if let Some(before) = page.next_before {
        writeln!(out, "More: zoom2drive jobs list --before {before}")?;
    }
    Ok(())
}

fn write_audit(out: &mut dyn Write, page: AuditPage) -> anyhow::Result<()> {
    let mut table = Table::new(&["ID", "AT", "WHO", "ACTION", "TARGET", "OUTCOME"]);
    for entry in page.entries {
        table.row([entry.id.to_string(), entry.at, entry.who, entry.action, entry.target, entry.outcome]);
    }
    table.write(out)?;
    if let Some(before) = page.next_before {
        writeln!(out, "More: zoom2drive jobs audit --before {before}")?;
    }
    Ok(())
}

fn write_detail(out: &mut dyn Write, detail: &JobDetail) -> anyhow::Result<()> {
    let job = &detail.job;
    let running = if job.running { " (a worker has it)" } else { "" };
    writeln!(out, "Job {}: {}{running}, stage {}", job.id, job.standing, job.stage)?;
    let facts = [
        ("source", job.source),
        ("topic", job.topic.as_str()),
        ("host", &job.host),
        ("started", job.started_at.as_deref().unwrap_or_default()),
        ("meeting", &job.meeting),
        ("meeting id", &job.meeting_id),
        ("reason", &job.reason),
        ("accepted", &job.accepted_at),
        ("changed", &job.updated_at),
        ("next try", job.next_attempt_at.as_deref().unwrap_or_default()),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "  {name:<11}{}", plain(value))?;
    }
    if job.attempts > 0 {
        writeln!(out, "  {:<11}{} without progress", "attempts", job.attempts)?;
    }
    if let Some(attendance) = &detail.attendance {
        write_attendance(out, attendance)?;
    }
    if detail.files.is_empty() {
        return Ok(writeln!(out, "No files are planned yet.")?);
    }
    writeln!(out)?;
    write_files(out, &detail.files)
}

fn write_attendance(out: &mut dyn Write, attendance: &AttendanceView) -> anyhow::Result<()> {
    let AttendanceView { link, people, expected, absent, note } = attendance;
    let counted = |count: &Option<i64>, what: &str| count.map(|count| format!("{count} {what}"));
    let counts = [counted(people, "there"), counted(expected, "expected"), counted(absent, "absent")];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let parts = [link.as_deref().unwrap_or_default(), &counts, note];
    let shown: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).map(plain).collect();
    Ok(writeln!(out, "  {:<11}{}", "attendance", shown.join("; "))?)
}

fn write_files(out: &mut dyn Write, files: &[FileView]) -> anyhow::Result<()> {
    let mut table = Table::new(&["TYPE", "STATE", "UPLOADED", "TOTAL", "SHA-256", "NAME"]);
    for file in files {
        let sha256 = file.sha256.as_deref().unwrap_or_default();
        let state = match &file.skip_reason {
            Some(reason) => format!("skipped: {reason}"),
            None => file.state.to_owned(),
        };
        table.row([
            file.file_type.clone(),
            state,
            file.uploaded.to_string(),
            file.total.or(file.listed_size).map(|total| total.to_string()).unwrap_or_default(),
            sha256.chars().take(12).collect(),
            file.name.clone(),
        ]);
    }
    table.write(out)?;
    for file in files {
        if let Some(link) = &file.link {
            writeln!(out, "{link}  {}", plain(&file.name))?;
        }
    }
    Ok(())
}
