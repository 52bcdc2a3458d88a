//! Checks the archive's root folder: its type, its place, the account's rights in it, and the free storage.

use serde_json::Value;

use super::finding::{Advice, Check, Finding, State};
use super::google_says::{self, GoogleIdentity};
use crate::google::drive::{FOLDER_TYPE, SHORTCUT_TYPE, quoted};
use crate::google::{Drive, GoogleError, Meaning, NoAnswer};

/// The requested fields of the root.
const FIELDS: &str = "id,name,mimeType,trashed,driveId,shortcutDetails(targetId,targetMimeType),\
    capabilities(canAddChildren,canListChildren,canTrashChildren)";

/// Free bytes in a person's Drive below which a warning is given: a day of recordings.
const ROOM_SMALL: u64 = 10_000_000_000;

fn root_check(id: &str) -> Check {
    let tried = format!("reading the folder DRIVE_FOLDER_ID {id}");
    Check::new("drive.root", tried, "a folder that is not in the trash")
}

fn role_check() -> Check {
    Check::new(
        "drive.role",
        "reading what the account may do in the folder",
        "add files, and move bad copies to the trash",
    )
}

fn member_check() -> Check {
    let tried = "reading the shared drive, and searching it as the service does";
    Check::new("drive.member", tried, "the account is a member of the shared drive")
}

fn storage_check() -> Check {
    Check::new("drive.storage", "asking whose storage is used, and how much is left", "room for recordings")
}

/// All of the checks as not tried.
pub(super) fn not_tried(id: &str, why: &str) -> Vec<Finding> {
    [root_check(id), role_check(), member_check(), storage_check()].map(|check| check.not_tried(why)).to_vec()
}

/// Runs the checks. The second value says if files can be put there, so that the test upload makes sense.
pub(super) async fn examine(drive: &Drive, id: &str, who: &GoogleIdentity) -> (Vec<Finding>, bool) {
    let root = match drive.examine(id, FIELDS).await {
        Ok(root) => root,
        Err(why) => {
            let mut findings = not_tried(id, "the root folder could not be read");
            findings[0] = root_check(id).explained(State::Broken, unseen(&why, id, who));
            return (findings, false);
        }
    };
    let name = root["name"].as_str().unwrap_or_default();
    let drive_id = root["driveId"].as_str();
    if let Some(said) = unfit(&root) {
        let mut findings = not_tried(id, "DRIVE_FOLDER_ID names no usable folder");
        findings[0] = root_check(id).explained(State::Broken, said);
        return (findings, false);
    }
    let place = if drive_id.is_some() { "in a shared drive" } else { "in a My Drive" };
    let mut findings = vec![root_check(id).ok(format!("{name:?}, {place}"))];
    let role = role(&root["capabilities"], drive_id.is_some(), who);
    let may_add = role.state != State::Broken;
    findings.push(role);
    findings.push(match drive_id {
        Some(drive_id) => member(drive, drive_id, id, who).await,
        None => member_check().ok("it is not in a shared drive: no membership is needed"),
    });
    findings.push(storage(drive, drive_id.is_some(), who).await);
    (findings, may_add)
}

fn unseen(why: &NoAnswer, id: &str, who: &GoogleIdentity) -> Advice {
    match why {
        NoAnswer::Refused { meaning: Meaning::NotFound, message, .. } => Advice::new(
            format!("there is no {id}, or {} has no access to it: {message}", who.acting()),
            format!(
                "drive.google.com: open the folder, and compare the last part of its address with DRIVE_FOLDER_ID. Then \
                 right-click > Share, or better {}",
                google_says::member(who)
            ),
        ),
        NoAnswer::Refused { meaning, .. } => google_says::refused(*meaning, &why.to_string(), who),
        NoAnswer::Error(error) => failed(error),
    }
}

/// Explains a failure that is not Drive's refusal.
pub(super) fn failed(error: &GoogleError) -> Advice {
    let mend = "Check google.com/appsstatus, and check that this machine can reach GOOGLE_API_URL by https (firewall, \
                proxy). Then try again";
    Advice::new(error.to_string(), mend)
}

/// Explains a root that is not a usable folder.
fn unfit(root: &Value) -> Option<Advice> {
    let name = root["name"].as_str().unwrap_or_default();
    let kind = root["mimeType"].as_str().unwrap_or_default();
    if kind == SHORTCUT_TYPE {
        let target = root["shortcutDetails"]["targetId"].as_str().unwrap_or("?");
        let is_folder = root["shortcutDetails"]["targetMimeType"] == FOLDER_TYPE;
        let to = if is_folder { "the folder" } else { "something else" };
        return Some(Advice::new(
            format!("{name:?} is a shortcut to {to} {target}"),
            format!("Set DRIVE_FOLDER_ID={target}, and share that folder with the account"),
        ));
    }
    if kind != FOLDER_TYPE {
        return Some(Advice::new(
            format!("{name:?} is a file ({kind})"),
            "Set DRIVE_FOLDER_ID to a folder: open it in drive.google.com and take the last part of its address",
        ));
    }
    (root["trashed"] == true).then(|| {
        Advice::new(
            format!("{name:?} is in the trash, and is deleted for good after 30 days"),
            "drive.google.com > Trash (of the shared drive: open the drive, its name's menu > View trash) > right-click > \
             Restore; or set DRIVE_FOLDER_ID to another folder",
        )
    })
}

