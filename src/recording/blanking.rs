//! Removes secrets from an event's body before it is stored.
//!
//! Passcodes and links are removed wherever they are: in fields with a suspicious name, in addresses, and in text.
//! Tokens and download addresses are kept where a replay reads them, while a job may need them. All other fields
//! that a replay reads stay unchanged, so a replay produces the same recording with the same files.

mod text;

use serde_json::{Map, Value};

use super::json;
use text::scrubbed;

/// Parts of field names, in lower case without punctuation, whose values are secrets.
const SECRET_NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passcode",
    "passphrase",
    "pwd",
    "pincode",
    "secret",
    "token",
    "zak",
    "credential",
    "authorization",
    "cookie",
    "signature",
    "jwt",
    "accesscode",
    "joincode",
    "authcode",
];

/// Parts of names that mean a passcode. The other secret names may be part of a download address.
const PASSCODE_NAMES: [&str; 6] = ["password", "passwd", "passcode", "passphrase", "pwd", "pincode"];

/// Fields that a replay reads, or that say who did something. Their texts are never treated as links.
const KEPT_AS_THEY_ARE: [&str; 22] = [
    "event",
    "uuid",
    "meeting_uuid",
    "meeting_uuids",
    "recording_file_ids",
    "id",
    "account_id",
    "host_id",
    "host_email",
    "operator",
    "operator_id",
    "topic",
    "timezone",
    "start_time",
    "auto_delete_date",
    "file_name",
    "file_type",
    "file_extension",
    "recording_type",
    "recording_start",
    "recording_end",
    "status",
];

/// How to treat the tokens and download addresses that a replay reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Keep them: a job may need them.
    Kept,
    /// Remove them: no job needs them any more.
    Blanked,
}

/// An event's body without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blanked {
    /// Equal to the original bytes if there was nothing to remove.
    pub body: Vec<u8>,
    /// True if tokens or download addresses remain.
    pub has_tokens: bool,
}

/// Removes the secrets from an event's body. A body that is not JSON stays unchanged; the webhook accepts none.
pub fn blank(body: &[u8], tokens: Tokens) -> Blanked {
    let Ok(mut value) = json::parse(body) else { return Blanked { body: body.to_vec(), has_tokens: false } };
    let mut blanking = Blanking { tokens, has_changed: false, has_tokens: false };
    blanking.value(&mut value, &mut Vec::new());
    let body = match serde_json::to_vec(&value) {
        Ok(changed) if blanking.has_changed => changed,
        _ => body.to_vec(),
    };
    Blanked { body, has_tokens: blanking.has_tokens }
}

/// Removes passcodes from a download address's query; the token opens the address without them. All other parts
/// stay unchanged.
pub fn without_passcodes(url: &str) -> String {
    let is_open =
        |part: &&str| !is_named(&decoded(part.split('=').next().unwrap_or_default()), &PASSCODE_NAMES);
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let mut open = match rest.split_once('?') {
        Some((place, query)) => {
            let kept: Vec<&str> = query.split('&').filter(is_open).collect();
            if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) }
        }
        None => rest.to_owned(),
    };
    if let Some(fragment) = fragment.filter(is_open) {
        open.push('#');
        open.push_str(fragment);
    }
    open
}

/// State of one traversal of an event.
struct Blanking {
    tokens: Tokens,
    has_changed: bool,
    has_tokens: bool,
}

impl Blanking {
    /// `path` contains the names of the parent fields. A list's items have the list's name.
    fn value<'a>(&mut self, value: &'a mut Value, path: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => self.fields(fields, path),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, path)),
            Value::String(text) => self.text(text, path),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn fields<'a>(&mut self, fields: &'a mut Map<String, Value>, path: &mut Vec<&'a str>) {
        let before = fields.len();
        // A field whose name is a link is removed: nothing reads it.
        fields.retain(|name, _| scrubbed(name).is_none());
        self.has_changed |= fields.len() != before;
        for (name, value) in fields.iter_mut() {
            path.push(name);
            match wanted(path) {
                Wanted::Token => self.token(value),
                Wanted::Address => self.address(value),
                Wanted::Nothing if is_secret(name) || is_link(name, value) => self.take(value),
                Wanted::Nothing => self.value(value, path),
            }
            path.pop();
        }
    }

    fn take(&mut self, value: &mut Value) {
        self.has_changed |= !value.is_null();
        *value = Value::Null;
    }

    fn token(&mut self, value: &mut Value) {
        match self.tokens {
            Tokens::Kept if value.is_string() => self.has_tokens = true,
            Tokens::Kept | Tokens::Blanked => self.take(value),
        }
    }

    fn address(&mut self, value: &mut Value) {
        match value {
            Value::String(url) if self.tokens == Tokens::Kept => {
                self.has_tokens = true;
                let open = without_passcodes(url);
                self.has_changed |= open != *url;
                *url = open;
            }
            value => self.take(value),
        }
    }

    fn text(&mut self, text: &mut String, path: &[&str]) {
        if path.last().is_some_and(|name| KEPT_AS_THEY_ARE.contains(name)) {
            return;
        }
        if let Some(scrubbed) = scrubbed(text) {
            self.has_changed = true;
            *text = scrubbed;
        }
    }
}

