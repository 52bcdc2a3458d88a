//! `meet bring`: archives what Meet has recorded, by the same jobs as the service.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::archive::{Archive, Listed, State};
use super::gap::{self, OpenGap};
use super::{Common, ScopeArgs, recordings, usage};
use crate::app::EmbeddedWorker;
use crate::backfill::watch::RunWatch;
use crate::cli::known_store;
use crate::cli::signals::Signals;
use crate::cli::table::plain;
use crate::config::{Config, Reader};
use crate::jobs::{Job, JobId};
use crate::meet::ConferenceName;
use crate::store::backfills::{AwaitedJob, BackfillId};
use crate::store::{self, Access, Store};
use crate::sweep::meet::FoundConference;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet bring --dry-run
  zoom2drive meet bring --all-users --since 2026-11-01
  zoom2drive meet bring conferenceRecords/b4a5c6d7
  zoom2drive meet bring --gap

Exit codes: 0 all of it is archived or not ready yet, 1 something failed or was stopped, 2 wrong
usage or settings.";

/// Interval between two looks at the jobs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Arguments of `meet bring`.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Only this conference, such as conferenceRecords/b4a5c6d7
    #[arg(value_name = "RECORD")]
    pub record: Option<ConferenceName>,
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The days that no look of the service has covered, of everybody whom it asks; closes the gap
    #[arg(long, conflicts_with_all = ["record", "user", "all_users", "since", "until", "code", "space"])]
    pub gap: bool,
    /// Only list what would be brought
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Brings the recordings. The originals stay as they are.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let ScopeArgs { since, until, code, space, .. } = &args.scope;
    if args.record.is_some() && (since.is_some() || until.is_some() || code.is_some() || space.is_some()) {
        return Err(
            usage("a conference stands for itself: leave out --since, --until, --code and --space").into()
        );
    }
    let config = Config::read_without_webhooks(reader)?;
    let archive = Archive::open(reader, &args.common)?;
    let store = match args.dry_run {
        true => known_store(&config.database_url, Access::Read).await?,
        false => Some(store::open(&config.database_url).await.context("cannot open the database")?),
    };
    let done = bring(args, &config, &archive, store.clone(), out).await;
    if let Some(store) = store {
        store.close().await;
    }
    done
}

async fn bring(
    args: &Args,
    config: &Config,
    archive: &Archive,
    store: Option<Store>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let gap = if args.gap { OpenGap::find(store.as_ref()).await? } else { None };
    if args.gap && gap.is_none() {
        let text = |out: &mut dyn Write| Ok(writeln!(out, "{}", gap::NONE)?);
        archive.session.print(out, || serde_json::json!({"gap": null}), text)?;
        return Ok(ExitCode::SUCCESS);
    }
    let scope = gap.as_ref().map(|gap| gap.scope(archive.session.users.is_person()));
    let scope = scope.as_ref().unwrap_or(&args.scope);
    let mut listed = archive.list(scope, args.record.as_ref(), store.as_ref()).await?;
    if let Some(store) = store.filter(|_| !args.dry_run) {
        let run = Run { config, store, is_json: args.common.json };
        let is_stopped = run.work(&mut listed, out).await?;
        if is_stopped {
            listed.notes.push("stopped; the same command goes on where this one ended".to_owned());
        } else if let Some(gap) = gap {
            let closed = gap.close(&listed, &run.store).await?;
            listed.notes.push(closed);
        }
        report(&listed, archive, out)?;
        let is_well = !is_stopped && listed.rows.iter().all(|(_, state)| !state.is_bad());
        return Ok(if is_well { listed.exit_code() } else { ExitCode::FAILURE });
    }
    archive.session.print(
        out,
        || recordings::json(&listed, archive),
        |out| recordings::write(out, &listed, archive),
    )?;
    Ok(listed.exit_code())
}

/// What became of each conference.
fn report(listed: &Listed, archive: &Archive, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = |out: &mut dyn Write| {
        for (found, state) in &listed.rows {
            for artifact in found.pending() {
                writeln!(out, "not ready  {}: {}", plain(&title(found)), artifact.kind.word())?;
            }
            if let State::Incomplete(id, why) | State::Parked(id, why) = state {
                writeln!(out, "NOT ARCHIVED  {} (job {id}): {}", plain(&title(found)), plain(why))?;
            }
        }
        let count = |is: fn(&State) -> bool| listed.rows.iter().filter(|(_, state)| is(state)).count();
        writeln!(
            out,
            "{} conference(s) archived, {} not ready, {} incomplete or waiting for a person.",
            count(|state| matches!(state, State::Archived(_))),
            count(|state| matches!(state, State::NotReady)),
            count(State::is_bad),
        )?;
        recordings::write_rest(out, listed)
    };
    let json = || -> Value { recordings::json(listed, archive) };
    archive.session.print(out, json, text)
}

