//! Who was in a conference, and when.

use jiff::Timestamp;
use serde_json::Value;

use super::json::time;

/// One person in a conference; somebody without an account may be several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// `conferenceRecords/b4a5c6d7/participants/111`
    pub name: String,
    pub who: Who,
    /// As people see it in the conference; may be empty.
    pub display_name: String,
    pub earliest_start: Option<Timestamp>,
    /// `None` while the person is in the conference.
    pub latest_end: Option<Timestamp>,
}

/// How Google knows a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// By an account: the `users/111` of the directory.
    SignedIn { user: String },
    /// By a name that they typed.
    Anonymous,
    /// By a telephone number, whose digits are partly hidden.
    Phone,
}

impl Participant {
    /// Reads Google's answer; `None` if it has no name.
    pub fn read(answer: &Value) -> Option<Self> {
        let kinds = ["signedinUser", "anonymousUser", "phoneUser"];
        let kind = kinds.into_iter().find(|kind| answer[kind].is_object());
        let person = kind.map_or(&Value::Null, |kind| &answer[kind]);
        let user = person["user"].as_str().filter(|user| !user.is_empty());
        let who = match (kind, user) {
            (Some("signedinUser"), Some(user)) => Who::SignedIn { user: user.to_owned() },
            (Some("phoneUser"), _) => Who::Phone,
            _ => Who::Anonymous,
        };
        Some(Self {
            name: answer["name"].as_str()?.to_owned(),
            who,
            display_name: person["displayName"].as_str().unwrap_or_default().to_owned(),
            earliest_start: time(answer, "earliestStartTime"),
            latest_end: time(answer, "latestEndTime"),
        })
    }

    /// The account, if the person was signed in.
    pub fn user(&self) -> Option<&str> {
        match &self.who {
            Who::SignedIn { user } => Some(user),
            Who::Anonymous | Who::Phone => None,
        }
    }
}

impl Who {
    /// A word for lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "signed in",
            Self::Anonymous => "anonymous",
            Self::Phone => "phone",
        }
    }
}

/// One join of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `conferenceRecords/b4a5c6d7/participants/111/participantSessions/37`
    pub name: String,
    pub start: Timestamp,
    /// `None` while the device is in the conference.
    pub end: Option<Timestamp>,
}

impl Session {
    /// Reads Google's answer; `None` if it has no name or no start.
    pub fn read(answer: &Value) -> Option<Self> {
        Some(Self {
            name: answer["name"].as_str()?.to_owned(),
            start: time(answer, "startTime")?,
            end: time(answer, "endTime"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signed_in_anonymous_and_phone_are_told_apart() {
        let read = |answer: Value| Participant::read(&answer).map(|read| (read.who, read.display_name));
        let name = "conferenceRecords/b/participants/1";
        let signed_in = Who::SignedIn { user: "users/111".to_owned() };
        let answer = json!({"name": name, "signedinUser": {"user": "users/111", "displayName": "Ewa Nowak"}});
        assert_eq!(read(answer), Some((signed_in, "Ewa Nowak".to_owned())));
        let answer = json!({"name": name, "anonymousUser": {"displayName": "Ewa"}});
        assert_eq!(read(answer), Some((Who::Anonymous, "Ewa".to_owned())));
        let answer = json!({"name": name, "phoneUser": {"displayName": "+48 ••• 123"}});
        assert_eq!(read(answer), Some((Who::Phone, "+48 ••• 123".to_owned())));
        assert_eq!(read(json!({"name": name})), Some((Who::Anonymous, String::new())));
        assert_eq!(read(json!({"signedinUser": {"user": "users/1"}})), None);
    }
}
