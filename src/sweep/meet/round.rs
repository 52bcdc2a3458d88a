//! The service's rounds: `MEET_BRING=yes` looks at Meet on the sweep's rhythm.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Findings, Known, MeetFinder};
use crate::config::{Config, GoogleConfig};
use crate::google::{GoogleUsers, MeetError};
use crate::http::{self, ClientError};
use crate::jobs::coverage::whole_day_after;
use crate::jobs::{Look, MEET_SINGLETON};
use crate::meet::ConferenceFilter;
use crate::store::{Repeated, Store, StoreError};
use crate::sweep::days;
use crate::sweep::turns::{RoundEnd, Turns};

/// The rounds, for the log.
const WHAT: &str = "the look at Google Meet";

/// Looks at Google Meet at intervals.
pub struct MeetSweeper {
    turns: Turns,
    look: MeetLook,
}

/// What a round needs.
struct MeetLook {
    store: Store,
    config: GoogleConfig,
    users: Arc<GoogleUsers>,
    back: Duration,
}

/// Why a round failed as a whole.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Meet(#[from] MeetError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Result of a round.
struct MeetFindings {
    users: usize,
    conferences: usize,
    accepted: u64,
    failed: usize,
    /// Users who may not use Meet, by the company's choice.
    without: usize,
    /// The days that it looked at.
    look: Option<Look>,
    notes: Vec<String>,
}

impl fmt::Display for MeetFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, conferences, accepted, failed, without, look: _, notes } = self;
        write!(f, "{users} user(s), {conferences} conference(s) with recordings, {accepted} of them new")?;
        if *failed > 0 {
            write!(f, "; {failed} user(s) could not be asked, the log says which")?;
        }
        if *without > 0 {
            write!(f, "; {without} user(s) have no Meet")?;
        }
        notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl MeetSweeper {
    /// `None` unless `MEET_BRING` and the sweep are on.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(store: Store, config: &Config) -> Result<Option<Self>, ClientError> {
        let Some(every) = config.meet_every() else { return Ok(None) };
        let hold_for = config.service.lease_for;
        let calls = http::client(Some(config.relay.idle_timeout))?;
        let users = Arc::new(GoogleUsers::new(calls, &config.google));
        let look = MeetLook {
            store: store.clone(),
            config: config.google.clone(),
            users,
            back: config.service.sweep_back,
        };
        Ok(Some(Self { turns: Turns::new(store, (MEET_SINGLETON, WHAT), every, hold_for), look }))
    }

    /// Looks until `stopping` is cancelled.
    pub async fn run(self, stopping: CancellationToken) {
        let Self { mut turns, look } = self;
        while let Some(turn) = turns.next(&stopping).await {
            turn.work(async { told(look.round().await) }, &stopping).await;
        }
    }
}

/// A round is complete only if every user who may use Meet could be asked.
fn told(found: Result<MeetFindings, RoundError>) -> RoundEnd {
    match found {
        Ok(found) => {
            let MeetFindings { users, conferences, accepted, failed, look, .. } = found;
            info!(users, conferences, accepted, failed, "looked at Google Meet: {found}");
            let is_whole = failed == 0 && found.without < users;
            RoundEnd { ok: is_whole, note: found.to_string(), unseen: String::new(), look }
        }
        Err(error) => RoundEnd::failed(WHAT, &error),
    }
}

impl MeetLook {
    async fn round(&self) -> Result<MeetFindings, RoundError> {
        let finder = MeetFinder::new(self.users.clone(), &self.config);
        let now = self.store.now().await?;
        let since = days::instant_back(now, self.back);
        // Its lists begin at an instant: the day of that instant is not whole.
        let first = since.and_then(whole_day_after);
        let look = first.map(|first| Look { at: now, back: self.back, first });
        let company = self.company(&finder).await?;
        let filter = ConferenceFilter { since, ..ConferenceFilter::default() };
        let Findings { conferences, users, failures } = finder.find(&company.0, &filter).await?;
        for (user, error) in &failures {
            warn!(?user, %error, "cannot read a user's conferences");
        }
        let mut accepted = 0;
        for found in &conferences {
            if matches!(found.known(&self.store).await?, Known::Missing)
                && found.accept(&self.store).await?.repeated == Repeated::No
            {
                accepted += 1;
            }
        }
        let is_without = |error: &MeetError| matches!(error, MeetError::Denied { .. });
        let without = failures.iter().filter(|(_, error)| is_without(error)).count();
        let (conferences, failed, notes) = (conferences.len(), failures.len() - without, company.1);
        Ok(MeetFindings { users, conferences, accepted, failed, without, look, notes })
    }

    /// Who is asked, and notes: `MEET_USERS`, or the person who is logged in, or else the whole company.
    async fn company(&self, finder: &MeetFinder) -> Result<(Vec<String>, Vec<String>), MeetError> {
        if !self.config.meet.users.is_empty() {
            return Ok((self.config.meet.users.clone(), Vec::new()));
        }
        if self.users.is_person() {
            return Ok((vec![self.users.login(&self.config).await?], Vec::new()));
        }
        let company = finder.directory().users().await?;
        Ok((company.users, company.notes))
    }
}