/// The title, or the code, with the name of the conference.
fn title(found: &FoundConference) -> String {
    let code = found.facts.code.as_ref().map(ToString::to_string).unwrap_or_default();
    let title = if found.facts.title.is_empty() { code } else { found.facts.title.clone() };
    format!("{title} [{}]", found.conference.name)
}

/// The work itself.
struct Run<'a> {
    config: &'a Config,
    store: Store,
    is_json: bool,
}

impl Run<'_> {
    /// Begins the jobs and waits for them. Afterwards the rows have their states. True if a signal ended it.
    async fn work(&self, listed: &mut Listed, out: &mut dyn Write) -> anyhow::Result<bool> {
        // From here on a signal means an orderly stop.
        let mut signals = Signals::listen()?;
        let run = self.store.begin_backfill().await?;
        let begun = self.begin(run, listed, out).await?;
        let mut is_stopped = false;
        if begun > 0 {
            let stop = CancellationToken::new();
            let waited = {
                let mut waiting = std::pin::pin!(self.wait(run, &stop, out));
                loop {
                    tokio::select! {
                        waited = &mut waiting => break waited,
                        () = signals.stop(), if !is_stopped => {
                            is_stopped = true;
                            stop.cancel();
                        }
                    }
                }
            };
            waited?;
        }
        self.store.end_backfill(run).await?;
        for (found, state) in &mut listed.rows {
            *state = State::of(found, &self.store).await?;
        }
        Ok(is_stopped)
    }

    /// Begins jobs, and tries again what a person may have mended. Returns the number of jobs to wait for.
    async fn begin(&self, run: BackfillId, listed: &Listed, out: &mut dyn Write) -> anyhow::Result<usize> {
        let mut awaited = Vec::new();
        for (found, state) in &listed.rows {
            let job = match state {
                State::Missing => found.accept(&self.store).await?.job,
                State::Incomplete(id, _) | State::Parked(id, _) => {
                    self.store.retry(*id).await?;
                    Some(*id)
                }
                State::UnderWay(id) => Some(*id),
                State::Archived(id) => {
                    self.say(out, &format!("is there  {} (job {id})", title(found)))?;
                    None
                }
                State::Unknown | State::NotReady | State::Cancelled(_) => None,
            };
            awaited.extend(job.map(|job| AwaitedJob { job, bytes: 0 }));
        }
        self.store.await_jobs(run, &awaited).await?;
        Ok(awaited.len())
    }

    /// Waits until every job has ended, and works if no service does.
    async fn wait(
        &self,
        run: BackfillId,
        stop: &CancellationToken,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let watch = RunWatch::new(self.store.clone(), run);
        let mut worker = None;
        let watched = loop {
            if worker.is_none() && !self.store.is_worked_on().await.unwrap_or(true) {
                worker = Some(EmbeddedWorker::start(self.config, self.store.clone(), None).await?);
            }
            let snapshot = match watch.snapshot().await {
                Ok(snapshot) => snapshot,
                Err(error) => break Err(error.into()),
            };
            for ended in &snapshot.ended {
                self.tell(&ended.job, out).await?;
            }
            if (snapshot.left.jobs == 0 && snapshot.ended.is_empty()) || stop.is_cancelled() {
                break Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        };
        if let Some(worker) = worker {
            worker.stop().await;
        }
        watched
    }

    async fn tell(&self, job: &Job, out: &mut dyn Write) -> anyhow::Result<()> {
        let Job { id, recording, .. } = job;
        let title = if recording.topic.is_empty() { &recording.meeting_id } else { &recording.topic };
        let state = State::of_job(&self.store.job(JobId(id.0)).await?, &self.store).await?;
        let files = self.store.files(job.id).await?;
        let count = |word: &str| files.iter().filter(|file| file.shown_state() == word).count();
        let (proved, exported) = (count("verified"), count("exported"));
        self.say(
            out,
            &format!(
                "{}  {title} [{}] (job {id}): {proved} proved, {exported} exported",
                state.word(),
                recording.uuid
            ),
        )
    }

    fn say(&self, out: &mut dyn Write, line: &str) -> anyhow::Result<()> {
        if self.is_json { Ok(()) } else { Ok(writeln!(out, "{}", plain(line))?) }
    }
}
