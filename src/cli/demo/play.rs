//! Plays the three meetings: signed webhooks in, faults in between, a death in the middle.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use tokio::sync::mpsc::UnboundedSender;

use super::life::Life;
use super::script::{self, BIG_FILE_VIEW, BOARD, LECTURE, REHEARSAL, SCENES, Scale, Scene};
use crate::cli::figures::shown;
use crate::jobs::{FileState, Job, Stage, Standing};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Route;
use crate::store::{JobFilter, Store};
use crate::webhook;

/// How often a job is looked at while waiting for it.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Longest wait for the big file to come to its middle. All other waits end by the demo's own limit.
const HALFWAY_WITHIN: Duration = Duration::from_secs(300);

/// What happened.
pub(super) struct Played {
    /// The service, still running.
    pub life: Life,
    /// What every genuine delivery was answered with.
    pub answers: Vec<u16>,
    /// How many of them were repetitions.
    pub repetitions: usize,
    /// What the forged one was answered with.
    pub forged: u16,
    /// How many bytes of the big file Drive held when the service was killed.
    pub killed_at: u64,
    /// From the first delivery until the last byte was proved.
    pub carried_in: Duration,
}

/// The stage and its props.
pub(super) struct Play<'a> {
    sandbox: &'a Sandbox,
    settings: &'a BTreeMap<String, String>,
    store: Store,
    scale: Scale,
    notes: UnboundedSender<String>,
    answers: Vec<u16>,
}

impl<'a> Play<'a> {
    /// Nothing happens yet. `store` looks at the same database as the service.
    pub(super) fn new(
        sandbox: &'a Sandbox,
        settings: &'a BTreeMap<String, String>,
        store: Store,
        scale: Scale,
        notes: UnboundedSender<String>,
    ) -> Self {
        Self { sandbox, settings, store, scale, notes, answers: Vec::new() }
    }

    /// Plays everything. Ends when every job is finished.
    pub(super) async fn run(mut self) -> anyhow::Result<Played> {
        let life = Life::start(self.settings).await?;
        self.note(format!("the service listens on {}", life.url));
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
        self.note("every file that can be had is on Drive, proved; now the late-file windows end".to_owned());
        self.wait("all jobs are finished", |jobs| {
            jobs.iter().all(|job| job.standing == Standing::Finished && !job.has_news())
        })
        .await?;
        Ok(Played { life, answers: self.answers, repetitions, forged, killed_at, carried_in })
    }

    /// A webhook that Zoom never signed.
    async fn forge(&self, life: &Life) -> anyhow::Result<u16> {
        let body = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        let url = format!("{}{}", life.url, webhook::PATH);
        let status = self.sandbox.zoom.deliver_signed_with("a guess at the secret", &url, &body).await?;
        self.note(format!("a webhook with a forged signature: answered {status}"));
        Ok(status)
    }

    /// The first meeting; its transcript is ready only when the rest has been archived.
    async fn rehearsal(&mut self, life: &Life) -> anyhow::Result<()> {
        self.announce(life, &REHEARSAL, "recording.completed").await?;
        self.wait("the first meeting is verified", |jobs| {
            jobs.iter()
                .any(|job| job.recording.uuid.as_str() == REHEARSAL.uuid && job.stage == Stage::Verified)
        })
        .await?;
        self.note("its files are proved; only now Zoom has finished its transcript".to_owned());
        script::finish_transcript(self.sandbox);
        self.announce(life, &REHEARSAL, "recording.transcript_completed").await
    }

    /// The other two, one of them announced three times. Says how many deliveries were repetitions.
    async fn lecture_and_board(&mut self, life: &Life) -> anyhow::Result<usize> {
        let body = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        self.deliver(life, &body).await?;
        self.note(format!("Zoom says recording.completed: {}", LECTURE.topic));
        self.announce(life, &BOARD, "recording.completed").await?;
        self.deliver(life, &body).await?;
        self.note("Zoom delivers the big meeting's event a second time, byte for byte".to_owned());
        let other = self.sandbox.zoom.event(LECTURE.uuid, "recording.completed");
        self.deliver(life, &other).await?;
        self.note("and a third time, with other addresses and tokens".to_owned());
        Ok(2)
    }

    /// Kills the service when Drive holds half of the big file, and starts another.
    async fn kill(&self, life: Life) -> anyhow::Result<(Life, u64)> {
        let half = self.scale.big() / 2;
        let is_half = || held(self.sandbox) >= half;
        let reached = self.sandbox.transcript.wait_until(HALFWAY_WITHIN, is_half).await;
        ensure!(reached, "the big file did not come to its middle in {HALFWAY_WITHIN:?}");
        life.crash();
        let killed_at = held(self.sandbox);
        self.note(format!(
            "KILLED the service, with {} of {} of the big file on Drive",
            shown(killed_at),
            shown(self.scale.big())
        ));
        let life = Life::start(self.settings).await?;
        self.note("started another on the same database".to_owned());
        Ok((life, killed_at))
    }

    async fn announce(&mut self, life: &Life, scene: &Scene, event: &str) -> anyhow::Result<()> {
        let body = self.sandbox.zoom.event(scene.uuid, event);
        self.deliver(life, &body).await?;
        self.note(format!("Zoom says {event}: {}", scene.topic));
        Ok(())
    }

    async fn deliver(&mut self, life: &Life, body: &[u8]) -> anyhow::Result<()> {
        let url = format!("{}{}", life.url, webhook::PATH);
        self.answers.push(self.sandbox.zoom.deliver(&url, body).await?);
        Ok(())
    }

    /// Waits for the jobs to come to a condition. A job that needs a person will never come to it.
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
        // When nobody listens any more the demo is ending anyway.
        let _closed = self.notes.send(text);
    }
}

/// How much of the big file Drive has confirmed so far.
fn held(sandbox: &Sandbox) -> u64 {
    let calls = sandbox.transcript.calls();
    let confirmed = calls
        .iter()
        .filter(|call| call.route == Route::UploadChunk && call.subject.contains(BIG_FILE_VIEW))
        .filter_map(|call| call.answer.strip_prefix("308 bytes=0-")?.parse::<u64>().ok());
    confirmed.max().map_or(0, |last| last + 1)
}

/// Why the demo did not come to its end: where every job stood.
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
        lines.push(format!("only {} of {} meetings became jobs", lines.len(), SCENES.len()));
    }
    lines
}
