//! Pauses: while Zoom or Google refuses every request, no job sends any.
//!
//! Some faults do not belong to one job: refused credentials, a full drive, a daily limit, an outage. Then the whole
//! system *pauses*: no job is claimed, except one at a time as the *probe*, at growing intervals. No job loses an
//! attempt. The pause ends by itself when a probe brings the [`Evidence`] that its cause requires. Pure: the store
//! keeps the decisions, the worker applies them.

pub mod breaker;
pub mod daily;

use std::fmt;
use std::time::Duration;

use super::Millis;

/// A pause that returns within this time after its end is the same one: it ended too early (a small file still had
/// room). Its waits are longer at once, and people are not notified again.
pub const RELAPSE_WITHIN: Duration = Duration::from_secs(2 * 3600);

/// A pause that returned waits as if this many probes had failed.
pub const RELAPSE_PROBES: u32 = 3;

/// A remote system that can refuse every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Zoom's token endpoint and API.
    Zoom,
    /// The hosts of Zoom's downloads. Separate from the API: either can be down without the other.
    Media,
    /// Google's token endpoint, Drive's API and its upload server.
    Drive,
}

impl System {
    /// Every system.
    pub const ALL: [System; 3] = [System::Zoom, System::Media, System::Drive];

    /// The stored and displayed name.
    pub fn name(self) -> &'static str {
        match self {
            System::Zoom => "zoom",
            System::Media => "zoom-downloads",
            System::Drive => "drive",
        }
    }

    /// Parses a stored name.
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
    /// The system refuses our credentials: revoked, replaced, deactivated.
    Credentials,
    /// The system accepts our credentials but denies a permission: a scope, an API that is not enabled, a policy.
    MissingScope,
    /// The archive's root folder is missing, in the trash, or not writable for us.
    RootUnusable,
    /// No storage for more bytes.
    StorageFull,
    /// No room for more files, whatever their size.
    ItemsFull,
    /// The daily upload limit is reached.
    DailyLimit,
    /// The system is unreachable, or answers every request with a failure.
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

    /// The stored and displayed name.
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

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// The waits before a probe, in units: the first and the longest. A unit is the wait after a job's first failure
    /// (`RETRY_WAIT`, by default a second), so that all waits scale together.
    fn waits(self) -> (Step, Step) {
        match self {
            // A person fixes these, and then wants to see the result soon.
            Self::Credentials | Self::MissingScope | Self::RootUnusable => (Step(60), Step(30 * 60)),
            // A probe that fails costs the upload of a whole file.
            Self::StorageFull | Self::ItemsFull => (Step(5 * 60), Step(3600)),
            // Google gives no time; a daily limit takes hours to reset.
            Self::DailyLimit => (Step(3600), Step(3600)),
            // Most outages are over within minutes.
            Self::Unreachable => (Step(5), Step(5 * 60)),
        }
    }

    /// The wait before the next probe after `failed_probes` failures: doubled each time, up to the cause's longest.
    pub fn wait(self, unit: Duration, failed_probes: u32) -> Duration {
        let (first, longest) = self.waits();
        let factor = 1_u32.checked_shl(failed_probes).unwrap_or(u32::MAX);
        first.of(unit).saturating_mul(factor).min(longest.of(unit))
    }

    /// Whether a person fixes it by changing settings or files, and so perhaps with a restart.
    pub fn is_mended_by_people(self) -> bool {
        matches!(self, Self::Credentials | Self::MissingScope | Self::RootUnusable)
    }

    /// The evidence that ends a pause of this cause.
    pub fn needs(self, system: System) -> Evidence {
        match self {
            // An opened session or an accepted chunk proves nothing: Drive checks its quota at the end of an upload.
            Self::StorageFull | Self::ItemsFull | Self::DailyLimit => Evidence::File,
            Self::Unreachable if system == System::Media => Evidence::Bytes,
            Self::Credentials | Self::MissingScope | Self::RootUnusable | Self::Unreachable => Evidence::Call,
        }
    }

    /// The steps that a person can take.
    fn advice(self, system: System) -> &'static str {
        match (self, system) {
            (Self::Credentials, System::Drive) => {
                "Check the key file (GOOGLE_APPLICATION_CREDENTIALS) and GOOGLE_SUBJECT: in Google's Cloud \
                 console under IAM & Admin, Service Accounts, and in the Admin console under Security, API \
                 controls, Domain-wide delegation"
            }
            (Self::Credentials, _) => {
                "Check the Server-to-Server OAuth app at marketplace.zoom.us, Manage: is it activated, and \
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
                "Google takes 750 GB a day from one account; no action is needed, uploads resume by themselves. If they \
                 do not within a day, run `zoom2drive doctor` and read its lines on storage"
            }
            (Self::Unreachable, System::Drive) => {
                "If this lasts, check google.com/appsstatus and this machine's network"
            }
            (Self::Unreachable, _) => "If this lasts, check status.zoom.us and this machine's network",
        }
    }

    /// The message to people. `what` is the system's answer, and holds no secret.
    pub fn message(self, system: System, what: &str) -> String {
        format!("{}. {}", what.trim_end_matches(['.', ' ']), self.advice(system))
    }
}

impl fmt::Display for PauseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A wait in units, which is also its limit in seconds: a unit longer than a second makes no pause longer.
#[derive(Debug, Clone, Copy)]
struct Step(u32);

impl Step {
    fn of(self, unit: Duration) -> Duration {
        unit.saturating_mul(self.0).min(Duration::from_secs(u64::from(self.0)))
    }
}

/// A system-wide problem that a temporary failure suggests, if other jobs fail in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageHint {
    /// The system is down.
    Down(System),
    /// Drive's daily upload limit: it looks like any other rate limit.
    UploadLimit,
}

impl OutageHint {
    /// The metric's label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Down(system) => system.name(),
            Self::UploadLimit => "upload limit",
        }
    }

    /// The pause that the hint leads to.
    pub fn pause(self) -> (System, PauseCause) {
        match self {
            Self::Down(system) => (system, PauseCause::Unreachable),
            Self::UploadLimit => (System::Drive, PauseCause::DailyLimit),
        }
    }
}

/// The result of a probe. Each value includes the values before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// No result yet.
    Nothing,
    /// A token was granted and a call succeeded: the root folder is usable, the recording is listed.
    Call,
    /// Zoom sent bytes, and Drive confirmed them.
    Bytes,
    /// A whole file was uploaded, and Drive confirmed it.
    File,
}

/// A pause in force.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Pause {
    pub system: System,
    pub cause: PauseCause,
    pub since: Millis,
    /// The problem, and the steps that a person can take.
    pub message: String,
    /// Earliest time of the next probe.
    pub probe_at: Millis,
    /// Number of failed probes.
    pub probes: u32,
}

impl Pause {
    /// Whether it has this system and cause.
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