/// The parts of a secret place that a replay needs.
enum Wanted {
    Token,
    Address,
    Nothing,
}

fn wanted(path: &[&str]) -> Wanted {
    match path {
        ["download_token"] | ["payload", "download_token"] => Wanted::Token,
        ["payload", "object", "recording_files" | "participant_audio_files", "download_url"] => {
            Wanted::Address
        }
        _ => Wanted::Nothing,
    }
}

/// True if a field's name marks its value as a secret.
fn is_secret(name: &str) -> bool {
    let is_kept = KEPT_AS_THEY_ARE.contains(&name);
    !is_kept && (is_named(name, &SECRET_NAMES) || plain(name) == "pin" || plain(name).ends_with("key"))
}

/// True if a field is meant for an address.
fn is_link(name: &str, value: &Value) -> bool {
    value.is_string() && ["url", "uri", "link"].iter().any(|end| plain(name).ends_with(end))
}

fn is_named(name: &str, parts: &[&str]) -> bool {
    let name = plain(name);
    parts.iter().any(|part| name.contains(part))
}

/// In lower case, without punctuation: `Recording-Play_Passcode` is `recordingplaypasscode`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    fn blanked(value: &Value, tokens: Tokens) -> (Value, bool) {
        let blanked = blank(value.to_string().as_bytes(), tokens);
        (serde_json::from_slice(&blanked.body).unwrap(), blanked.has_tokens)
    }

    /// Each `hunter2` is a secret. A replay needs the token and the addresses.
    fn completed() -> Value {
        json!({"event": "recording.completed", "event_ts": 7, "download_token": "token-1", "payload": {
            "account_id": "a", "plan": {"download_token": "hunter2"}, "object": {
                "uuid": "u/pwd==", "id": 7, "topic": "Passcode: none", "host_email": "ann@example.com",
                "password": "hunter2", "recording_play_passcode": "hunter2",
                "share_url": "https://zoom.us/rec/share/hunter2?pwd=hunter2",
                "recording_files": [{"id": "f", "file_type": "MP4", "file_size": 9, "status": "completed",
                    "play_url": "https://zoom.us/rec/play/hunter2",
                    "download_url": "https://zoom.us/rec/download/x?a=b&pwd=hunter2&access_token=token-2"}],
                "participant_audio_files": [{"id": "f", "file_type": "M4A", "file_name": "Ann",
                    "download_url": "https://zoom.us/rec/download/y"}]}}})
    }

    #[test]
    fn a_replay_finds_all_it_needs_and_no_passcode() {
        let (stored, has_tokens) = blanked(&completed(), Tokens::Kept);
        assert!(has_tokens && !stored.to_string().contains("hunter2"), "{stored}");
        let read = |value: &Value| listing::read(&value["payload"]["object"]).unwrap();
        let (before, mut after) = (read(&completed()), read(&stored));
        assert_eq!(after.share_url, "", "the job has it");
        after.share_url.clone_from(&before.share_url);
        assert_eq!(before, after);
        assert_eq!((&stored["download_token"], &stored["event_ts"]), (&json!("token-1"), &json!(7)));
        let address = &stored["payload"]["object"]["recording_files"][0]["download_url"];
        assert_eq!(address, "https://zoom.us/rec/download/x?a=b&access_token=token-2");
    }

    #[test]
    fn tokens_and_addresses_go_when_nobody_needs_them() {
        let (stored, has_tokens) = blanked(&completed(), Tokens::Blanked);
        assert!(!has_tokens, "{stored}");
        let text = stored.to_string();
        assert!(!text.contains("token-") && !text.contains("zoom.us") && !text.contains("hunter2"), "{text}");
        let recording = listing::read(&stored["payload"]["object"]).unwrap();
        assert!(recording.files.len() == 2 && recording.files.iter().all(|file| file.download.is_none()));
        assert_eq!(blanked(&stored, Tokens::Blanked), (stored, false), "once is enough");
    }

    #[test]
    fn whatever_opens_something_goes_wherever_it_stands() {
        let secrets = [
            json!({"password": 132_456}),
            json!({"Recording-Play-PassCode": {"a": ["hunter2"]}}),
            json!({"settings": [{"h323_password": "hunter2", "encrypted_pwd": ["hunter2"]}]}),
            json!({"join_url": "https://zoom.us/j/1?pwd=hunter2", "start_url": "https://zoom.us/s/1?zak=hunter2"}),
            json!({"registration_url": "https://zoom.us/meeting/register/hunter2"}),
            json!({"stream_key": "hunter2", "hostKey": "hunter2", "pin": "hunter2"}),
            json!({"agenda": "Join zoommtg://zoom.us/join?confno=1&pwd=hunter2 now"}),
            json!({"agenda": "Meeting 123, Passcode: hunter2, see you"}),
            json!({"agenda": "zoom.us/j/1?omn=7&PWD=hunter2"}),
            json!({"text": "{\"password\": \"hunter2\"}", "more": ["x", "passcode%3Dhunter2%26a"]}),
            json!({"https://zoom.us/?pwd=hunter2": 1}),
            json!({"object": {"download_url": "https://zoom.us/hunter2", "download_token": "hunter2"}}),
            json!({"download_access_token": "hunter2", "access_token": "hunter2"}),
            json!(["pwd=hunter2", {"deep": [[{"passcode": "hunter2"}]]}]),
        ];
        for secret in secrets {
            for value in [secret.clone(), json!({"event": "meeting.created", "payload": {"object": secret}})]
            {
                let (stored, has_tokens) = blanked(&value, Tokens::Kept);
                let text = stored.to_string();
                assert!(!text.contains("hunter2") && !text.contains("132456"), "{text}");
                assert!(!has_tokens, "{text}");
                assert_eq!(blanked(&stored, Tokens::Kept).0, stored, "once is enough");
            }
        }
    }

    #[test]
    fn what_opens_nothing_stays_to_the_letter() {
        let body = br#" {"event" : "meeting.ended","payload":{"object":{"id":85393847045,"topic":"a\u00e9 https://x?pwd=y",
            "duration":1e2,"participants":["Ann, token of thanks","10:30 passed"],"file_path":"/a/b.mp4"}}}"#;
        assert_eq!(blank(body, Tokens::Blanked), Blanked { body: body.to_vec(), has_tokens: false });
        for no_json in [&b"{"[..], b"\xff", b""] {
            assert_eq!(blank(no_json, Tokens::Blanked).body, no_json);
        }
    }

    #[test]
    fn halves_of_an_emoji_hide_nothing() {
        let body = br#"{"event":"x","payload":{"object":{"topic":"\ud83d","password":"hunter2\ud83d","a":"pwd=hunter2\ude92"}}}"#;
        let stored = String::from_utf8(blank(body, Tokens::Kept).body).unwrap();
        assert!(!stored.contains("hunter2") && stored.contains('\u{FFFD}'), "{stored}");
    }

    #[test]
    fn a_download_address_loses_its_passcode_only() {
        let cases = [
            ("https://zoom.us/d/x", "https://zoom.us/d/x"),
            ("https://zoom.us/d/x?type=cc&a=%20", "https://zoom.us/d/x?type=cc&a=%20"),
            ("https://zoom.us/d/x?pwd=p", "https://zoom.us/d/x"),
            ("https://zoom.us/d/x?a=1&Passcode=p&b=2", "https://zoom.us/d/x?a=1&b=2"),
            ("https://zoom.us/d/x?%70wd=p&access_token=t#pwd=p", "https://zoom.us/d/x?access_token=t"),
            ("https://zoom.us/d/x?", "https://zoom.us/d/x?"),
            ("https://zoom.us/d/pwd=x?a#b", "https://zoom.us/d/pwd=x?a#b"),
        ];
        for (url, open) in cases {
            assert_eq!(without_passcodes(url), open);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_once_is_enough(text in "(pwd|[=:\"&? é]|https://|%3d|\\[blanked\\]|[a-z]{0,3}){0,12}") {
            let value = json!({"a": text, "b": [text.clone()], text.clone(): 1});
            let (stored, _) = blanked(&value, Tokens::Kept);
            prop_assert_eq!(&blanked(&stored, Tokens::Kept).0, &stored);
            prop_assert_eq!(without_passcodes(&without_passcodes(&text)), without_passcodes(&text));
        }
    }
}
