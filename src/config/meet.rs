//! The settings of Google Meet, and of the commands that read it.

use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::{
    AttendanceConfig, ConfigError, GoogleConfig, GoogleCredentials, Reader, attendance, sections, text,
    values,
};

/// Settings of Google Meet and of the directory of users.
#[derive(Debug, Clone)]
pub struct MeetConfig {
    /// Whose meetings are read if the directory may not be read.
    pub users: Vec<String>,
    /// The user that lists the users, if it is not the subject.
    pub admin_subject: Option<String>,
    /// The Meet API's base address, without a slash at its end.
    pub api_url: Url,
    /// The Directory API's base address, without a slash at its end.
    pub admin_api_url: Url,
    /// True if the service archives the recordings of Meet too.
    pub bring: bool,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
}

/// What the commands about Google Meet need: nothing of Zoom, no archive folder, no database.
#[derive(Debug, Clone)]
pub struct MeetAccess {
    /// The folder's id may be empty.
    pub google: GoogleConfig,
    /// What is counted, if no flag says otherwise.
    pub attendance: AttendanceConfig,
    /// The zone in which times are read and written.
    pub zone: TimeZone,
}

/// Reads the settings.
///
/// # Errors
/// When the credentials of Google are missing, or another setting is not valid.
pub fn read_meet_access(reader: &mut Reader) -> Result<MeetAccess, ConfigError> {
    let google = sections::google_without_folder(reader);
    let attendance = attendance::attendance(reader);
    let zone = sections::time_zone(reader);
    let ((google, attendance), zone) = reader.finish_with(google.zip(attendance).zip(zone))?;
    Ok(MeetAccess { google, attendance, zone })
}

pub(super) fn meet(reader: &mut Reader, credentials: Option<&GoogleCredentials>) -> Option<MeetConfig> {
    let users = match reader.text("MEET_USERS") {
        None => Some(Vec::new()),
        Some(_) => reader.parsed("MEET_USERS", "a list of addresses, separated by commas", addresses),
    };
    let admin_subject = reader.exact("GOOGLE_ADMIN_SUBJECT");
    let is_person = matches!(credentials, Some(GoogleCredentials::AuthorizedUser { .. }));
    for name in ["MEET_USERS", "GOOGLE_ADMIN_SUBJECT"] {
        if is_person && reader.is_given(name) {
            reader.fault(name, "needs a service-account key: a person's login cannot act for another user");
        }
    }
    let api_url = reader.parsed("MEET_API_URL", "an https address", values::base_url);
    let admin_api_url = reader.parsed("ADMIN_API_URL", "an https address", values::base_url);
    let bring = reader.parsed("MEET_BRING", "`yes` or `no`", |text| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let retry_wait = sections::retry_wait(reader);
    Some(MeetConfig {
        users: users?,
        admin_subject,
        api_url: api_url?,
        admin_api_url: admin_api_url?,
        bring: bring?,
        retry_wait: retry_wait?,
    })
}

/// Addresses, each once, in the order in which they are given.
fn addresses(text: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for address in text.split(',').map(text::trimmed).filter(|address| !address.is_empty()) {
        if !is_address(address) {
            return None;
        }
        if !found.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            found.push(address.to_owned());
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

/// True if this can be a user's address: one `@` with text on both sides, and no blanks.
pub fn is_address(text: &str) -> bool {
    let is_plain = !text.contains(char::is_whitespace) && !text.contains(char::is_control);
    let parts = text.split_once('@');
    is_plain
        && parts.is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<MeetConfig, String> {
        let mut reader = Reader::from_pairs(pairs.iter().copied());
        let read = meet(&mut reader, None);
        reader.finish_with(read).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_needed_and_users_are_read_once_each() {
        let config = read(&[]).unwrap();
        assert!(config.users.is_empty() && config.admin_subject.is_none() && !config.bring);
        assert_eq!(config.api_url.as_str(), "https://meet.googleapis.com/");
        let config = read(&[("MEET_USERS", "a@x.pl, b@x.pl ,A@x.pl,"), ("MEET_BRING", "yes")]).unwrap();
        assert_eq!(config.users, ["a@x.pl", "b@x.pl"]);
        assert!(config.bring);
    }

    #[test]
    fn a_wrong_value_is_told_with_its_variable() {
        for (name, value) in [
            ("MEET_USERS", "ann"),
            ("MEET_USERS", "a@b@c"),
            ("MEET_USERS", "a b@c"),
            ("MEET_USERS", ","),
            ("MEET_BRING", "true"),
            ("MEET_API_URL", "http://meet.example"),
            ("ADMIN_API_URL", "admin"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{name}={value}: {error}");
        }
    }
}
