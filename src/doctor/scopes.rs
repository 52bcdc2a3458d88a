//! The scopes at Zoom that the chosen features need, and those that a token lacks. Pure.

use super::finding::{Check, Finding};
use crate::config::AfterArchive;
use crate::zoom::SCOPE_RECOVER;

/// A needed scope. Apps have either granular scopes or classic ones; one of the two is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    granular: &'static str,
    classic: &'static str,
    /// Another granular scope that is enough as well.
    or: Option<&'static str>,
    what_for: &'static str,
    /// True if a feature that is switched on fails without it. The other scopes may belong to another app.
    is_certain: bool,
}

/// What is switched on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Features {
    pub(super) sweeps: bool,
    /// True if rules name hosts or share with them.
    pub(super) asks_for_hosts: bool,
    pub(super) after_archive: AfterArchive,
    /// True if `ATTENDANCE` or a rule writes attendance beside recordings.
    pub(super) attendance: bool,
}

/// The needs of these features.
pub(super) fn needs(features: Features) -> Vec<Need> {
    let Features { sweeps, asks_for_hosts, after_archive, attendance } = features;
    let need = |granular, classic, what_for| Need { granular, classic, or: None, what_for, is_certain: true };
    let files = need(
        "cloud_recording:read:list_recording_files:admin",
        "recording:read:admin",
        "listing and downloading a recording's files",
    );
    let events = Need {
        is_certain: false,
        ..need("cloud_recording:read:recording:admin", "recording:read:admin", "the events about recordings")
    };
    let mut needs = vec![files, events];
    if sweeps {
        needs.push(need(
            "user:read:list_users:admin",
            "user:read:admin",
            "the sweep: the users and their recordings",
        ));
        needs.push(need(
            "cloud_recording:read:list_user_recordings:admin",
            "recording:read:admin",
            "the sweep: recordings without an event",
        ));
    }
    if asks_for_hosts && !sweeps {
        needs.push(Need {
            or: Some("user:read:user:admin"),
            ..need(
                "user:read:list_users:admin",
                "user:read:admin",
                "rules about hosts, and sharing with them",
            )
        });
    }
    if after_archive != AfterArchive::Keep {
        let scope = "cloud_recording:delete:meeting_recording:admin";
        needs.push(need(scope, "recording:write:admin", "AFTER_ARCHIVE, which is `trash` or `delete`"));
    }
    if attendance {
        needs.extend(of_attendance());
    }
    needs
}

/// Scopes of reading who was at a meeting. Without some of them there is a fall-back, or less to count by.
fn of_attendance() -> [Need; 5] {
    let need =
        |granular, classic, what_for, is_certain| Need { granular, classic, or: None, what_for, is_certain };
    [
        need(
            "report:read:list_meeting_participants:admin",
            "report:read:admin",
            "ATTENDANCE: who was at a meeting",
            true,
        ),
        need(
            "meeting:read:past_meeting:admin",
            "meeting:read:admin",
            "ATTENDANCE: when a meeting began and ended",
            true,
        ),
        need(
            "report:read:list_webinar_participants:admin",
            "report:read:admin",
            "ATTENDANCE: who was at a webinar",
            false,
        ),
        need(
            "meeting:read:list_past_participants:admin",
            "meeting:read:admin",
            "ATTENDANCE: meetings of more than a year ago",
            false,
        ),
        need(
            "meeting:read:meeting:admin",
            "meeting:read:admin",
            "ATTENDANCE: when a meeting was planned for",
            false,
        ),
    ]
}

impl Need {
    /// True if one of these scopes is enough. Master accounts have names of their own.
    pub(super) fn is_met(&self, granted: &[&str]) -> bool {
        let master = |name: &str| format!("{}:master", name.trim_end_matches(":admin"));
        [self.granular, self.classic]
            .iter()
            .chain(&self.or)
            .any(|name| granted.contains(name) || granted.contains(&master(name).as_str()))
    }

    fn name(&self) -> String {
        format!("{} (in a classic app {}), for {}", self.granular, self.classic, self.what_for)
    }
}

