//! Whose conferences are read, and which of them: the flags that the commands share.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Session, usage};
use crate::cli::CliError;
use crate::config::is_address;
use crate::google::Company;
use crate::meet::{ConferenceFilter, KEPT_DAYS, MeetingCode, Room, SpaceName};

/// Shown in the place of a user for a person's login, whose address nobody has asked for.
pub(crate) const LOGIN: &str = "me";

/// Whose conferences are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct WhoArgs {
    /// Whose meetings, by address; several with commas or with one flag each [default: the login, or GOOGLE_SUBJECT]
    #[arg(long, value_name = "USER", value_delimiter = ',', value_parser = address)]
    pub user: Vec<String>,
    /// Those of all users of the company: the directory's, or those of MEET_USERS
    #[arg(long, conflicts_with = "user")]
    pub all_users: bool,
}

/// Which conferences are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ScopeArgs {
    #[command(flatten)]
    pub who: WhoArgs,
    /// First day, such as 2026-11-01; Google keeps conferences for 30 days
    #[arg(long, value_name = "DAY")]
    pub since: Option<Date>,
    /// The day after the last one
    #[arg(long, value_name = "DAY")]
    pub until: Option<Date>,
    /// Only those in the room with this code, or its link
    #[arg(long, value_name = "CODE", conflicts_with = "space")]
    pub code: Option<MeetingCode>,
    /// Only those in the room with this id
    #[arg(long, value_name = "ID", value_parser = space)]
    pub space: Option<SpaceName>,
}

/// The users who are asked.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub users: Vec<String>,
    /// True with --all-users: they did not ask for themselves.
    pub is_company: bool,
    /// True if they are all active users of the company.
    pub is_whole: bool,
    /// For people: why they are not all users.
    pub notes: Vec<String>,
}

pub(super) fn address(text: &str) -> Result<String, String> {
    let is_known = is_address(text) && !text.contains(['/', '\\', '?', '#']);
    if is_known {
        Ok(text.to_owned())
    } else {
        Err("not an address: expected one such as ann@example.com".to_owned())
    }
}

fn space(text: &str) -> Result<SpaceName, String> {
    SpaceName::new(text).ok_or_else(|| "not the id of a room: expected one such as jQCFfuBOdN5z".to_owned())
}

impl WhoArgs {
    /// The users who are asked, each once.
    ///
    /// # Errors
    /// A mistake in the arguments, or a directory that may not be read.
    pub(crate) async fn asking(&self, session: &Session) -> anyhow::Result<Asking> {
        let users = &session.users;
        self.check(session)?;
        if self.all_users {
            let Company { users, is_whole, notes } = session.directory.users().await?;
            return Ok(Asking { users, is_company: true, is_whole, notes });
        }
        let mut asked: Vec<String> = Vec::new();
        for user in &self.user {
            if !asked.iter().any(|known| known.eq_ignore_ascii_case(user)) {
                asked.push(user.clone());
            }
        }
        if asked.is_empty() {
            asked
                .push(if users.is_person() { LOGIN } else { users.subject().unwrap_or_default() }.to_owned());
        }
        Ok(Asking { users: asked, is_company: false, is_whole: false, notes: Vec::new() })
    }

    /// What can be wrong without any call.
    pub(crate) fn check(&self, session: &Session) -> Result<(), CliError> {
        let (users, meet) = (&session.users, &session.access.google.meet);
        match (users.is_person(), self.all_users, self.user.is_empty(), users.subject()) {
            (true, true, _, _) => Err(usage(
                "--all-users needs a service account with domain-wide delegation, not a person's login",
            )),
            (true, false, false, _) => Err(usage(
                "--user needs a service account with domain-wide delegation: a login sees its own meetings",
            )),
            (false, true, _, None) if meet.admin_subject.is_none() && meet.users.is_empty() => Err(usage(
                "--all-users needs a user who lists the others: set GOOGLE_ADMIN_SUBJECT, or MEET_USERS",
            )),
            (false, false, true, None) => {
                Err(usage("Meet is seen as a person: give --user, or set GOOGLE_SUBJECT"))
            }
            _ => Ok(()),
        }
    }
}

impl ScopeArgs {
    /// The filter for Google's lists. A day begins in the session's zone.
    ///
    /// # Errors
    /// When the days are in the wrong order.
    pub(crate) fn filter(&self, zone: &TimeZone) -> Result<ConferenceFilter, CliError> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(usage(format!("--since {since} is not before --until {until}")));
        }
        let room = self.code.clone().map(Room::Code).or_else(|| self.space.clone().map(Room::Space));
        let (since, until) =
            (self.since.map(|day| beginning(day, zone)), self.until.map(|day| beginning(day, zone)));
        Ok(ConferenceFilter { room, since, until })
    }

    /// What is told about days that Google has forgotten.
    pub(crate) fn note(&self, zone: &TimeZone, now: Timestamp) -> Option<String> {
        let oldest = now.checked_sub(SignedDuration::from_hours(24 * KEPT_DAYS)).ok()?;
        let since = self.since?;
        (beginning(since, zone) < oldest).then(|| {
            format!("Google keeps conferences {KEPT_DAYS} days: those of earlier days are not in the list")
        })
    }
}

/// The first instant of a day.
fn beginning(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}
