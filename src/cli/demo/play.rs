//! Plays the meetings: signed webhooks, faults, a crash in the middle, and at the end a meeting from Google Meet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use tokio::sync::mpsc::UnboundedSender;

use super::audience::Audience;
use super::conference;
use super::life::Life;
use super::script::{self, BIG_FILE_VIEW, BOARD, LECTURE, REHEARSAL, SCENES, Scale, Scene};
use crate::jobs::amounts::data_size;
use crate::jobs::{FileState, Job, Stage, Standing};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Route;
use crate::store::{JobFilter, Store};
use crate::webhook;

/// Interval at which a job's state is read while waiting for it.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Time limit for the big file to reach its middle. All other waits end by the demo's own limit.
const HALFWAY_WITHIN: Duration = Duration::from_secs(300);

/// Result of the play.
pub(super) struct Played {
    /// The service, still running.
    pub life: Life,
    /// Status codes of the answers to all genuine deliveries.
    pub answers: Vec<u16>,
    /// Number of repeated deliveries.
    pub repetitions: usize,
    /// Status code of the answer to the forged delivery.
    pub forged: u16,
    /// Bytes of the big file on Drive when the service was killed.
    pub killed_at: u64,
    /// Time from the first delivery until the last byte was proved.
    pub carried_in: Duration,
}

/// What is played, and for whom.
pub(super) struct Staging<'a> {
    pub sandbox: &'a Sandbox,
    pub settings: &'a BTreeMap<String, String>,
    pub scale: Scale,
    /// Somebody who watches in a browser.
    pub audience: Option<Audience>,
}

/// State of the play.
pub(super) struct Play<'a> {
    sandbox: &'a Sandbox,
    settings: &'a BTreeMap<String, String>,
    store: Store,
    scale: Scale,
    audience: Option<Audience>,
    notes: UnboundedSender<String>,
    answers: Vec<u16>,
}

impl<'a> Play<'a> {
    /// Prepares the play. `store` is open on the service's database.
    pub(super) fn new(staging: Staging<'a>, store: Store, notes: UnboundedSender<String>) -> Self {
        let Staging { sandbox, settings, scale, audience } = staging;
        Self { sandbox, settings, store, scale, audience, notes, answers: Vec::new() }
    }

    /// Plays everything. Ends when every job is finished.
    pub(super) async fn run(mut self) -> anyhow::Result<Played> {
        let life = Life::start(self.settings).await?;
        self.note(format!("the service listens on {}", life.url));
        if let Some(audience) = &self.audience {
            audience.can_be_told(&self.store).await?;
            self.note(audience.invitation());
            audience.arrives(&self.store).await?;
        }
        let began = Instant::now();
        let forged = self.forge(&life).await?;
        self.rehearsal(&life).await?;
        let repetitions = self.lecture_and_board(&life).await?;
        let (life, killed_at) = self.kill(life).await?;
        self.wait("all files are on Drive, proved", |jobs| {
            jobs.iter().all(|job| job.stage >= Stage::Verified && !job.has_news())
        })
        .await?;
        let carried_in = began.elapsed();
        self.note("every available file is proved on Drive; now the late-file windows end".to_owned());
        self.wait("all jobs are finished", |jobs| {
            jobs.iter().all(|job| job.standing == Standing::Finished && !job.has_news())
        })
        .await?;
        let brought = conference::bring(self.settings).await?;
        self.note(format!("zoom2drive meet bring: {brought}"));
        self.wait("the job of Meet is finished", |jobs| {
            jobs.iter().all(|job| job.standing == Standing::Finished && !job.has_news())
        })
        .await?;
        Ok(Played { life, answers: self.answers, repetitions, forged, killed_at, carried_in })
    }

    /// Sends a webhook with a forged signature.
    async fn forge(&self, life: &Life) -> anyhow::Result<u16> {
        let body = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        let url = format!("{}{}", life.url, webhook::PATH);
        let status = self.sandbox.zoom.deliver_signed_with("a guess at the secret", &url, &body).await?;
        self.note(format!("a webhook with a forged signature: answered {status}"));
        Ok(status)
    }

