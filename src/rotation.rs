//! Reloads replaced secrets and rules from their files without a restart.
//!
//! The setting files are checked every few seconds, and on SIGHUP. A changed value is read again and validated like
//! at the start. A valid value replaces the old one: running calls keep the old value, the next ones use the new.
//! An invalid value changes nothing and is reported once.

mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{self, Config, ConfigError, Reader, Replaceable, Replacement};
use crate::jobs::pause::System;
use crate::live::Live;
use crate::store::Store;
use watch::{FileWatch, ReadMode};

/// How long a replaced webhook secret is still accepted. Zoom changes its secret when a person clicks there, which
/// may be long after the file was written, and events signed before may arrive late.
pub const FORMER_SECRET_FOR: Duration = Duration::from_secs(3600);

/// Longest delay before a changed file is read again: the change counts if both reads are equal.
const SETTLE_WITHIN: Duration = Duration::from_secs(1);

/// Replaced values that are not valid, each with the reason; for messages to people.
pub type Unusable = Live<BTreeMap<Replaceable, String>>;

/// Reloads replaced secrets.
pub struct Rotation {
    config: Config,
    store: Store,
    unusable: Unusable,
    reload_signal: Arc<Notify>,
}

/// The files and their last known contents. They are read in a thread of their own, because a network file system
/// may be slow.
struct Files {
    reader: Reader,
    watch: FileWatch,
}

/// Result of one check.
struct ScanResult {
    /// Variables whose files have changed, by the part of the settings that they belong to.
    changed: BTreeMap<Replaceable, Changed>,
    /// Changed files that only the next start can apply.
    too_late: BTreeSet<&'static str>,
    /// True if a file may have changed; the next check decides.
    is_waiting: bool,
}

struct Changed {
    variables: Vec<&'static str>,
    read: Result<Replacement, ConfigError>,
}

/// Result of applying a new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretUpdate {
    /// It equals the old one.
    Same,
    /// It is in use.
    Replaced,
    /// A secret that was absent at the start cannot be added, and one that was present cannot be removed.
    Refused,
}

impl Rotation {
    /// Makes the task for the settings that are shared with the rest of the program.
    pub fn new(store: Store, config: &Config, unusable: Unusable) -> Self {
        Self { config: config.clone(), store, unusable, reload_signal: Arc::default() }
    }

    /// When notified, the task checks all files at once.
    pub fn reload_signal(&self) -> Arc<Notify> {
        self.reload_signal.clone()
    }

    /// Watches until `stopping` is cancelled.
    pub async fn run(self, stopping: CancellationToken) {
        let every = self.config.service.rotate_every;
        let mut files = Files { reader: self.config.source.clone(), watch: FileWatch::default() };
        let (mut look, mut is_first) = (ReadMode::Sure, true);
        loop {
            let looking = tokio::task::spawn_blocking(move || {
                let found = files.look(look);
                (files, found)
            });
            let Ok((back, found)) = looking.await else {
                error!("the check for replaced secrets has failed; the next start reads them");
                return;
            };
            files = back;
            let wait = if found.is_waiting { every.min(SETTLE_WITHIN) } else { every };
            let told =
                (look == ReadMode::Sure && !is_first).then_some(found.changed.len() + found.too_late.len());
            self.take_all(found, is_first).await;
            if let Some(changed) = told {
                info!(
                    changed,
                    "SIGHUP: checked the secret files; .env and the environment are read only at the start"
                );
            }
            is_first = false;
            look = tokio::select! {
                () = stopping.cancelled() => return,
                () = self.reload_signal.notified() => ReadMode::Sure,
                () = tokio::time::sleep(wait), if !every.is_zero() => ReadMode::Glance,
            };
        }
    }

    async fn take_all(&self, found: ScanResult, is_first: bool) {
        for (what, changed) in found.changed {
            let names = changed.variables.join(", ");
            match changed.read.map(|new| self.take(new)) {
                Ok(SecretUpdate::Same) => self.note(what, None),
                Ok(SecretUpdate::Replaced) => {
                    self.note(what, None);
                    info!("{names} was replaced; the new value is in force{}", remark(what));
                    self.probe(what).await;
                }
                Ok(SecretUpdate::Refused) => {
                    self.report(what, &names, "it cannot appear or disappear before the next start")
                }
                Err(error) => self.report(what, &names, &faults(&error)),
            }
        }
        // At the start the file has just been read.
        for name in found.too_late.into_iter().filter(|_| !is_first) {
            warn!("the file of {name} has changed; it is read at the next start");
        }
    }

