//! The host of a recording. Zoom's API takes precedence over every event. The host decides which rules apply, which
//! folder the recording goes to, and who gets read access.

use super::{Origin, Recording};

impl Recording {
    /// Merges the host from a newer event or listing. Zoom's API takes precedence over every event.
    pub(super) fn take_host(&mut self, newer: &Recording) {
        match (self.host_origin, newer.host_origin) {
            (Origin::Listing, Origin::Event) => {}
            (Origin::Event, Origin::Event) => {
                if !newer.host_id.is_empty() {
                    self.host_id.clone_from(&newer.host_id);
                }
                if !newer.host_email.is_empty() {
                    self.host_email.clone_from(&newer.host_email);
                }
            }
            (known, Origin::Listing) => {
                // An address belongs to an id. The address in an event is not reliable.
                let is_same = known == Origin::Listing && self.host_id == newer.host_id;
                if !is_same || !newer.host_email.is_empty() {
                    self.host_email.clone_from(&newer.host_email);
                }
                self.host_id.clone_from(&newer.host_id);
                self.host_origin = Origin::Listing;
            }
        }
    }

    /// Keeps the known host, whatever `self` says: for events about a recording that is planned already.
    #[must_use]
    pub fn with_host_of(mut self, known: &Recording) -> Self {
        self.host_id.clone_from(&known.host_id);
        self.host_email.clone_from(&known.host_email);
        self.host_origin = known.host_origin;
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    fn event(id: &str, email: &str) -> Recording {
        listing::read(&json!({"uuid": "u", "host_id": id, "host_email": email})).unwrap()
    }

    fn listed(id: &str, email: &str) -> Recording {
        event(id, email).listed_by_zoom(None)
    }

    fn merged(mut known: Recording, newer: Recording) -> (String, String, Origin) {
        known.merge(newer);
        (known.host_id, known.host_email, known.host_origin)
    }

    #[test]
    fn no_event_changes_what_zoom_has_said() {
        let said = |id: &str, email: &str, origin| (id.to_owned(), email.to_owned(), origin);
        let by_zoom = said("a", "ann@a.org", Origin::Listing);
        assert_eq!(merged(listed("a", "ann@a.org"), event("e", "eve@e.org")), by_zoom);
        assert_eq!(merged(event("e", "eve@e.org"), listed("a", "ann@a.org")), by_zoom);
        // This listing has no address. An event's address does not fill the gap; a listing's does.
        assert_eq!(merged(event("a", "eve@e.org"), listed("a", "")), said("a", "", Origin::Listing));
        assert_eq!(merged(listed("a", "ann@a.org"), listed("a", "")), by_zoom);
        assert_eq!(merged(listed("e", "eve@e.org"), listed("a", "")), said("a", "", Origin::Listing));
        assert_eq!(merged(event("a", ""), event("", "b@b.org")), said("a", "b@b.org", Origin::Event));
        // A listing without a host says nothing.
        assert_eq!(merged(listed("a", "ann@a.org"), listed("", "eve@e.org")), by_zoom);
    }
}
