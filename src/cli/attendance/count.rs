//! What is counted: flags, which win over the settings.

use std::path::PathBuf;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::attendance::{Completeness, IdPattern, Roster, WindowChoice};
use crate::cli::CliError;
use crate::config::{self, AttendanceConfig};

/// The flags of all commands that count attendance.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "What is counted")]
pub struct CountArgs {
    /// List of who was expected, as CSV; `attendance roster` checks it
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// Whoever joins later than this after the start was late, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = seconds, allow_hyphen_values = true)]
    pub late_after: Option<i64>,
    /// Whoever leaves more than this before the end left early, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = seconds, allow_hyphen_values = true)]
    pub leave_early: Option<i64>,
    /// Percent of the counted time below which somebody was there too short, such as 50
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    pub min_share: Option<u8>,
    /// Counted time: auto, actual, scheduled, or two times of day such as 20:00-21:00
    ///
    /// `actual` is from the meeting's start to its end. `scheduled` is the part of the schedule in which it was on.
    /// `auto` takes the schedule if that part is at least half of the meeting.
    #[arg(long, default_value = "auto", value_parser = window)]
    pub window: WindowChoice,
    /// Regular expression that finds a roster's id in a display name; its group is the id
    #[arg(long, value_name = "RE", value_parser = IdPattern::new)]
    pub id_pattern: Option<IdPattern>,
    /// Display names that are no people, such as "*notetaker*"
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub ignore: Vec<String>,
    /// Print no e-mail addresses; they still tell who is who
    #[arg(long)]
    pub no_email: bool,
    /// Take the rows that there are, even if they are not complete yet
    #[arg(long)]
    pub partial: bool,
    /// Zone in which times and days are written, such as Europe/Kyiv [default: TIMEZONE]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub zone: Option<TimeZone>,
}

impl CountArgs {
    /// The settings, with these flags in their place.
    pub fn over(&self, mut settings: AttendanceConfig) -> AttendanceConfig {
        let options = &mut settings.options;
        options.late_after = self.late_after.or(options.late_after);
        options.leave_early = self.leave_early.or(options.leave_early);
        options.min_share = self.min_share.or(options.min_share);
        options.window = self.window;
        options.id_pattern = self.id_pattern.clone().or(options.id_pattern.take());
        options.hides_emails |= self.no_email;
        if !self.ignore.is_empty() {
            settings.ignore = self.ignore.iter().flat_map(|text| config::globs(text)).collect();
        }
        settings
    }

    /// Reads the roster, if there is one. It is read before anybody is asked.
    ///
    /// # Errors
    /// What is wrong, with the file and the line.
    pub fn read_roster(&self) -> Result<Option<Roster>, CliError> {
        let read = self.roster.as_deref().map(config::read_roster).transpose();
        read.map_err(CliError::Usage)
    }

    /// Which rows are wanted.
    pub fn completeness(&self) -> Completeness {
        if self.partial { Completeness::AsItIs } else { Completeness::Whole }
    }
}

fn seconds(text: &str) -> Result<i64, String> {
    let duration = config::duration(text).ok_or("expected a duration such as 10m, 90s or 1h")?;
    i64::try_from(duration.as_secs()).map_err(|_| "is too long".to_owned())
}

fn percent(text: &str) -> Result<u8, String> {
    config::percent(text).ok_or_else(|| "expected a percentage from 1 to 100".to_owned())
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| "expected a zone of the IANA database, such as Europe/Kyiv".to_owned())
}

fn window(text: &str) -> Result<WindowChoice, String> {
    match text {
        "auto" => return Ok(WindowChoice::Auto),
        "actual" => return Ok(WindowChoice::Actual),
        "scheduled" => return Ok(WindowChoice::Scheduled),
        _ => {}
    }
    let expected = "expected auto, actual, scheduled, or two times of day such as 20:00-21:00";
    let (from, to) = text.split_once('-').ok_or(expected)?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| expected.to_owned());
    let (from, to) = (time(from)?, time(to)?);
    if from >= to {
        return Err("the second time must be later than the first".to_owned());
    }
    Ok(WindowChoice::Between(from, to))
}