/// How to add scopes, and how to make them effective.
pub(super) const WHERE: &str = "marketplace.zoom.us > Develop (Manage) > your Server-to-Server OAuth app > Scopes > \
    Add Scopes, by name; then Activation > Activate your app again. A token keeps the scopes that it was issued with: \
    restart the service, or wait up to an hour";

/// The check of these needs.
pub(super) fn check(needs: &[Need]) -> Check {
    let expected: Vec<&str> = needs.iter().map(|need| need.granular).collect();
    let expected =
        if expected.is_empty() { "those that the settings need".to_owned() } else { expected.join(" ") };
    Check::new("zoom.scopes", "reading the scopes that came with the token", expected)
}

fn granted(scope: &str) -> Vec<&str> {
    scope.split([' ', ',']).filter(|name| !name.is_empty()).collect()
}

/// True if the account's lists are allowed, needed or not.
pub(super) fn may_list(scope: &str) -> bool {
    let granted = granted(scope);
    let features = Features {
        sweeps: true,
        asks_for_hosts: false,
        after_archive: AfterArchive::Keep,
        attendance: false,
    };
    needs(features).iter().filter(|need| need.is_certain).all(|need| need.is_met(&granted))
}

/// Compares a token's scopes with the needs.
pub(super) fn judge(needs: &[Need], scope: &str) -> Finding {
    let (check, granted) = (check(needs), granted(scope));
    if granted.is_empty() {
        return check.warning(
            "Zoom did not report the token's scopes",
            "If a later check names a missing scope, add it: ".to_owned() + WHERE,
        );
    }
    let missing = |certain: bool| -> Vec<String> {
        let lacks = |need: &&Need| need.is_certain == certain && !need.is_met(&granted);
        needs.iter().filter(lacks).map(Need::name).collect()
    };
    let (broken, odd) = (missing(true), missing(false));
    let all = [broken.clone(), odd.clone()].concat().join("; ");
    if !broken.is_empty() {
        check.broken(format!("missing: {all}"), WHERE)
    } else if !odd.is_empty() {
        let note = "If another app of yours sends the events, or you can do without, ignore this. Else: ";
        check.warning(format!("missing: {all}"), note.to_owned() + WHERE)
    } else {
        check.ok(format!("all {} needed scopes are granted", needs.len()))
    }
}

/// The need of `recover`. Nothing else needs this scope, and an operator may add it on the day of need.
const RECOVER: Need = Need {
    granular: SCOPE_RECOVER,
    classic: "recording:write:admin",
    or: None,
    what_for: "taking a recording out of Zoom's trash (`zoom2drive recover`, and Recover in the dashboard)",
    is_certain: false,
};

/// The check of the scope that only `recover` needs.
pub(super) fn recover_check() -> Check {
    Check::new("zoom.recover", "reading the scopes that came with the token", SCOPE_RECOVER)
}