    /// The first meeting. Its transcript is ready only after the rest is archived.
    async fn rehearsal(&mut self, life: &Life) -> anyhow::Result<()> {
        self.announce(life, &REHEARSAL, "recording.completed").await?;
        self.wait("the first meeting is verified", |jobs| {
            jobs.iter()
                .any(|job| job.recording.uuid.as_str() == REHEARSAL.uuid && job.stage == Stage::Verified)
        })
        .await?;
        self.note("its files are proved; only now Zoom finishes its transcript".to_owned());
        script::finish_transcript(self.sandbox);
        self.announce(life, &REHEARSAL, "recording.transcript_completed").await
    }

    /// The other two meetings, one of them announced three times. Returns the number of repeated deliveries.
    async fn lecture_and_board(&mut self, life: &Life) -> anyhow::Result<usize> {
        let body = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        self.deliver(life, &body).await?;
        self.note(format!("Zoom sends recording.completed: {}", LECTURE.topic));
        self.announce(life, &BOARD, "recording.completed").await?;
        self.deliver(life, &body).await?;
        self.note("Zoom delivers the big meeting's event a second time, byte for byte".to_owned());
        let other = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        self.deliver(life, &other).await?;
        self.note("and a third time, with other addresses and tokens".to_owned());
        Ok(2)
    }

    /// Kills the service when Drive has half of the big file, and starts another one.
    async fn kill(&self, life: Life) -> anyhow::Result<(Life, u64)> {
        let half = self.scale.big() / 2;
        let is_half = || held(self.sandbox) >= half;
        let reached = self.sandbox.transcript.wait_until(HALFWAY_WITHIN, is_half).await;
        ensure!(reached, "the big file did not reach its middle in {HALFWAY_WITHIN:?}");
        life.crash();
        let killed_at = held(self.sandbox);
        self.note(format!(
            "KILLED the service, with {} of {} of the big file on Drive",
            data_size(killed_at),
            data_size(self.scale.big())
        ));
        if let Some(audience) = &self.audience {
            self.note(Audience::what_to_see());
            audience.sees_the_end().await;
        }
        let life = Life::start(self.settings).await?;
        self.note("started another on the same database".to_owned());
        Ok((life, killed_at))
    }

    async fn announce(&mut self, life: &Life, scene: &Scene, event: &str) -> anyhow::Result<()> {
        let body = self.sandbox.zoom.event(scene.uuid, event);
        self.deliver(life, &body).await?;
        self.note(format!("Zoom sends {event}: {}", scene.topic));
        Ok(())
    }

    async fn deliver(&mut self, life: &Life, body: &[u8]) -> anyhow::Result<()> {
        let url = format!("{}{}", life.url, webhook::PATH);
        self.answers.push(self.sandbox.zoom.deliver(&url, body).await?);
        Ok(())
    }

    /// Waits until the jobs fulfil a condition. A parked job can never fulfil it.
    async fn wait(&self, what: &str, mut condition: impl FnMut(&[Job]) -> bool) -> anyhow::Result<()> {
        loop {
            let jobs = self.store.jobs(JobFilter::default()).await?;
            if let Some(parked) = jobs.iter().find(|job| job.standing == Standing::Parked) {
                bail!("waited until {what}, but job {} needs a person: {}", parked.id, parked.reason);
            }
            if condition(&jobs) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn note(&self, text: String) {
        // If the receiver is closed, the demo is ending.
        let _closed = self.notes.send(text);
    }
}

/// Bytes of the big file that Drive has confirmed.
fn held(sandbox: &Sandbox) -> u64 {
    let calls = sandbox.transcript.calls();
    let confirmed = calls
        .iter()
        .filter(|call| call.route == Route::UploadChunk && call.subject.contains(BIG_FILE_VIEW))
        .filter_map(|call| call.answer.strip_prefix("308 bytes=0-")?.parse::<u64>().ok());
    confirmed.max().map_or(0, |last| last + 1)
}

/// The state of every job, for a demo that did not finish.
pub(super) async fn stuck(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    for job in store.jobs(JobFilter::default()).await.unwrap_or_default() {
        let files = store.files(job.id).await.unwrap_or_default();
        let open = files.iter().filter(|file| file.state == FileState::Wanted).count();
        lines.push(format!(
            "{}: {}, {}, {open} file(s) still to be copied. {}",
            job.recording.topic, job.stage, job.standing, job.reason
        ));
    }
    if lines.len() < SCENES.len() {
        lines.push(format!("only {} of {} meetings have jobs", lines.len(), SCENES.len()));
    }
    lines
}
