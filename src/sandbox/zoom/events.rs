//! Webhooks: what Zoom says, how it signs it, and one attempt to deliver it.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Zoom;
use super::api::number;
use super::json::Json;
use super::recordings::nest_some;
use super::render::Links;
use super::tokens::{milliseconds, opaque, seconds};
use super::world::{Kept, Standing, Stored, World, end_of};

/// Zoom gives up after three seconds. The sandbox waits longer, since hundreds of tests may share one
/// processor; that an answer comes in time is measured by tests of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lifetime of an event's token, in seconds.
const DAY: u64 = 24 * 60 * 60;

impl Zoom {
    /// The body of an event about this meeting, with fresh download URLs and a fresh token. Asked twice,
    /// it gives what Zoom sends twice: the same event with other URLs and another token.
    ///
    /// # Panics
    /// When there is no such meeting: a slip in the test that calls it.
    pub fn event(&self, uuid: &str, name: &str) -> Vec<u8> {
        let mut world = self.world();
        let mut kept = world.find(uuid).cloned().expect("the test names a meeting that it has added");
        // An event lists what is ready, also while the API still lags behind it.
        kept.is_processing = false;
        let mut token = None;
        let object = match name {
            "recording.completed"
            | "recording.transcript_completed"
            | "recording.trashed"
            | "recording.deleted"
            | "recording.recovered" => {
                // A deletion leaves nothing to be downloaded.
                token = (name != "recording.deleted")
                    .then(|| world.issuer.download(&kept.meeting.uuid, "EventConsumerRecDownload", DAY));
                self.recording_object(&mut world, &kept, name, token.as_deref())
            }
            "recording.batch_trashed" | "recording.batch_recovered" => {
                Json::object().put("meeting_uuids", vec![uuid])
            }
            "recording.renamed" => renamed_object(&kept, &kept.meeting.topic),
            "recording.cloud_storage_usage_updated" => usage_object(),
            "recording.batch_deleted" => batch_deleted(&kept),
            "meeting.started" | "meeting.ended" => meeting_object(&kept, name),
            "recording.started" | "recording.stopped" | "recording.paused" | "recording.resumed" => {
                recording_state(&kept, name)
            }
            _ => short_object(&kept),
        };
        let payload = Json::object().put("account_id", self.account_id());
        let payload = match name.rsplit_once('.') {
            Some((
                _,
                "trashed" | "deleted" | "recovered" | "batch_trashed" | "batch_deleted" | "batch_recovered"
                | "renamed",
            )) => payload
                .put("operator", kept.meeting.host_email.as_str())
                .put("operator_id", kept.meeting.host_id.as_str()),
            _ => payload,
        };
        let operation = match name {
            "recording.batch_trashed" => Some("trash_user_recordings"),
            "recording.batch_recovered" => Some("recover_user_recordings"),
            _ => None,
        };
        let event_at = world.next_event_at();
        let payload = payload.put_some("operation", operation);
        let payload = match (name, &kept.old_topic) {
            ("recording.renamed", old) => payload
                .put("time_stamp", event_at)
                .nest("old_object", renamed_object(&kept, old.as_deref().unwrap_or(&kept.meeting.topic))),
            _ => payload,
        };
        let payload = payload.nest("object", object);
        Json::object()
            .nest("payload", payload)
            .put("event_ts", event_at)
            .put("event", name)
            .put_some("download_token", token)
            .bytes()
    }

    /// The challenge with which Zoom checks an endpoint, signed like every event.
    pub fn validation_event(&self, plain_token: &str) -> Vec<u8> {
        Json::object()
            .nest("payload", Json::object().put("plainToken", plain_token))
            .put("event_ts", milliseconds())
            .put("event", "endpoint.url_validation")
            .bytes()
    }

    /// The value of `x-zm-signature` for this body.
    pub fn sign(&self, secret: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
        mac.update(b"v0:");
        mac.update(timestamp.as_bytes());
        mac.update(b":");
        mac.update(body);
        format!("v0={}", hex::encode(mac.finalize().into_bytes()))
    }

    /// One attempt to deliver a body, signed now, with the headers that Zoom really sends. Delivering the
    /// same body again is a retry: the same request id, a new timestamp and signature.
    ///
    /// # Errors
    /// When the endpoint cannot be reached or does not answer in time.
    pub async fn deliver(&self, url: &str, body: &[u8]) -> Result<u16, reqwest::Error> {
        let secret = self.world().webhook_secret.clone();
        self.deliver_signed_with(&secret, url, body).await
    }

    /// The same, signed with another secret, as a forger would.
    ///
    /// # Errors
    /// When the endpoint cannot be reached or does not answer in time.
    pub async fn deliver_signed_with(
        &self,
        secret: &str,
        url: &str,
        body: &[u8],
    ) -> Result<u16, reqwest::Error> {
        let timestamp = seconds().to_string();
        let id = opaque(&["request", &hex::encode(body)]);
        let request = self
            .client()?
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Zoom Marketplace/1.0a")
            .header("accept-encoding", "gzip")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .header("clientid", self.client_id())
            .header("x-zm-request-id", &id[..32])
            .header("x-zm-request-timestamp", &timestamp)
            .header("x-zm-signature", self.sign(secret, &timestamp, body))
            .header("x-zm-trackingid", format!("v=2.0;clid=us02;rid=EventService_{}", &id[..16]))
            .header("zm-trace-upstream", "event-service");
        Ok(request.body(body.to_vec()).send().await?.status().as_u16())
    }

