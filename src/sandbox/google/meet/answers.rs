//! What Meet shows of a record, of those who took part, of files and of rooms.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Google;
use super::model::{Artifact, ArtifactKind, ArtifactState, Conference, Identity, Participant};

/// A session, with its start and end.
pub(super) type Session = (Timestamp, Option<Timestamp>, Value);

pub(super) fn record(record: &Conference) -> Value {
    let mut value = json!({
        "name": record.name,
        "startTime": record.start.to_string(),
        "expireTime": record.expire_time().to_string(),
        "space": record.space,
    });
    put(&mut value, "endTime", record.end);
    value
}

fn put(value: &mut Value, name: &str, time: Option<Timestamp>) {
    if let Some(time) = time {
        value[name] = json!(time.to_string());
    }
}

impl Google {
    /// The id of a participant in its record: the same for the same person.
    pub(super) fn participant_id(&self, record: &Conference, one: &Participant) -> String {
        match &one.identity {
            Identity::Outsider(id) => id.clone(),
            Identity::User(email) => {
                let known = self.workspace().by_email(email).map(|user| user.id.clone());
                // Somebody who has left the company: an id without an address.
                known.unwrap_or_else(|| {
                    let sum =
                        email.bytes().fold(9, |sum: u64, byte| sum * 31 % 1_000_000_007 + u64::from(byte));
                    format!("5{sum:010}")
                })
            }
            Identity::Anonymous | Identity::Phone => {
                let place = record.participants.iter().position(|other| std::ptr::eq(other, one));
                format!("7000{}", place.unwrap_or_default())
            }
        }
    }

    pub(super) fn participant_name(&self, record: &Conference, one: &Participant) -> String {
        format!("{}/participants/{}", record.name, self.participant_id(record, one))
    }

    pub(super) fn participant_json(&self, record: &Conference, one: &Participant) -> Value {
        let mut value = json!({"name": self.participant_name(record, one)});
        put(&mut value, "earliestStartTime", one.earliest_start());
        put(&mut value, "latestEndTime", one.latest_end());
        let name = &one.display_name;
        match &one.identity {
            Identity::User(_) | Identity::Outsider(_) => {
                let user = format!("users/{}", self.participant_id(record, one));
                value["signedinUser"] = json!({"user": user, "displayName": name});
            }
            Identity::Anonymous => value["anonymousUser"] = json!({"displayName": name}),
            Identity::Phone => value["phoneUser"] = json!({"displayName": name}),
        }
        value
    }
}

/// All sessions of a participant with this name.
pub(super) fn sessions(name: &str, participant: &Participant) -> Vec<Session> {
    let rows = participant.sessions.iter().enumerate().map(|(place, (start, end))| {
        let mut row = json!({
            "name": format!("{name}/participantSessions/{}", place + 30),
            "startTime": start.to_string(),
        });
        put(&mut row, "endTime", *end);
        (*start, *end, row)
    });
    rows.collect()
}

/// The kind of files in a list with this name.
pub(super) fn kind(list: &str) -> Option<ArtifactKind> {
    Some(match list {
        "recordings" => ArtifactKind::Recording,
        "transcripts" => ArtifactKind::Transcript,
        "smartNotes" => ArtifactKind::Notes,
        _ => return None,
    })
}

fn list(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Recording => "recordings",
        ArtifactKind::Transcript => "transcripts",
        ArtifactKind::Notes => "smartNotes",
    }
}

/// The files of one kind. They stay listed when Drive has them no more.
pub(super) fn artifacts(record: &Conference, kind: ArtifactKind) -> Vec<Value> {
    let numbered = record.artifacts.iter().enumerate();
    let wanted = numbered.filter(|(_, artifact)| artifact.kind == kind);
    wanted.map(|(place, artifact)| artifact_json(record, place, artifact)).collect()
}

fn artifact_json(record: &Conference, place: usize, artifact: &Artifact) -> Value {
    let state = match artifact.state {
        ArtifactState::Started => "STARTED",
        ArtifactState::Ended => "ENDED",
        ArtifactState::Generated => "FILE_GENERATED",
    };
    let name = format!("{}/{}/{}", record.name, list(artifact.kind), place + 9);
    let (start, end) = artifact.times.unwrap_or((record.start, record.end));
    let mut value = json!({"name": name, "state": state, "startTime": start.to_string()});
    put(&mut value, "endTime", end.filter(|_| artifact.state != ArtifactState::Started));
    let Some(id) = &artifact.file else { return value };
    if artifact.kind == ArtifactKind::Recording {
        let link = format!("https://drive.google.com/file/d/{id}/view");
        value["driveDestination"] = json!({"file": id, "exportUri": link});
    } else {
        let link = format!("https://docs.google.com/document/d/{id}/view");
        value["docsDestination"] = json!({"document": id, "exportUri": link});
    }
    value
}

pub(super) fn space(name: &str, code: &str, running: Option<&str>) -> Value {
    let mut value = json!({
        "name": name,
        "meetingUri": format!("https://meet.google.com/{code}"),
        "meetingCode": code,
        "config": {"accessType": "TRUSTED", "entryPointAccess": "ALL"},
    });
    if let Some(record) = running {
        value["activeConference"] = json!({"conferenceRecord": record});
    }
    value
}
