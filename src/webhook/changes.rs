//! Reads the events that report changes to recordings at Zoom: trash, delete, recover and rename, single or in
//! batches.
//!
//! Pure. The operator's address stays in the stored body only; nothing else needs personal data.

use serde_json::Value;

use crate::jobs::Millis;
use crate::jobs::changes::{Change, ChangeKind, FileLocation};
use crate::recording::listing::{self, FILES_MAX};
use crate::recording::{FileKey, MeetingUuid};

/// Most recordings that are taken from one batch event.
const MEETINGS_MAX: usize = 2_000;

/// Returns the changes that an event reports, in the event's order. `event_at` is `event_ts`.
pub(super) fn read(name: &str, payload: &Value, event_at: Option<u64>) -> Vec<Change> {
    let object = payload.get("object").unwrap_or(&Value::Null);
    let moved: Vec<(Option<MeetingUuid>, ChangeKind)> = match name {
        "recording.trashed" => one(object, FileLocation::Trash),
        "recording.deleted" => one(object, FileLocation::Nowhere),
        "recording.recovered" => one(object, FileLocation::Cloud),
        "recording.batch_trashed" => many(object, FileLocation::Trash),
        "recording.batch_deleted" => many(object, FileLocation::Nowhere),
        "recording.batch_recovered" => many(object, FileLocation::Cloud),
        "recording.renamed" => renamed(payload, object),
        _ => Vec::new(),
    };
    let at = event_at.and_then(|at| Millis::try_from(at).ok()).unwrap_or(0);
    let change =
        |(meeting, kind): (Option<MeetingUuid>, ChangeKind)| Some(Change { meeting: meeting?, at, kind });
    moved.into_iter().filter_map(change).collect()
}

/// An event lists the files that moved. Without a list, the whole recording moved.
fn one(object: &Value, place: FileLocation) -> Vec<(Option<MeetingUuid>, ChangeKind)> {
    let files = listing::read(object).map(|recording| recording.files).unwrap_or_default();
    let keys = files.into_iter().map(|file| file.key).collect();
    vec![(uuid(object, "uuid"), ChangeKind::Moved(place, keys))]
}

/// Reads `meeting_uuids[]`, or `meetings[{meeting_uuid, recording_file_ids[]}]`. No file ids mean the whole
/// recording.
fn many(object: &Value, place: FileLocation) -> Vec<(Option<MeetingUuid>, ChangeKind)> {
    let whole = list(object, "meeting_uuids")
        .iter()
        .map(|uuid| (uuid.as_str().and_then(MeetingUuid::new), ChangeKind::Moved(place, Vec::new())));
    let parts = list(object, "meetings").iter().map(|meeting| {
        let ids = list(meeting, "recording_file_ids").iter().filter_map(Value::as_str);
        let keys = ids.take(FILES_MAX).map(FileKey::new).collect();
        (uuid(meeting, "meeting_uuid"), ChangeKind::Moved(place, keys))
    });
    whole.chain(parts).take(MEETINGS_MAX).collect()
}

/// By the schema, `object` holds the new topic and `old_object` the old one. Zoom's own sample differs: it has the
/// old topic in `object` and the new one in `recording_file`.
fn renamed(payload: &Value, object: &Value) -> Vec<(Option<MeetingUuid>, ChangeKind)> {
    let new = match (payload.get("old_object"), payload.get("recording_file")) {
        (None, Some(new)) => new,
        _ => object,
    };
    let topic = listing::text(new, "topic");
    if topic.is_empty() { Vec::new() } else { vec![(uuid(object, "uuid"), ChangeKind::Renamed(topic))] }
}

fn uuid(object: &Value, field: &str) -> Option<MeetingUuid> {
    MeetingUuid::new(object.get(field)?.as_str()?)
}

fn list<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Meeting, place and file ids of each change.
    fn moves(name: &str, object: &Value) -> Vec<(String, FileLocation, Vec<String>)> {
        let reported = |change: Change| match change.kind {
            ChangeKind::Moved(place, files) => {
                (change.meeting.to_string(), place, files.iter().map(ToString::to_string).collect())
            }
            ChangeKind::Renamed(topic) => panic!("{topic}"),
        };
        read(name, &json!({"object": object}), Some(7)).into_iter().map(reported).collect()
    }

    #[test]
    fn one_recording_goes_with_its_files_or_as_a_whole() {
        let object = json!({"uuid": "u==", "recording_files": [{"id": "a", "file_type": "MP4"}]});
        let expected = |place| vec![("u==".to_owned(), place, vec!["a".to_owned()])];
        assert_eq!(moves("recording.trashed", &object), expected(FileLocation::Trash));
        assert_eq!(moves("recording.deleted", &object), expected(FileLocation::Nowhere));
        assert_eq!(moves("recording.recovered", &object), expected(FileLocation::Cloud));
        let bare = vec![("u==".to_owned(), FileLocation::Trash, vec![])];
        assert_eq!(moves("recording.trashed", &json!({"uuid": "u=="})), bare);
        assert_eq!(moves("recording.completed", &object), []);
    }

    #[test]
    fn batches_name_meetings_in_two_ways() {
        let uuids = json!({"meeting_uuids": ["u", "", 7, "w"]});
        let meetings = json!({"meetings": [{"meeting_uuid": "u", "recording_file_ids": ["a", null]},
            {"meeting_uuid": "w", "recording_file_ids": null}, {}]});
        for (name, place) in [
            ("recording.batch_trashed", FileLocation::Trash),
            ("recording.batch_deleted", FileLocation::Nowhere),
            ("recording.batch_recovered", FileLocation::Cloud),
        ] {
            let whole = |uuid: &str| (uuid.to_owned(), place, Vec::new());
            assert_eq!(moves(name, &uuids), [whole("u"), whole("w")]);
            let part = ("u".to_owned(), place, vec!["a".to_owned()]);
            assert_eq!(moves(name, &meetings), [part, whole("w")]);
            for odd in [json!(null), json!([]), json!({"meeting_uuids": "u", "meetings": {}})] {
                assert_eq!(moves(name, &odd), []);
            }
        }
    }

    #[test]
    fn the_new_topic_is_found_by_schema_and_by_sample() {
        let topic = |payload: Value| match read("recording.renamed", &payload, None).pop() {
            Some(Change { kind: ChangeKind::Renamed(topic), at: 0, .. }) => Some(topic),
            _ => None,
        };
        let by_schema =
            json!({"object": {"uuid": "u", "topic": "new"}, "old_object": {"uuid": "u", "topic": "old"}});
        let by_sample =
            json!({"object": {"uuid": "u", "topic": "old"}, "recording_file": {"uuid": "u", "topic": "new"}});
        assert_eq!(topic(by_schema).as_deref(), Some("new"));
        assert_eq!(topic(by_sample).as_deref(), Some("new"));
        assert_eq!(topic(json!({"object": {"uuid": "u", "topic": ""}})), None);
    }
}
