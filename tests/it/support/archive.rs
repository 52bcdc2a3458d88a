//! What must be true of the archive, read from the imitations of Zoom and Google: at every moment, and at the end.

use std::collections::BTreeMap;

use zoom2drive::jobs::FileState;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::sandbox::transcript::Call;
use zoom2drive::sandbox::zoom::Standing as AtZoom;
use zoom2drive::store::JobFilter;

use crate::support::world::World;

impl World {
    /// Everything on Drive that is not in the trash and no meeting file, by path. Two files of one path are a
    /// fault, whatever they are.
    pub fn archive(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file).is_none());
        archive
    }

    /// The files that tell what is known of recordings, by path.
    pub fn meeting_files(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file) == Some("meeting"));
        archive
    }

    /// The files that tell who was at a meeting, by path.
    pub fn attendance_files(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file) == Some("attendance"));
        archive
    }

    fn present(&self) -> BTreeMap<String, DriveFile> {
        let google = &self.sandbox.google;
        let mut archive = BTreeMap::new();
        for file in google.files().into_iter().filter(|file| !file.trashed) {
            let path = google.path_of(&file.id);
            assert!(archive.insert(path.clone(), file).is_none(), "two files are called {path}");
        }
        archive
    }

    /// One meeting file, read as JSON.
    pub fn read_meeting_file(&self, file: &DriveFile) -> serde_json::Value {
        let content = self.sandbox.google.content_of(&file.id).unwrap();
        serde_json::from_slice(&content).unwrap_or_else(|error| panic!("{}: {error}", file.name))
    }

    /// Exactly one file tells of this recording, of all its files, and tells the truth.
    fn assert_told(&self, uuid: &str) {
        let told: Vec<DriveFile> = self
            .meeting_files()
            .into_values()
            .filter(|file| file.app_properties.get("zoomMeeting").map(String::as_str) == Some(uuid))
            .collect();
        assert_eq!(told.len(), 1, "{uuid}: {told:#?}");
        let page = self.read_meeting_file(&told[0]);
        assert_eq!(page["meeting"]["uuid"], uuid);
        let archive = self.archive();
        let mut copies: Vec<&DriveFile> = archive
            .values()
            .filter(|file| file.app_properties.get("zoomMeeting").map(String::as_str) == Some(uuid))
            .collect();
        let of = |page: &serde_json::Value| page["files"].as_array().unwrap().clone();
        for file in of(&page) {
            let copy = copies.iter().position(|copy| file["drive_id"] == *copy.id);
            let copy = copies.remove(copy.unwrap_or_else(|| panic!("{uuid}: {file} is not on Drive")));
            assert_eq!((&file["sha256"], &file["size"]), (&copy.sha256.clone().into(), &copy.size.into()));
            assert_eq!(copy.parents, told[0].parents, "{uuid}: the meeting file lies elsewhere");
        }
        assert!(copies.is_empty(), "{uuid}: nothing tells of {copies:#?}");
    }

    /// The promises that hold at every moment, whatever happened.
    pub fn assert_promises(&self, uuid: &str) {
        assert_eq!(self.sandbox.transcript.violations(), Vec::<String>::new());
        let state = self.sandbox.zoom.recording(uuid).unwrap();
        for file in &state.files {
            let copies: Vec<DriveFile> =
                self.copies_of(uuid, file.id.as_deref().unwrap_or_default(), file.is_participant_audio);
            let good = copies
                .iter()
                .filter(|copy| copy.sha256 == file.content.sha256() && copy.size == file.content.size())
                .count();
            assert!(good <= 1, "{uuid}: {:?} is there {good} times", file.id);
            if state.standing != AtZoom::Present || file.standing != AtZoom::Present {
                assert_eq!(good, 1, "{uuid}: {:?} was trashed at Zoom without a good copy", file.id);
            }
            if self.is_put_away(uuid) && file.standing == state.standing {
                let whose = "no byte of what was put away may be known from an event's address only";
                assert!(file.is_read_as_listed, "{uuid}: {:?}: {whose}\n{}", file.id, self.calls());
            }
        }
        let is_given_away =
            |call: &Call| call.request.contains("/webhook_download/") && call.token == "the account's token";
        let given = self.sandbox.transcript.calls().into_iter().find(is_given_away);
        assert!(given.is_none(), "the account's token went to an event's address: {given:?}");
    }

    /// Whether the program, and not a person, has put this recording away at Zoom.
    fn is_put_away(&self, uuid: &str) -> bool {
        let calls = self.sandbox.transcript.calls();
        calls.iter().any(|call| {
            call.route == Route::ZoomTrash && call.subject.contains(uuid) && call.answer.contains("204")
        })
    }

    /// The copies of one Zoom file that Drive shows, by our private properties.
    pub fn copies_of(&self, uuid: &str, file_id: &str, is_participant: bool) -> Vec<DriveFile> {
        let key = if is_participant { format!("participant:{file_id}") } else { file_id.to_owned() };
        let mut files = self.sandbox.google.files();
        files.retain(|file| {
            let property = |name: &str| file.app_properties.get(name).map(String::as_str);
            !file.trashed
                && property("zoomMeeting") == Some(uuid)
                && property("zoomFile") == Some(key.as_str())
        });
        files
    }

    /// The whole promise, once a job is finished: every file is there, once, byte for byte, nothing else is,
    /// and Zoom's copy is in the trash.
    pub fn assert_archived(&self, uuids: &[&str]) {
        let mut expected = 0;
        for uuid in uuids {
            self.assert_promises(uuid);
            let state = self.sandbox.zoom.recording(uuid).unwrap();
            for file in &state.files {
                let copies =
                    self.copies_of(uuid, file.id.as_deref().unwrap_or_default(), file.is_participant_audio);
                assert_eq!(copies.len(), 1, "{uuid} {:?}", file.id);
                assert_eq!(copies[0].sha256, file.content.sha256(), "{uuid} {:?}", file.id);
                assert_eq!(copies[0].size, file.content.size(), "{uuid} {:?}", file.id);
                expected += 1;
            }
            match self.settings["AFTER_ARCHIVE"].as_str() {
                "trash" => assert_eq!(state.standing, AtZoom::Trashed, "{uuid} is not in Zoom's trash"),
                "delete" => assert_eq!(state.standing, AtZoom::Deleted, "{uuid} is still at Zoom"),
                _ => {}
            }
        }
        assert_eq!(self.archive().len(), expected, "{:#?}", self.archive().keys());
        let is_explained = self.settings.get("MEETING_FILE").is_none_or(|setting| setting == "yes");
        for uuid in uuids.iter().filter(|_| is_explained) {
            self.assert_told(uuid);
        }
        assert_eq!(self.meeting_files().len(), if is_explained { uuids.len() } else { 0 });
        let mut folders = self.sandbox.google.folders();
        folders.retain(|folder| folder.app_properties.contains_key("zoom2driveFolder"));
        let mut paths: Vec<String> =
            folders.iter().map(|folder| self.sandbox.google.path_of(&folder.id)).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), folders.len(), "twin folders: {paths:?}");
    }

    /// Every byte of the archived files counts for the daily limit, and counts once.
    pub async fn assert_counted_once(&self) {
        let store = self.open_store().await;
        let mut archived = 0;
        for job in store.jobs(JobFilter::default()).await.unwrap() {
            for record in store.files(job.id).await.unwrap() {
                if let FileState::Verified(sent) = record.state {
                    archived += sent.size;
                }
            }
        }
        let uploaded = store.uploaded(&self.config().google.identity()).await.unwrap();
        store.close().await;
        assert!(archived > 0, "nothing is archived");
        assert_eq!(uploaded.iter().map(|hour| hour.bytes).sum::<u64>(), archived);
    }
}

/// What a file is that is no copy, but tells something of a recording.
fn role(file: &DriveFile) -> Option<&str> {
    file.app_properties.get("zoom2driveRole").map(String::as_str)
}
