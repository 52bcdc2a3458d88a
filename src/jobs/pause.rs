//! Pauses: when Zoom or Google says no to everybody, nobody asks on.
//!
//! Some faults are not one job's: refused credentials, a full drive, a daily limit, a service that is down.
//! Then the whole system *pauses*: no job is claimed, but for one at a time as the *probe*, at growing
//! intervals. No job loses an attempt. The pause ends by itself when a probe brings the *proof* that its cause
//! asks for. Pure: what is decided here is kept in the store and acted on by the worker.

pub mod breaker;
pub mod daily;

use std::fmt;
use std::time::Duration;

use super::Millis;

/// A pause that comes back so soon after its end is the same one: it was ended too early (a small file still
/// found room). It waits longer at once, and nobody is called a second time.
pub const RELAPSE_WITHIN: Duration = Duration::from_secs(2 * 3600);

/// A pause that came back waits as after so many failed probes.
pub const RELAPSE_PROBES: u32 = 3;

/// Something outside that can refuse everybody at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Zoom's token endpoint and API.
    Zoom,
    /// The hosts that Zoom's downloads come from. Apart from the API: either can be down without the other.
    Media,
    /// Google's token endpoint, Drive's API and its upload server.
    Drive,
}

impl System {
    /// Every system.
    pub const ALL: [System; 3] = [System::Zoom, System::Media, System::Drive];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            System::Zoom => "zoom",
            System::Media => "zoom-downloads",
            System::Drive => "drive",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.name() == name)
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a system is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PauseCause {
    /// It refuses our credentials: revoked, replaced, deactivated.
    Credentials,
    /// It knows us, and does not allow what we need: a scope, an API that is not enabled, a policy.
    MissingScope,
    /// The archive's root folder is gone, in the trash, or not ours to write.
    RootUnusable,
    /// There is no room for more bytes.
    StorageFull,
    /// There is no room for more files, whatever their size.
    ItemsFull,
    /// So much was uploaded within a day that no more is taken.
    DailyLimit,
    /// It cannot be reached, or answers everybody with failures.
    Unreachable,
}

impl PauseCause {
    /// Every cause.
    pub const ALL: [PauseCause; 7] = [
        PauseCause::Credentials,
        PauseCause::MissingScope,
        PauseCause::RootUnusable,
        PauseCause::StorageFull,
        PauseCause::ItemsFull,
        PauseCause::DailyLimit,
        PauseCause::Unreachable,
    ];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            PauseCause::Credentials => "credentials",
            PauseCause::MissingScope => "missing-scope",
            PauseCause::RootUnusable => "root-unusable",
            PauseCause::StorageFull => "storage-full",
            PauseCause::ItemsFull => "items-full",
            PauseCause::DailyLimit => "daily-limit",
            PauseCause::Unreachable => "unreachable",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// The waits before a probe: the first and the longest, in units and at most. A unit is the wait after a
    /// job's first failure (`RETRY_WAIT`, a second unless it is set), so that all waits grow and shrink
    /// together.
    fn waits(self) -> (Step, Step) {
        match self {
            // Mended by a person, who then wants to see it go on.
            Self::Credentials | Self::MissingScope | Self::RootUnusable => (Step(60), Step(30 * 60)),
            // A probe costs a whole file's upload when it fails at its end.
            Self::StorageFull | Self::ItemsFull => (Step(5 * 60), Step(3600)),
            // Google names no time; a day's limit is not gone sooner than in hours.
            Self::DailyLimit => (Step(3600), Step(3600)),
            // Most outages are over within minutes.
            Self::Unreachable => (Step(5), Step(5 * 60)),
        }
    }

    /// How long to wait for the next probe after so many that failed: doubling up to the cause's longest.
    pub fn wait(self, unit: Duration, failed_probes: u32) -> Duration {
        let (first, longest) = self.waits();
        let factor = 1_u32.checked_shl(failed_probes).unwrap_or(u32::MAX);
        first.of(unit).saturating_mul(factor).min(longest.of(unit))
    }

    /// Whether it is mended by a change of settings or files, and so perhaps by a restart.
    pub fn is_mended_by_people(self) -> bool {
        matches!(self, Self::Credentials | Self::MissingScope | Self::RootUnusable)
    }

    /// What ends a pause of this cause.
    pub fn needs(self, system: System) -> Evidence {
        match self {
            // A session that opens, or a chunk that is kept, says nothing: Drive looks at its quota at the end.
            Self::StorageFull | Self::ItemsFull | Self::DailyLimit => Evidence::File,
            Self::Unreachable if system == System::Media => Evidence::Bytes,
            Self::Credentials | Self::MissingScope | Self::RootUnusable | Self::Unreachable => Evidence::Call,
        }
    }