    fn client(&self) -> Result<reqwest::Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        // Loopback only: no proxy, no certificates to load, no redirects (Zoom follows none).
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// The object of the events that list files.
    fn recording_object(&self, world: &mut World, kept: &Kept, name: &str, token: Option<&str>) -> Json {
        let meeting = &kept.meeting;
        let strings = meeting.numbers_as_strings;
        let is_transcript = name == "recording.transcript_completed";
        let is_completed = name == "recording.completed";
        let is_any_trashed = kept.files.iter().any(|stored| stored.standing == Standing::Trashed);
        let pick = |stored: &Stored| match name {
            "recording.completed" => stored.is_present() && !stored.file.is_processing(),
            "recording.transcript_completed" => stored.is_present() && stored.file.file_type == "TRANSCRIPT",
            "recording.recovered" => stored.is_present(),
            // The trashed files, once there are any.
            "recording.trashed" => stored.standing == Standing::Trashed || !is_any_trashed,
            _ => true,
        };
        let links = Links { path: "webhook_download", token };
        let files = world.recording_files(kept, links, pick);
        let audio = if is_transcript { None } else { world.participant_audio(kept, links, pick) };
        let json = Json::object()
            .put("id", number(meeting.id, strings))
            .put("uuid", meeting.uuid.as_str())
            .put("host_id", meeting.host_id.as_str())
            .put("account_id", self.account_id())
            .put("topic", meeting.topic.as_str())
            .put("type", number(meeting.kind.into(), strings))
            .put("start_time", meeting.start_time.as_str())
            .put("password", meeting.password.as_str())
            .put("timezone", meeting.timezone.as_str())
            .put("host_email", meeting.host_email.as_str())
            .put("duration", number(meeting.duration, strings))
            .put("share_url", "https://zoom.example/rec/share/sandbox")
            .put("total_size", number(kept.total_size(), strings))
            // Also where only the transcript is listed, it is the whole meeting's count.
            .put("recording_count", number(kept.recording_count(), strings))
            .put_some("on_prem", is_completed.then_some(kept.is_on_prem()))
            .put_some(
                "recording_play_passcode",
                is_completed.then_some("yNYIS408EJygs7rE5vVsJwXIz4-sandbox"),
            );
        nest_some(nest_some(json, "recording_files", files), "participant_audio_files", audio)
    }
}

impl Kept {
    fn is_on_prem(&self) -> bool {
        self.files.iter().any(|stored| stored.file.file_path.is_some())
    }
}

/// `meeting.*`: the number is a string here, and `duration` is the planned one.
fn meeting_object(kept: &Kept, name: &str) -> Json {
    let meeting = &kept.meeting;
    Json::object()
        .put("duration", meeting.duration)
        .put("start_time", meeting.start_time.as_str())
        .put("timezone", meeting.timezone.as_str())
        .put_some("end_time", (name == "meeting.ended").then(|| end_of(meeting)))
        .put("topic", meeting.topic.as_str())
        .put("id", meeting.id.to_string())
        .put("type", meeting.kind)
        .put("uuid", meeting.uuid.as_str())
        .put("host_id", meeting.host_id.as_str())
}

/// `recording.started` and its kin: times, no files.
fn recording_state(kept: &Kept, name: &str) -> Json {
    let end = if name == "recording.stopped" { end_of(&kept.meeting) } else { String::new() };
    let times =
        Json::object().put("recording_start", kept.meeting.start_time.as_str()).put("recording_end", end);
    short_object(kept).nest("recording_file", times)
}

/// `recording.renamed`: the topic, and little else.
fn renamed_object(kept: &Kept, topic: &str) -> Json {
    let meeting = &kept.meeting;
    Json::object()
        .put("uuid", meeting.uuid.as_str())
        .put("id", meeting.id)
        .put("topic", topic)
        .put("type", meeting.kind)
        .put("host_id", meeting.host_id.as_str())
}

/// `recording.cloud_storage_usage_updated` is about the account, not about a recording.
fn usage_object() -> Json {
    Json::object().put("total_storage", "100 GB").put("used_storage", "12 GB")
}

fn short_object(kept: &Kept) -> Json {
    let meeting = &kept.meeting;
    Json::object()
        .put("id", meeting.id)
        .put("uuid", meeting.uuid.as_str())
        .put("host_id", meeting.host_id.as_str())
        .put("topic", meeting.topic.as_str())
        .put("type", meeting.kind)
        .put("start_time", meeting.start_time.as_str())
        .put("timezone", meeting.timezone.as_str())
        .put("duration", meeting.duration)
}

fn batch_deleted(kept: &Kept) -> Json {
    let ids: Vec<&str> = kept.files.iter().filter_map(|stored| stored.file.id.as_deref()).collect();
    let meeting =
        Json::object().put("meeting_uuid", kept.meeting.uuid.as_str()).put("recording_file_ids", ids);
    Json::object().nest("meetings", Json::List(vec![meeting]))
}
