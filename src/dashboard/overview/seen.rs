//! What the overview shows, read from the store, the process and the machine at one moment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Dashboard;
use super::rates::Rates;
use crate::jobs::messages::alerts::Alert;
use crate::jobs::messages::conditions::{Limits, LocalSnapshot, SystemSnapshot, Unannounced};
use crate::jobs::outlook::{Facts, LateFiles, Outlook, ParkedReason, Totals, Unwanted, outlook};
use crate::jobs::pause::daily::Uploaded;
use crate::jobs::{MEET_SINGLETON, Millis, SWEEP_SINGLETON, VerificationState};
use crate::live::{Live, Moving, MovingFile};
use crate::store::shelf::{ParkedGroup, ShelfCounts};
use crate::store::{ActiveFile, Store, StoreError};

/// Reading may take this long; then the state is unknown.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// What rarely changes is read again after this time.
const SLOW_FOR: Duration = Duration::from_secs(5);

/// Sums over all recordings are counted again after this time.
const COUNTS_FOR: Duration = Duration::from_secs(60);

/// Messages that reached nobody are told for this time.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);

/// Groups of parked recordings that are read; those beyond are one more thing.
const GROUPS_MAX: u32 = 50;

/// Proofs that are shown.
const PROOFS: u32 = 5;

/// What the overview needs besides the store.
#[derive(Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Sources {
    /// The transfers of this process.
    pub moving: Moving,
    /// Whether the workers run.
    pub is_alive: Arc<dyn Fn() -> bool + Send + Sync>,
    /// What this instance's watcher of problems sees.
    pub local: Live<LocalSnapshot>,
    pub limits: Limits,
    /// Interval of the looks at Google Meet, if there are any.
    pub meet_every: Option<Duration>,
    /// Tells if the archive is verified by itself.
    pub verifies: bool,
    /// How long late files are awaited.
    pub settle_for: Duration,
    /// Bytes that Google takes in a day, if that is limited.
    pub daily_limit: Option<u64>,
    /// Free bytes on the disk of the database, if it is on this machine.
    pub disk_free: Arc<dyn Fn() -> Option<u64> + Send + Sync>,
}

/// What was read lately, and how fast files move.
#[derive(Default)]
pub(in super::super) struct Memory {
    slow: Option<(Instant, Slow)>,
    counts: Option<(Instant, Millis, ShelfCounts)>,
    pub(super) rates: Rates,
}

/// What rarely changes.
#[derive(Clone)]
struct Slow {
    unannounced: Unannounced,
    alerts: Vec<Alert>,
    parked: Vec<ParkedReason>,
    given_up: u64,
    late: LateFiles,
    disk_free: Option<u64>,
    verification: VerificationState,
}

/// The overview's facts at one moment.
pub(in super::super) struct Seen {
    pub(super) now: Millis,
    pub(super) outlook: Outlook,
    pub(super) moving: Vec<MovingNow>,
    pub(super) proofs: Vec<ActiveFile>,
    pub(super) day: Vec<Uploaded>,
    /// When Zoom is asked again, if that is known.
    pub(super) next_look_at: Option<Millis>,
}

/// A file in motion, and how fast.
pub(super) struct MovingNow {
    pub(super) file: ActiveFile,
    pub(super) total: u64,
    /// Passed on to Drive.
    pub(super) sent: u64,
    /// Confirmed by Drive.
    pub(super) confirmed: u64,
    /// Bytes per second.
    pub(super) rate: Option<u64>,
    /// For a file of another machine: time since its last checkpoint that was seen here.
    pub(super) checked_ago: Option<Duration>,
}

impl Memory {
    /// What rarely changes is read again at the next look.
    pub(in super::super) fn forget(&mut self) {
        self.slow = None;
    }

    async fn slow(&mut self, dashboard: &Dashboard) -> Result<Slow, StoreError> {
        if let Some((at, slow)) = &self.slow
            && at.elapsed() < SLOW_FOR
        {
            return Ok(slow.clone());
        }
        let (store, sources) = (&dashboard.store, &dashboard.sources);
        let slow = Slow {
            unannounced: store.unannounced().await?,
            alerts: store.alerts().await?,
            parked: store.parked_groups(GROUPS_MAX).await?.into_iter().map(parked_reason).collect(),
            given_up: store.messages_given_up(GIVEN_UP_WITHIN).await?,
            late: store.late_files(sources.settle_for).await?,
            disk_free: (sources.disk_free)(),
            verification: store.verification().await?.watched(sources.verifies),
        };
        self.slow = Some((Instant::now(), slow.clone()));
        Ok(slow)
    }