/// Says if `recover` is possible. A missing scope is never a failure: the service works without it.
pub(super) fn judge_recover(after_archive: AfterArchive, scope: &str) -> Finding {
    let (check, granted) = (recover_check(), granted(scope));
    if granted.is_empty() {
        return check.not_tried("Zoom did not report the token's scopes");
    }
    if RECOVER.is_met(&granted) {
        return check.ok("recordings can be taken out of Zoom's trash");
    }
    let missing = format!("not granted: {}", RECOVER.name());
    match after_archive {
        AfterArchive::Trash => check.warning(
            missing,
            "Archived recordings stay in Zoom's trash for 30 days, and without this scope only a person at zoom.us gets \
             them back. If you will add it when you need it, ignore this. Else: "
                .to_owned()
                + WHERE,
        ),
        AfterArchive::Keep | AfterArchive::Delete => {
            check.ok(format!("{missing}. The service puts nothing into the trash; add it if you want to recover"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_scope_of_recover_is_a_hint_and_never_a_failure() {
        for scope in [SCOPE_RECOVER, "recording:write:admin", "a recording:write:master"] {
            assert_eq!(judge_recover(AfterArchive::Trash, scope).state, State::Ok, "{scope}");
        }
        let without = "cloud_recording:read:recording:admin";
        for (after, state) in [
            (AfterArchive::Trash, State::Warning),
            (AfterArchive::Keep, State::Ok),
            (AfterArchive::Delete, State::Ok),
        ] {
            let found = judge_recover(after, without);
            assert_eq!(found.state, state);
            assert!(found.found.contains(SCOPE_RECOVER) && found.found.contains("not granted"), "{found:?}");
        }
        assert_eq!(judge_recover(AfterArchive::Trash, "").state, State::NotTried);
    }

    fn needs(sweeps: bool, asks_for_hosts: bool, after_archive: AfterArchive) -> Vec<Need> {
        super::needs(Features { sweeps, asks_for_hosts, after_archive, attendance: false })
    }

    #[test]
    fn attendance_needs_the_report_and_can_do_without_the_rest() {
        let features = Features {
            sweeps: false,
            asks_for_hosts: false,
            after_archive: AfterArchive::Keep,
            attendance: true,
        };
        let needs = super::needs(features);
        let all: Vec<&str> = needs.iter().map(|need| need.granular).collect();
        assert_eq!(judge(&needs, &all.join(" ")).state, State::Ok);
        let classic = "recording:read:admin report:read:admin meeting:read:admin";
        assert_eq!(judge(&needs, classic).state, State::Ok);
        let without =
            |name: &str| all.iter().filter(|one| **one != name).copied().collect::<Vec<_>>().join(" ");
        for (name, state) in [
            ("report:read:list_meeting_participants:admin", State::Broken),
            ("meeting:read:past_meeting:admin", State::Broken),
            ("report:read:list_webinar_participants:admin", State::Warning),
            ("meeting:read:list_past_participants:admin", State::Warning),
            ("meeting:read:meeting:admin", State::Warning),
        ] {
            let found = judge(&needs, &without(name));
            assert_eq!(found.state, state, "{name}");
            assert!(found.found.contains(name) && found.found.contains("ATTENDANCE"), "{}", found.found);
        }
    }

    #[test]
    fn only_what_is_switched_on_is_demanded() {
        let granular = |needs: Vec<Need>| needs.iter().map(|need| need.granular).collect::<Vec<_>>();
        let least = granular(needs(false, false, AfterArchive::Keep));
        assert_eq!(
            least,
            ["cloud_recording:read:list_recording_files:admin", "cloud_recording:read:recording:admin"]
        );
        assert_eq!(needs(true, false, AfterArchive::Keep).len(), 4);
        assert_eq!(needs(true, true, AfterArchive::Keep).len(), 4);
        let hosts = needs(false, true, AfterArchive::Keep);
        assert_eq!(hosts.last().unwrap().granular, "user:read:list_users:admin");
        for one in ["user:read:list_users:admin", "user:read:user:admin", "user:read:admin"] {
            assert!(hosts.last().unwrap().is_met(&[one]), "{one}");
        }
        for deleting in [AfterArchive::Trash, AfterArchive::Delete] {
            assert_eq!(
                granular(needs(false, false, deleting)).last(),
                Some(&"cloud_recording:delete:meeting_recording:admin")
            );
        }
    }

    #[test]
    fn each_missing_scope_is_named_both_ways() {
        let needs = needs(true, false, AfterArchive::Trash);
        for missing in &needs {
            let granted: Vec<&str> =
                needs.iter().filter(|need| *need != missing).map(|need| need.granular).collect();
            let found = judge(&needs, &granted.join(" "));
            assert!(found.found.contains(missing.granular) && found.found.contains(missing.classic));
            let expected = if missing.is_certain { State::Broken } else { State::Warning };
            assert!(found.state == expected && found.mend.contains("Add Scopes"), "{found:?}");
        }
    }

    #[test]
    fn classic_and_master_scopes_do_as_well() {
        let needs = needs(true, false, AfterArchive::Delete);
        let classic = "recording:read:admin recording:write:admin user:read:admin";
        assert_eq!(judge(&needs, classic).state, State::Ok);
        assert_eq!(judge(&needs, &classic.replace(":admin", ":master")).state, State::Ok);
        assert_eq!(judge(&needs, "recording:read:admin user:read:admin").state, State::Broken);
        assert_eq!(judge(&needs, "").state, State::Warning);
    }
}
