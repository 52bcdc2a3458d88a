//! Checks that the recordings of the whole account can be listed: only this list contains recordings whose hosts
//! are not users.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::finding::{Check, Finding};
use super::scopes::WHERE;
use crate::zoom::{Days, ListError, Zoom, ZoomError};

/// The recordings that the sweep misses without this list.
const NOT_SEEN: &str = "recordings of Zoom Rooms, of deleted users and of sub-accounts are not found by the sweep; their events \
    are archived all the same";

fn check() -> Check {
    let tried = "listing the recordings of the whole account (accounts/me/recordings)";
    Check::new("zoom.account", tried, "a list that includes hosts who are not users")
}

/// The check as not tried.
pub(super) fn not_tried(why: &str) -> Finding {
    check().not_tried(why)
}

/// Requests the recordings of today and yesterday. `may_list` is false when no feature needs the account's lists.
pub(super) async fn examine(zoom: &Zoom, now: Timestamp, may_list: bool) -> Finding {
    if !may_list {
        return not_tried("SWEEP_EVERY is 0s, so the service does not need this list");
    }
    let to = now.to_zoned(TimeZone::UTC).date();
    let from = to.checked_sub(1.day()).unwrap_or(to);
    match zoom.account_recordings(Days { from, to }, None).await {
        Ok(page) => check().ok(format!("{} recording(s) of two days", page.page.rows.len())),
        Err(error) => check().warning(format!("{NOT_SEEN}: {error}"), mend(&error)),
    }
}

/// The remedy for a refusal.
fn mend(error: &ListError) -> String {
    match error {
        ListError::Zoom(ZoomError::MissingScope(_)) => format!(
            "If there are none, ignore this. Else add the scope \
             cloud_recording:read:list_account_recordings:admin (in a classic app account:read:admin and \
             recording:read:admin): {WHERE}"
        ),
        ListError::Zoom(ZoomError::Unreachable { .. } | ZoomError::Busy { .. }) => "Try again later".to_owned(),
        _ => "If there are none, ignore this. Else check zoom.us > Admin > User Management > Roles: the role \
              of the app's owner needs the right to view the account's recordings, and the plan must be Pro or above; \
              Zoom does not offer this list to every account"
            .to_owned(),
    }
}
