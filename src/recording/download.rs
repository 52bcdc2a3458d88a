//! The address of a file's content, and its source.

use serde::{Deserialize, Serialize};

use super::{FileStatus, Recording, RecordingFile};
use crate::secret::{Secret, SecretUrl};

/// The source of a download address or host. It decides which tokens may go to the address, what its bytes prove,
/// and whether the host is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A webhook event. Its signature shows that the sender knows a secret, not that the address belongs to the
    /// recording. So the account's token never goes there, and the bytes prove nothing by themselves. Recordings
    /// stored by old versions count as this.
    #[default]
    Event,
    /// An answer of Zoom's own API.
    Listing,
}

/// The address of a file's content, and the token that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// Zoom's download URL. It redirects to a short-lived link, which is never stored.
    #[serde(serialize_with = "SecretUrl::expose_for_storage")]
    pub url: SecretUrl,
    /// An event's `download_token` or a listing's `download_access_token`; valid for this URL only.
    #[serde(default, serialize_with = "Secret::expose_for_storage", skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    #[serde(default)]
    pub origin: Origin,
}

impl Recording {
    /// Marks the recording as read from an event: every file gets the event's token.
    pub fn named_by_event(self, token: Option<&Secret>) -> Self {
        self.named_by(Origin::Event, token)
    }

    /// Marks the recording as read from Zoom's API: every file gets the listing's token.
    pub fn listed_by_zoom(self, token: Option<&Secret>) -> Self {
        self.named_by(Origin::Listing, token)
    }

    fn named_by(mut self, origin: Origin, token: Option<&Secret>) -> Self {
        for download in self.files.iter_mut().filter_map(|file| file.download.as_mut()) {
            download.token = token.cloned();
            download.origin = origin;
        }
        // A listing without a host says nothing about the host.
        self.host_origin = if self.host_id.is_empty() { Origin::Event } else { origin };
        self
    }
}

impl RecordingFile {
    /// Merges newer facts about this file. Only a listing changes facts from a listing; an event does not. A newer
    /// version without an address, such as an event whose addresses were blanked, keeps the old address.
    pub(super) fn renew(&mut self, newer: RecordingFile) {
        if self.is_listed() && !newer.is_listed() {
            return;
        }
        let is_there = newer.unavailable.is_empty();
        let kept = self.download.take().filter(|_| is_there && self.is_same_version(&newer));
        *self = newer;
        self.download = self.download.take().or(kept);
    }

    /// True if Zoom's API has listed this file as ready, with an address.
    pub fn is_listed(&self) -> bool {
        let origin = self.download.as_ref().map(|download| download.origin);
        self.status == FileStatus::Completed && origin == Some(Origin::Listing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    fn told(size: u64, status: &str) -> Recording {
        let file =
            json!({"id": "a", "file_type": "MP4", "file_size": size, "status": status, "download_url": "x"});
        listing::read(&json!({"uuid": "u", "recording_files": [file]})).unwrap()
    }

    #[test]
    fn what_zoom_has_listed_is_changed_by_what_it_lists_only() {
        let size_after = |known: Recording, newer: Recording| {
            let mut known = known;
            known.merge(newer);
            known.files[0].size
        };
        let event = |size| told(size, "completed").named_by_event(Some(&Secret::new("t")));
        let listed = |size, status| told(size, status).listed_by_zoom(None);
        assert_eq!(size_after(listed(1, "completed"), event(2)), Some(1));
        assert_eq!(size_after(listed(1, "completed"), listed(2, "completed")), Some(2));
        assert_eq!(size_after(event(1), event(2)), Some(2));
        assert_eq!(size_after(event(1), listed(2, "completed")), Some(2));
        assert_eq!(size_after(listed(1, "processing"), event(2)), Some(2), "it was not ready then");
    }

    #[test]
    fn what_comes_without_an_address_takes_none_away() {
        let mut known = told(1, "completed").named_by_event(Some(&Secret::new("t")));
        let address = known.files[0].download.clone();
        let mut blanked = told(1, "completed");
        blanked.files[0].download = None;
        known.merge(blanked.clone());
        assert_eq!(known.files[0].download, address);
        blanked.files[0].size = Some(2);
        known.merge(blanked);
        assert_eq!(known.files[0].download, None, "it was another version's");
    }

    #[test]
    fn an_address_whose_origin_nobody_stored_is_an_events() {
        let stored = serde_json::from_str::<Download>(r#"{"url": "https://zoom.us/x"}"#).unwrap();
        assert_eq!(stored.origin, Origin::Event);
    }
}
