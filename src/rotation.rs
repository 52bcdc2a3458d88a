//! Secrets and rules that are replaced in their files are taken over without a restart.
//!
//! Every few seconds, and when a person says so (SIGHUP), the files that settings were read from are looked at.
//! What has changed is read again with the checks of the start. A good value takes the old one's place: calls
//! under way end with what they hold, the next one uses the new. A bad one changes nothing and is told once.

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

/// How long a webhook secret that was replaced is still accepted: Zoom changes over when somebody presses a
/// button there, which may be a while after the file was written, and events that were signed before may come
/// late.
pub const FORMER_SECRET_FOR: Duration = Duration::from_secs(3600);

/// A changed file is looked at again so soon, at most: it counts when it is then the same.
const SETTLE_WITHIN: Duration = Duration::from_secs(1);

/// New values that cannot be used, each with the reason: for whoever tells people.
pub type Unusable = Live<BTreeMap<Replaceable, String>>;

/// Takes replaced secrets over.
pub struct Rotation {
    config: Config,
    store: Store,
    unusable: Unusable,
    reload_signal: Arc<Notify>,
}

/// The files, and what was seen of them. Read in a thread of its own: a network file system may take its time.
struct Files {
    reader: Reader,
    watch: FileWatch,
}

/// What one look brought.
struct ScanResult {
    /// Variables whose files have changed, by what they are part of.
    changed: BTreeMap<Replaceable, Changed>,
    /// Changed files that nothing can be done about before the next start.
    too_late: BTreeSet<&'static str>,
    /// Something may have changed; a second look will tell.
    is_waiting: bool,
}

struct Changed {
    variables: Vec<&'static str>,
    read: Result<Replacement, ConfigError>,
}

/// What became of a new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretUpdate {
    /// It is the old one.
    Same,
    /// It is in force.
    Replaced,
    /// What was not there at the start cannot begin now, and what was there cannot end.
    Refused,
}

impl Rotation {
    /// For what these settings share with the rest of the program.
    pub fn new(store: Store, config: &Config, unusable: Unusable) -> Self {
        Self { config: config.clone(), store, unusable, reload_signal: Arc::default() }
    }

    /// Notified, it has all files looked at now.
    pub fn reload_signal(&self) -> Arc<Notify> {
        self.reload_signal.clone()
    }

    /// Watches until `stopping`.
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
                error!("looking for replaced secrets has failed; they are taken at the next start");
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
                    "SIGHUP: looked at the files with secrets; .env and the environment are read at the start only"
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
        // At the start it has just been read.
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
            Replacement::Rules(new) => replace(Some(&self.config.rules), Some(new)),
        }
    }

    /// Tells people that a new value is not taken: the log, once for each content of the file, and whoever sends
    /// messages, for as long as it lasts.
    fn report(&self, what: Replaceable, names: &str, why: &str) {
        error!(?why, "the new value of {names} cannot be used; the old one stays in force");
        self.note(what, Some(format!("{names}: {why}")));
    }

    /// Remembers what is wrong with a new value, or that nothing is.
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

    /// Whoever replaces credentials wants to see it go on.
    async fn probe(&self, what: Replaceable) {
        let system = match what {
            Replaceable::ZoomCredentials => System::Zoom,
            Replaceable::GoogleCredentials => System::Drive,
            Replaceable::WebhookSecrets | Replaceable::AdminToken | Replaceable::Rules => return,
        };
        if let Err(error) = self.store.probe_now(system).await {
            warn!(%error, "cannot hasten the probe of {system}; it comes when it is due");
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

/// What is wrong, without the values.
fn faults(error: &ConfigError) -> String {
    let faults = error.faults().iter().map(|fault| format!("{} {}", fault.name, fault.what));
    faults.collect::<Vec<_>>().join("; ")
}
