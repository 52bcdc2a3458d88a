//! The flags of a meeting, for `create` and `update`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{CliError, usage};
use crate::meetings::{End, Plan, Recorded, Recurrence, Repeat, start, zones};
use crate::secret::Secret;

/// The settings of a meeting.
#[derive(Debug, clap::Args)]
pub struct SettingArgs {
    /// Length in minutes, 1 to 1440 (a new meeting: 60)
    #[arg(long, value_name = "N")]
    pub minutes: Option<u32>,
    /// Description, at most 2000 characters
    #[arg(long, value_name = "TEXT")]
    pub agenda: Option<String>,
    /// Passcode, at most 10 letters, digits and @ - _ *; without it Zoom makes one if the account demands one
    #[arg(long, value_name = "CODE")]
    pub passcode: Option<String>,
    /// Record by itself: in Zoom's cloud is where the archive takes recordings from (a new meeting: none)
    #[arg(long, value_name = "WHERE")]
    pub record: Option<Record>,
    /// People wait until the host lets them in; =no switches it off
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub waiting_room: Option<YesNo>,
    /// People can enter before the host (the default, unless there is a waiting room)
    #[arg(long)]
    pub join_before_host: bool,
    /// Nobody can enter before the host
    #[arg(long, conflicts_with = "join_before_host")]
    pub no_join_before_host: bool,
    /// People enter with their microphone off (a new meeting: yes)
    #[arg(long, value_name = "YES")]
    pub muted: Option<YesNo>,
    /// Address of somebody who can start the meeting as well; may be given several times
    #[arg(long, value_name = "MAIL")]
    pub alternative_host: Vec<String>,
    /// Repeat: daily, weekly:mon,thu, monthly:15, monthly:2-tue or monthly:last-sun
    #[arg(long, value_name = "PATTERN", value_parser = Repeat::parse)]
    pub repeat: Option<Repeat>,
    /// Interval of the repetition: every N days, weeks or months
    #[arg(long, value_name = "N", default_value_t = 1, requires = "repeat")]
    pub every: u32,
    /// Number of dates, at most 60
    #[arg(long, value_name = "N", conflicts_with = "until", requires = "repeat")]
    pub times: Option<u32>,
    /// Last day of the repetition
    #[arg(long, value_name = "DAY", requires = "repeat")]
    pub until: Option<Date>,
    /// Take a time even if another meeting of the user takes it
    #[arg(long)]
    pub allow_overlap: bool,
}

/// Where a meeting is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Record {
    /// Nowhere
    None,
    /// On the host's computer
    Local,
    /// In Zoom's cloud
    Cloud,
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum YesNo {
    /// On
    Yes,
    /// Off
    No,
}

/// A plan, and how its zone is sent.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// What is said if Zoom gets another zone, or none.
    pub(super) note: Option<String>,
}

impl SettingArgs {
    /// Reads the flags. Makes no call.
    pub(super) fn plan(
        &self,
        topic: Option<&str>,
        start: Option<&str>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Planned, CliError> {
        let start = start.map(|text| start::instant(text, zone, now)).transpose().map_err(usage)?;
        let join_before_host = match (self.join_before_host, self.no_join_before_host) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let sent = start.and_then(|_| zones::for_zoom(zone, now));
        let plan = Plan {
            topic: topic.map(|topic| topic.trim().to_owned()),
            start,
            zone: sent,
            minutes: self.minutes,
            agenda: self.agenda.clone(),
            passcode: self.passcode.clone().map(Secret::new),
            recorded: self.record.map(recorded),
            waiting_room: self.waiting_room.map(is_yes),
            join_before_host,
            muted: self.muted.map(is_yes),
            alternative_hosts: self.alternative_host.clone(),
            recurrence: self.recurrence()?,
        };
        if plan.recurrence.is_some() && start.is_some() && sent.is_none() {
            // The dates would follow the clock of another zone.
            let name = start::name(zone);
            return Err(usage(format!(
                "Zoom knows no zone with the clock of {name}, so it cannot repeat a meeting there"
            )));
        }
        Ok(Planned { note: start.and_then(|_| zone_note(zone, sent)), plan })
    }

    fn recurrence(&self) -> Result<Option<Recurrence>, CliError> {
        let Some(repeat) = &self.repeat else { return Ok(None) };
        let end = match (self.times, self.until) {
            (Some(times), _) => End::Times(times),
            (None, Some(last)) => End::Until(last),
            (None, None) => {
                return Err(usage("--repeat needs its end: --times N (at most 60) or --until DAY"));
            }
        };
        Recurrence::new(repeat.clone(), self.every, end).map(Some).map_err(usage)
    }
}

/// What is said of a zone that Zoom does not know. An older name of the same place needs no word.
fn zone_note(zone: &TimeZone, sent: Option<&str>) -> Option<String> {
    let name = start::name(zone);
    match sent {
        None => Some(format!(
            "Zoom knows no zone with the clock of {name}, so none was sent: it shows the same moment in the account's zone"
        )),
        Some(_) => None,
    }
}

fn recorded(record: Record) -> Recorded {
    match record {
        Record::None => Recorded::No,
        Record::Local => Recorded::Local,
        Record::Cloud => Recorded::Cloud,
    }
}

fn is_yes(switch: YesNo) -> bool {
    switch == YesNo::Yes
}