    async fn counts(&mut self, store: &Store, since: Millis) -> Result<ShelfCounts, StoreError> {
        if let Some((at, known_since, counts)) = &self.counts
            && at.elapsed() < COUNTS_FOR
            && *known_since == since
        {
            return Ok(*counts);
        }
        let counts = store.shelf_counts(since).await?;
        self.counts = Some((Instant::now(), since, counts));
        Ok(counts)
    }
}

fn parked_reason(group: ParkedGroup) -> ParkedReason {
    let ParkedGroup { alike, jobs, example } = group;
    ParkedReason { alike, jobs, reason: example.reason, first: example.id, since: example.updated_at }
}

impl Seen {
    /// Reads the facts.
    ///
    /// # Errors
    /// When the store fails, or does not answer in time.
    pub(in super::super) async fn read(
        dashboard: &Dashboard,
        memory: &mut Memory,
    ) -> Result<Self, StoreError> {
        let reading = Self::read_all(dashboard, memory);
        tokio::time::timeout(READ_WITHIN, reading).await.map_err(|_| StoreError::NoAnswer(READ_WITHIN))?
    }

    async fn read_all(dashboard: &Dashboard, memory: &mut Memory) -> Result<Self, StoreError> {
        let (store, sources) = (&dashboard.store, &dashboard.sources);
        // The figures' sweep is read before the figures: a recording that arrives in between counts as unarchived.
        let singleton = store.singleton(SWEEP_SINGLETON).await?;
        let meet = store.singleton(MEET_SINGLETON).await?;
        let backlog = store.backlog().await?;
        let (queue, pauses) = (store.queue().await?, store.pauses().await?);
        let slow = memory.slow(dashboard).await?;
        let since = singleton.coverage.from.unwrap_or_default();
        let counts = memory.counts(store, since).await?;
        let (moving, proofs, day) = (store.moving().await?, store.proofs(PROOFS).await?, store.day().await?);
        let now = store.now().await?;
        let local = sources.local.now();
        let snapshot = SystemSnapshot {
            now,
            backlog: &backlog,
            singleton: &singleton,
            sweeping: dashboard.sweeping,
            meet: sources.meet_every.map(|every| (&meet, every)),
            verification: Some(&slow.verification),
            pauses: &pauses,
            unannounced: slow.unannounced,
            refused: local.refused,
            unusable: &local.unusable,
            consent_ends_at: local.consent_ends_at,
        };
        let unwanted = Unwanted {
            left_out: counts.left_out + singleton.coverage.left_out,
            called_off: counts.called_off,
        };
        let outlook = outlook(&Facts {
            seen: &snapshot,
            limits: sources.limits,
            alerts: &slow.alerts,
            queue,
            parked: &slow.parked,
            is_alive: (sources.is_alive)(),
            given_up: slow.given_up,
            disk_free: slow.disk_free,
            late: slow.late,
            // Older rows may be among those that were left out.
            unwanted: Some(unwanted).filter(|_| counts.unshelved == 0),
            totals: Some(Totals { recordings: counts.archived, bytes: counts.bytes }),
            zone: &dashboard.zone,
        });
        let moving = moving_now(moving, &sources.moving.now(), &mut memory.rates);
        let next_look_at = snapshot.next_sweep_at();
        Ok(Self { now, outlook, moving, proofs, day, next_look_at })
    }
}

/// Joins the store's files with the counts of this process.
fn moving_now(files: Vec<ActiveFile>, here: &[MovingFile], rates: &mut Rates) -> Vec<MovingNow> {
    let at = Instant::now();
    let moving: Vec<MovingNow> = files
        .into_iter()
        .map(|file| {
            let id = &file.file.drive_id;
            let held = file.file.progress.offset;
            match here.iter().find(|here| here.file == *id) {
                Some(here) => {
                    let sent = here.sent.max(held);
                    let rate = rates.here(id, sent, at);
                    let confirmed = here.confirmed.max(held);
                    MovingNow { total: here.total, sent, confirmed, rate, checked_ago: None, file }
                }
                None => {
                    let (rate, ago) = rates.elsewhere(id, held, at);
                    let total = file.file.progress.total;
                    MovingNow { total, sent: held, confirmed: held, rate, checked_ago: Some(ago), file }
                }
            }
        })
        .collect();
    rates.keep(|id| moving.iter().any(|now| now.file.file.drive_id == id));
    moving
}
