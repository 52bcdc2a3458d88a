//! Checks if recordings are shared with hosts as the rules require. Pure.

use super::finding::{Check, Finding};

/// Judges rules that share. `can_ask` is true if there are credentials for Zoom's API.
pub(super) fn judge(can_ask: bool, has_domains: bool) -> Finding {
    let tried = "reading share_with_host and share_domains in RULES_FILE";
    let check =
        Check::new("rules.sharing", tried, "hosts are given access by the address that Zoom itself names");
    match (can_ask, has_domains) {
        (true, false) => check.ok("hosts are given access by the address that Zoom's API names"),
        (true, true) => {
            check.ok("hosts are given access by the address that Zoom's API names, if its domain is in share_domains")
        }
        (false, true) => check.warning(
            "without API credentials only events name hosts: anyone who can sign an event can name any address in share_domains",
            "Set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET: then Zoom's list of users says who the host is",
        ),
        (false, false) => check.warning(
            "share_with_host is on, and nothing is shared: without API credentials only events name hosts, and no list \
             says which addresses may be given access",
            "Set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET, or name domains in RULES_FILE: \
             share_domains = [\"example.org\"]",
        ),
    }
}