    fn take(&self, new: Replacement) -> SecretUpdate {
        match new {
            Replacement::WebhookSecrets(secrets) => {
                let live = &self.config.zoom.webhook_secrets;
                let ring = live.now();
                if ring.current() == secrets {
                    return SecretUpdate::Same;
                }
                live.replace(ring.replaced_by(secrets, Timestamp::now(), FORMER_SECRET_FOR));
                SecretUpdate::Replaced
            }
            Replacement::ZoomCredentials(new) => replace(self.config.zoom.credentials.as_ref(), new),
            Replacement::GoogleCredentials(new) => replace(Some(&self.config.google.credentials), Some(new)),
            Replacement::AdminToken(new) => replace(self.config.service.admin_token.as_ref(), new),
            Replacement::ViewerToken(new) => replace(self.config.service.viewer_token.as_ref(), new),
            Replacement::Rules(new) => replace(Some(&self.config.rules), Some(new)),
        }
    }

    /// Reports a value that is not valid: in the log once for each content of the file, and to people while it
    /// lasts.
    fn report(&self, what: Replaceable, names: &str, why: &str) {
        error!(?why, "the new value of {names} cannot be used; the old one stays in force");
        self.note(what, Some(format!("{names}: {why}")));
    }

    /// Records the fault of a new value, or that there is none.
    fn note(&self, what: Replaceable, fault: Option<String>) {
        let mut unusable = (*self.unusable.now()).clone();
        let changed = match fault {
            Some(fault) => unusable.insert(what, fault.clone()) != Some(fault),
            None => unusable.remove(&what).is_some(),
        };
        if changed {
            self.unusable.replace(unusable);
        }
    }

    /// After credentials are replaced, the paused system is probed at once.
    async fn probe(&self, what: Replaceable) {
        let system = match what {
            Replaceable::ZoomCredentials => System::Zoom,
            Replaceable::GoogleCredentials => System::Drive,
            Replaceable::WebhookSecrets
            | Replaceable::AdminToken
            | Replaceable::ViewerToken
            | Replaceable::Rules => return,
        };
        if let Err(error) = self.store.probe_now(system).await {
            warn!(%error, "cannot make the probe of {system} due now; it runs when it is due");
        }
    }
}

impl Files {
    fn look(&mut self, look: ReadMode) -> ScanResult {
        let variables = self.watch.look(self.reader.files(), look);
        let (mut changed, mut too_late) = (BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
        for variable in variables {
            match Replaceable::of(variable) {
                Some(what) => changed.entry(what).or_default().push(variable),
                None => drop(too_late.insert(variable)),
            }
        }
        let mut read = |(what, variables)| {
            let read = config::reread(&mut self.reader, what);
            (what, Changed { variables, read })
        };
        let changed = changed.into_iter().map(&mut read).collect();
        ScanResult { changed, too_late, is_waiting: self.watch.is_waiting() }
    }
}

fn replace<T: PartialEq>(live: Option<&Live<T>>, new: Option<T>) -> SecretUpdate {
    match (live, new) {
        (Some(live), Some(new)) if *live.now() == new => SecretUpdate::Same,
        (Some(live), Some(new)) => {
            live.replace(new);
            SecretUpdate::Replaced
        }
        (None, None) => SecretUpdate::Same,
        _ => SecretUpdate::Refused,
    }
}

fn remark(what: Replaceable) -> String {
    match what {
        Replaceable::WebhookSecrets => {
            format!(", and the former one is accepted for {} more minutes", FORMER_SECRET_FOR.as_secs() / 60)
        }
        _ => String::new(),
    }
}

/// The faults, without the values.
fn faults(error: &ConfigError) -> String {
    let faults = error.faults().iter().map(|fault| format!("{} {}", fault.name, fault.what));
    faults.collect::<Vec<_>>().join("; ")
}
