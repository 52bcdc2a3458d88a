//! Webhooks: the golden signatures, the shapes, the delivery.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use zoom2drive::sandbox::zoom::{File, Meeting};

use super::{Stage, UUID, meeting};

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

/// Recorded by others from the real Zoom.
#[tokio::test]
async fn signatures_agree_with_the_golden_ones() {
    let zoom = Stage::new().await.zoom;
    let secret = "4fv1RkqGQUq5sWbEz6hA5A";
    let validation = include_bytes!("../../data/zoom-golden-url-validation.json");
    let signature = "v0=93a1a675965ceb9c5a50c5dfb31f20e50f763be37a54ef74cd2d16a1a8e5c0d6";
    assert_eq!(zoom.sign(secret, "1720705455", validation), signature);
    let emoji = include_bytes!("../../data/zoom-golden-meeting-started-emoji.json");
    let signature = "v0=1a14e79349318fa1bead50ebbd3c185ae078e182d3bbd30ab8010fcb7f4357c7";
    assert_eq!(zoom.sign(secret, "1720707175", emoji), signature);
}

#[tokio::test]
async fn a_completed_event_has_zooms_shape() {
    let stage = Stage::with_meeting().await;
    let body = stage.zoom.event(UUID, "recording.completed");
    let text = String::from_utf8(body.clone()).unwrap();
    assert!(text.starts_with("{\"payload\":{\"account_id\":"), "{text}");
    assert!(text.contains(r#""topic":"Probe \uD83D\uDE92 – „Faust“""#), "{text}");

    let event = parse(&body);
    let object = &event["payload"]["object"];
    assert_eq!(event["event"], "recording.completed");
    assert!(event["event_ts"].as_u64().unwrap() > 1_000_000_000_000);
    assert_eq!(object["uuid"], UUID);
    assert_eq!(object["topic"], "Probe 🚒 – „Faust“");
    assert_eq!(object["total_size"], 300_000 + 500 + 4_000);
    assert_eq!(object["recording_count"], 2);
    assert_eq!(object["recording_files"][0]["meeting_id"], UUID);
    assert_eq!(object["recording_files"][1]["recording_end"], "2026-01-15T11:00:00Z");
    let audio = &object["participant_audio_files"][0];
    assert_eq!(audio["file_name"], "Audio only - Ada Host");
    assert!(audio.get("recording_type").is_none() && audio.get("meeting_id").is_none());

    // The token can be read: it lives for a day and names its meeting.
    let token = event["download_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims = parse(&claims);
    assert_eq!(claims["mid"], UUID);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 86_400);

    // A second delivery of the same recording has other addresses and another token.
    let again = parse(&stage.zoom.event(UUID, "recording.completed"));
    assert_ne!(again["download_token"], event["download_token"]);
    let url = |event: &Value| event["payload"]["object"]["recording_files"][0]["download_url"].clone();
    assert_ne!(url(&again), url(&event));
}

#[tokio::test]
async fn a_transcript_event_lists_the_transcript_only() {
    let stage = Stage::with_meeting().await;
    stage.zoom.add_file(UUID, File::transcript("words-1", 900));
    let event = parse(&stage.zoom.event(UUID, "recording.transcript_completed"));
    let object = &event["payload"]["object"];
    assert_eq!(object["recording_files"].as_array().unwrap().len(), 1);
    assert_eq!(object["recording_files"][0]["file_type"], "TRANSCRIPT");
    assert_eq!(object["recording_count"], 3);
    assert!(object.get("participant_audio_files").is_none());
    assert!(event["download_token"].is_string());
}

#[tokio::test]
async fn events_can_be_as_odd_as_zooms() {
    let stage = Stage::new().await;
    let mut timeline = File::timeline("unused", 70);
    (timeline.id, timeline.listed_size, timeline.file_extension) = (None, None, None);
    timeline.status.clear();
    let mut on_prem = File::mp4("video-2", 10);
    on_prem.file_path = Some("/9090876528/path01/demo.mp4".to_owned());
    stage.zoom.add(Meeting::new("odd==", "").numbers_as_strings().file(timeline).file(on_prem));
    let event = parse(&stage.zoom.event("odd==", "recording.completed"));
    let object = &event["payload"]["object"];
    assert!(object["id"].is_string() && object["duration"].is_string());
    let timeline = &object["recording_files"][0];
    for missing in ["id", "file_size", "file_extension", "status", "play_url"] {
        assert!(timeline.get(missing).is_none(), "{missing}");
    }
    assert_eq!(object["recording_files"][1]["file_size"], "10");
    assert!(object["recording_files"][1].get("download_url").is_none());

    stage.zoom.add(Meeting::new("voices==", "").participant(File::m4a("v", 5)).participant_audio_only());
    let event = parse(&stage.zoom.event("voices==", "recording.completed"));
    assert!(event["payload"]["object"].get("recording_files").is_none());
    assert_eq!(event["payload"]["object"]["participant_audio_files"][0]["id"], "v");
}

#[tokio::test]
async fn other_events_have_their_own_shapes() {
    let stage = Stage::with_meeting().await;
    let event = |name| parse(&stage.zoom.event(UUID, name));
    assert!(event("meeting.ended")["payload"]["object"]["id"].is_string());
    assert!(event("recording.trashed")["payload"]["operator"].is_string());
    assert!(event("recording.trashed")["download_token"].is_string());
    assert!(event("recording.deleted").get("download_token").is_none());
    assert_eq!(event("recording.started")["payload"]["object"]["recording_file"]["recording_end"], "");
    assert_eq!(event("recording.batch_trashed")["payload"]["object"]["meeting_uuids"][0], UUID);
    let deleted = event("recording.batch_deleted");
    assert_eq!(deleted["payload"]["object"]["meetings"][0]["recording_file_ids"][0], "video-1");
    assert_eq!(event("recording.batch_recovered")["payload"]["object"]["meeting_uuids"][0], UUID);
    stage.zoom.rename(UUID, "Afterwards");
    let renamed = event("recording.renamed");
    assert!(renamed["payload"]["operator"].is_string() && renamed["payload"]["time_stamp"].is_u64());
    assert_eq!(renamed["payload"]["object"]["topic"], "Afterwards");
    assert_eq!(renamed["payload"]["old_object"]["topic"], "Probe 🚒 – „Faust“");
    assert!(event("recording.cloud_storage_usage_updated")["payload"]["object"].get("uuid").is_none());
    let challenge = parse(&stage.zoom.validation_event("xys8n8PGS7mAU0m5-YJjRA"));
    assert_eq!(challenge["payload"]["plainToken"], "xys8n8PGS7mAU0m5-YJjRA");
    assert_eq!(challenge["event"], "endpoint.url_validation");
}

#[tokio::test]
async fn a_delivery_is_signed_and_a_retry_is_signed_anew() {
    let stage = Stage::new().await;
    stage.zoom.add(meeting());
    let seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let keep = seen.clone();
    let hook = post(move |headers: HeaderMap, body: Bytes| async move {
        keep.lock().unwrap().push((headers, body));
        axum::http::StatusCode::NO_CONTENT
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", hook)).await });

    let body = stage.zoom.event(UUID, "recording.completed");
    assert_eq!(stage.zoom.deliver(&url, &body).await.unwrap(), 204);
    assert_eq!(stage.zoom.deliver(&url, &body).await.unwrap(), 204);
    server.abort();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    for (headers, received) in &seen {
        assert_eq!(received.as_ref(), body);
        let header = |name: &str| headers[name].to_str().unwrap();
        let signature = stage.zoom.sign(stage.zoom.webhook_secret(), header("x-zm-request-timestamp"), &body);
        assert_eq!(header("x-zm-signature"), signature);
        assert_eq!(header("content-type"), "application/json; charset=utf-8");
        assert_eq!(header("user-agent"), "Zoom Marketplace/1.0a");
        for name in ["traceparent", "x-zm-trackingid", "zm-trace-upstream", "clientid"] {
            assert!(headers.contains_key(name), "{name}");
        }
    }
    assert_eq!(seen[0].0["x-zm-request-id"], seen[1].0["x-zm-request-id"]);
    assert!(stage.zoom.deliver(&url, &body).await.is_err(), "nobody listens any more");
}
