//! Trash, deletion, recovery: what was done stays visible.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::Standing::{Deleted, Present, Trashed};

use super::{ENCODED, Stage, UUID};

impl Stage {
    fn standings(&self) -> Vec<zoom2drive::sandbox::zoom::Standing> {
        let state = self.zoom.recording(UUID).unwrap();
        std::iter::once(state.standing).chain(state.files.iter().map(|file| file.standing)).collect()
    }
}

#[tokio::test]
async fn a_recording_goes_to_the_trash_and_comes_back() {
    let stage = Stage::with_meeting().await;
    let path = format!("/meetings/{ENCODED}/recordings");
    assert_eq!(stage.standings(), [Present; 4]);
    assert_eq!(stage.api("DELETE", &format!("{path}?action=trash")).await.0, 204);
    assert_eq!(stage.standings(), [Trashed; 4]);
    assert_eq!(stage.api("GET", &path).await.1["code"], 3301);
    let (status, body) = stage.api("DELETE", &path).await;
    assert_eq!((status, &body["code"]), (404, &3301.into()), "already gone");

    let (_, body) = stage.api("GET", "/users/ada@example.com/recordings?trash=true").await;
    assert_eq!(body["meetings"][0]["uuid"], UUID);
    assert!(body["meetings"][0]["recording_files"][0]["deleted_time"].is_string());

    let url = format!("{}{path}/status", stage.zoom.api_url());
    let recover = || stage.http.put(&url).json(&serde_json::json!({"action": "recover"}));
    assert_eq!(recover().bearer_auth(stage.token().await).send().await.unwrap().status(), 200);
    assert_eq!(stage.standings(), [Present; 4]);
    assert_eq!(recover().bearer_auth(stage.token().await).send().await.unwrap().status(), 404);

    assert_eq!(stage.api("DELETE", &path).await.0, 204);
    assert_eq!(stage.api("DELETE", &format!("{path}?action=delete")).await.0, 204);
    assert_eq!(stage.standings(), [Deleted; 4]);
    stage.assert_good();
    let contents = stage.zoom.recording(UUID).unwrap();
    assert_eq!(contents.files[0].content.size(), super::VIDEO);
}

#[tokio::test]
async fn a_single_file_goes_and_its_siblings_links_with_it() {
    let stage = Stage::with_meeting().await;
    let before = stage.listing().await;
    let token = before["download_access_token"].as_str().unwrap();
    let path = format!("/meetings/{ENCODED}/recordings/chat-1");
    assert_eq!(stage.api("DELETE", &path).await.0, 204);
    assert_eq!(stage.standings(), [Present, Present, Trashed, Present]);
    let video = before["recording_files"][0]["download_url"].as_str().unwrap();
    let answer = stage.get(video, token).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    // A new listing has links that work.
    stage.video().await;

    for file in ["video-1", "voice-1"] {
        let path = format!("/meetings/{ENCODED}/recordings/{file}?action=trash");
        assert_eq!(stage.api("DELETE", &path).await.0, 204);
    }
    assert_eq!(stage.standings(), [Trashed; 4]);
    assert_eq!(stage.api("DELETE", &path).await.1["code"], 3301);
    let url = format!("{}{path}/status", stage.zoom.api_url());
    let recover = stage.http.put(&url).json(&serde_json::json!({"action": "recover"}));
    assert_eq!(recover.bearer_auth(stage.token().await).send().await.unwrap().status(), 204);
    assert_eq!(stage.standings(), [Present, Trashed, Present, Trashed]);
    stage.assert_good();
}

#[tokio::test]
async fn trashing_can_be_refused() {
    let stage = Stage::with_meeting().await;
    let path = format!("/meetings/{ENCODED}/recordings");
    stage.zoom.set_processing(UUID, true);
    assert_eq!(stage.api("DELETE", &path).await.1["code"], 3303);
    stage.zoom.set_processing(UUID, false);
    stage.zoom.set_file(UUID, "chat-1", |file| file.status = "processing".to_owned());
    assert_eq!(stage.api("DELETE", &format!("{path}/chat-1")).await.1["code"], 3303);
    stage.zoom.set_file(UUID, "chat-1", |file| file.status = "completed".to_owned());
    stage.zoom.set_trash_denied(Some(Canned::zoom(400, 200, "Sin permiso.")));
    assert_eq!(stage.api("DELETE", &path).await.1["code"], 200);
    stage.zoom.set_trash_denied(None);
    assert_eq!(stage.standings(), [Present; 4]);
    stage.assert_good();

    // The answer may get lost although the deed was done.
    stage.fault(Route::ZoomTrash, UUID, Fault::AnswerAfter(Canned::html(504)));
    assert_eq!(stage.api("DELETE", &path).await.0, 504);
    assert_eq!(stage.standings(), [Trashed; 4]);

    let number = stage.api("GET", &format!("/past_meetings/{ENCODED}")).await.1["id"].clone();
    stage.api("DELETE", &format!("/meetings/{number}/recordings")).await;
    stage.assert_violation("names whichever instance");
}