    /// What a person can do about it, and where.
    fn advice(self, system: System) -> &'static str {
        match (self, system) {
            (Self::Credentials, System::Drive) => {
                "Look at the key file (GOOGLE_APPLICATION_CREDENTIALS) and at GOOGLE_SUBJECT: in Google's Cloud \
                 console under IAM & Admin, Service Accounts, and in the Admin console under Security, API \
                 controls, Domain-wide delegation"
            }
            (Self::Credentials, _) => {
                "Look at the Server-to-Server OAuth app at marketplace.zoom.us, Manage: is it activated, and \
                 are its account id, client id and secret the ones in the settings?"
            }
            (Self::MissingScope, System::Drive) => {
                "Enable the Google Drive API in the Cloud console; with GOOGLE_SUBJECT, grant the scope \
                 https://www.googleapis.com/auth/drive under Domain-wide delegation in the Admin console"
            }
            (Self::MissingScope, _) => {
                "Add the scope at marketplace.zoom.us, Manage, the Server-to-Server OAuth app, Scopes, and \
                 activate the app again"
            }
            (Self::RootUnusable, _) => {
                "Share the folder DRIVE_FOLDER_ID with the account as Content manager, or take it out of the \
                 trash, in Google Drive"
            }
            (Self::StorageFull, _) => {
                "Make room in Google Drive. A service account has no storage of its own: put DRIVE_FOLDER_ID \
                 into a shared drive, or set GOOGLE_SUBJECT"
            }
            (Self::ItemsFull, _) => {
                "Google Drive takes no more files here (a shared drive holds 500,000 items, its trash \
                 included): empty the trash, or begin another shared drive and set DRIVE_FOLDER_ID"
            }
            (Self::DailyLimit, _) => {
                "Google takes 750 GB a day from one account; nothing needs to be done, it goes on by itself. If it \
                 does not within a day, see what `zoom2drive doctor` says of the storage"
            }
            (Self::Unreachable, System::Drive) => {
                "If it lasts, see google.com/appsstatus and this machine's network"
            }
            (Self::Unreachable, _) => "If it lasts, see status.zoom.us and this machine's network",
        }
    }

    /// The one message to people. `what` is what the system said, and holds no secret.
    pub fn message(self, system: System, what: &str) -> String {
        format!("{}. {}", what.trim_end_matches(['.', ' ']), self.advice(system))
    }
}

impl fmt::Display for PauseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A wait in units, which is also its limit in seconds: a longer unit makes no pause longer.
#[derive(Debug, Clone, Copy)]
struct Step(u32);

impl Step {
    fn of(self, unit: Duration) -> Duration {
        unit.saturating_mul(self.0).min(Duration::from_secs(u64::from(self.0)))
    }
}

/// What a failure that passes may be a sign of, if others fail likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageHint {
    /// The system is down.
    Down(System),
    /// Drive's daily upload limit: it looks like any other rate limit.
    UploadLimit,
}

impl OutageHint {
    /// In a word or two, for the metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Down(system) => system.name(),
            Self::UploadLimit => "upload limit",
        }
    }

    /// The pause that it is a sign of.
    pub fn pause(self) -> (System, PauseCause) {
        match self {
            Self::Down(system) => (system, PauseCause::Unreachable),
            Self::UploadLimit => (System::Drive, PauseCause::DailyLimit),
        }
    }
}

/// What a probe has shown. Each shows what stands before it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing yet.
    Nothing,
    /// A token was had, and a call went well: the root folder is fit, the recording is listed.
    Call,
    /// Bytes came from Zoom, and Drive has confirmed them.
    Bytes,
    /// A whole file was uploaded, and Drive has confirmed it.
    File,
}

/// A pause in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What is paused.
    pub system: System,
    /// Why.
    pub cause: PauseCause,
    /// Since when.
    pub since: Millis,
    /// What is wrong, and what a person can do.
    pub message: String,
    /// Not before this is it probed.
    pub probe_at: Millis,
    /// Probes that failed so far.
    pub probes: u32,
}

impl Pause {
    /// Whether it is this one.
    pub fn is(&self, system: System, cause: PauseCause) -> bool {
        self.system == system && self.cause == cause
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn names_survive_the_store() {
        for system in System::ALL {
            assert_eq!(System::from_name(system.name()), Some(system));
        }
        for cause in PauseCause::ALL {
            assert_eq!(PauseCause::from_name(cause.name()), Some(cause));
        }
        assert_eq!((System::from_name("moon"), PauseCause::from_name("")), (None, None));
    }

    #[test]
    fn waits_grow_from_the_first_to_the_longest() {
        let seconds = |cause: PauseCause| [0, 1, 2, 40].map(|probes| cause.wait(SECOND, probes).as_secs());
        assert_eq!(seconds(PauseCause::Credentials), [60, 120, 240, 1800]);
        assert_eq!(seconds(PauseCause::StorageFull), [300, 600, 1200, 3600]);
        assert_eq!(seconds(PauseCause::DailyLimit), [3600; 4]);
        assert_eq!(seconds(PauseCause::Unreachable), [5, 10, 20, 300]);
    }

    #[test]
    fn only_a_whole_file_ends_what_concerns_room() {
        let needs = |cause: PauseCause| cause.needs(System::Drive);
        assert!(
            [PauseCause::StorageFull, PauseCause::ItemsFull, PauseCause::DailyLimit]
                .into_iter()
                .all(|cause| needs(cause) == Evidence::File)
        );
        assert!(
            needs(PauseCause::Credentials) == Evidence::Call
                && needs(PauseCause::Unreachable) == Evidence::Call
        );
        assert_eq!(PauseCause::Unreachable.needs(System::Media), Evidence::Bytes);
        assert!(
            Evidence::File > Evidence::Bytes
                && Evidence::Bytes > Evidence::Call
                && Evidence::Call > Evidence::Nothing
        );
    }

    proptest! {
        #[test]
        fn every_wait_has_an_end_and_never_shrinks(
            cause in proptest::sample::select(&PauseCause::ALL[..]), probes in any::<u32>(), unit in 1..100_000_000_u64
        ) {
            let unit = Duration::from_millis(unit);
            let wait = cause.wait(unit, probes);
            prop_assert!(wait <= Duration::from_secs(3600));
            prop_assert!(wait >= unit.min(SECOND));
            prop_assert!(cause.wait(unit, probes.saturating_add(1)) >= wait);
        }

        #[test]
        fn every_message_says_what_and_where(
            system in proptest::sample::select(&System::ALL[..]), cause in proptest::sample::select(&PauseCause::ALL[..])
        ) {
            let message = cause.message(system, "it says no.");
            prop_assert!(message.starts_with("it says no. ") && message.len() > 40, "{}", message);
        }
    }
}