fn role(capabilities: &Value, is_shared: bool, who: &GoogleIdentity) -> Finding {
    let can = |what: &str| capabilities[what].as_bool();
    let share = if is_shared {
        google_says::member(who)
    } else {
        format!("drive.google.com > right-click the folder > Share: give {} the role Editor", who.acting())
    };
    if can("canAddChildren") == Some(false) {
        return role_check().broken(format!("{} may only read the folder", who.acting()), share);
    }
    if can("canListChildren") == Some(false) {
        return role_check().broken(format!("{} may not list the folder", who.acting()), share);
    }
    if is_shared && can("canTrashChildren") == Some(false) {
        let found = format!(
            "{} may add files, but not move bad copies to the trash (role Contributor)",
            who.acting()
        );
        return role_check().warning(found, share);
    }
    role_check().ok(format!("{} may add files", who.acting()))
}

async fn member(drive: &Drive, drive_id: &str, root: &str, who: &GoogleIdentity) -> Finding {
    let seen = match drive.shared_drive(drive_id, "id,name").await {
        Ok(seen) => seen,
        Err(NoAnswer::Refused { meaning: Meaning::NotFound, message, .. }) => {
            let found = format!(
                "{} sees the folder, but is not a member of its shared drive, which the service searches: {message}",
                who.acting()
            );
            return member_check().broken(found, google_says::member(who));
        }
        Err(ref why @ NoAnswer::Refused { meaning, .. }) => {
            let said = google_says::refused(meaning, &why.to_string(), who);
            return member_check().explained(State::Broken, said);
        }
        Err(NoAnswer::Error(error)) => return member_check().explained(State::Broken, failed(&error)),
    };
    let name = seen["name"].as_str().unwrap_or_default();
    let query =
        format!("{} in parents and mimeType = {} and trashed = false", quoted(root), quoted(FOLDER_TYPE));
    match drive.list(&query, Some(drive_id)).await {
        Ok(_) => member_check().ok(format!("shared drive {name:?} can be searched")),
        Err(error) => {
            let found = format!("shared drive {name:?} cannot be searched: {error}");
            member_check().broken(found, google_says::member(who))
        }
    }
}

async fn storage(drive: &Drive, is_shared: bool, who: &GoogleIdentity) -> Finding {
    if !is_shared && !who.is_person && who.subject.is_none() {
        return storage_check().broken(
            "the folder is in a My Drive, and a service account has no storage: folders can be created there, but no content \
             is accepted",
            no_storage(who),
        );
    }
    let about = match drive.about("user(emailAddress),storageQuota(limit,usage)").await {
        Ok(about) => about,
        Err(ref why @ NoAnswer::Refused { meaning, .. }) => {
            let said = google_says::refused(meaning, &why.to_string(), who);
            return storage_check().explained(State::Warning, said);
        }
        Err(NoAnswer::Error(error)) => return storage_check().explained(State::Warning, failed(&error)),
    };
    if is_shared {
        return storage_check().ok("the organisation's, which owns what is in shared drives");
    }
    judge_room(&about)
}

/// How a service account gets storage.
pub(super) fn no_storage(who: &GoogleIdentity) -> String {
    format!(
        "One of three: (1) put the folder into a shared drive: {}, and set DRIVE_FOLDER_ID to a folder in it; (2) set \
         GOOGLE_SUBJECT to the folder's owner, with domain-wide delegation (admin.google.com > Security > Access and data \
         control > API controls); (3) let the owner consent, and use that file as GOOGLE_APPLICATION_CREDENTIALS",
        google_says::member(who)
    )
}

fn judge_room(about: &Value) -> Finding {
    // 64-bit numbers are JSON strings; a missing field means no limit.
    let number = |name: &str| about["storageQuota"][name].as_str().and_then(|text| text.parse::<u64>().ok());
    let email = about["user"]["emailAddress"].as_str().unwrap_or("the account");
    let mend = format!("Buy storage for {email}, empty its trash, or put the archive into a shared drive");
    let Some(limit) = number("limit") else { return storage_check().ok(format!("{email} has no limit")) };
    let free = limit.saturating_sub(number("usage").unwrap_or_default());
    let found = format!("{} of {} GB are free for {email}", free / 1_000_000_000, limit / 1_000_000_000);
    if free == 0 {
        storage_check().broken(found, mend)
    } else if free < ROOM_SMALL {
        storage_check().warning(found, mend)
    } else {
        storage_check().ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn room_is_judged_by_what_is_left() {
        let state = |limit: &str, usage: &str| {
            judge_room(&json!({"storageQuota": {"limit": limit, "usage": usage}})).state
        };
        assert_eq!(state("15000000000", "0"), State::Ok);
        assert_eq!(state("15000000000", "9000000000"), State::Warning);
        assert_eq!(state("15000000000", "15000000001"), State::Broken);
        assert_eq!(judge_room(&json!({"storageQuota": {"usage": "5"}})).state, State::Ok);
    }

    #[test]
    fn a_role_that_cannot_trash_is_told() {
        let all = json!({"canAddChildren": true, "canListChildren": true, "canTrashChildren": false});
        let who = GoogleIdentity::default();
        assert_eq!(role(&all, true, &who).state, State::Warning);
        assert_eq!(role(&all, false, &who).state, State::Ok);
        assert_eq!(role(&json!({"canAddChildren": false}), true, &who).state, State::Broken);
    }
}
