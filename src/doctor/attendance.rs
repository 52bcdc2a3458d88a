//! Checks what `ATTENDANCE=sheet` needs at Google: the Sheets API, and a place where spreadsheets may be made.

use super::finding::{Advice, Check, Finding, State};
use super::google_says::{self, GoogleIdentity};
use crate::google::auth::SCOPE_DRIVE;
use crate::google::sheets::SheetError;
use crate::google::{Drive, GoogleError};

/// How to do without the Sheets API.
const OR_CSV: &str = "ATTENDANCE=csv needs no Sheets API";

fn api_check() -> Check {
    Check::new(
        "sheets.api",
        "asking the Sheets API for a spreadsheet that does not exist",
        "it does not exist",
    )
}

fn place_check() -> Check {
    let tried = "reading in which drive DRIVE_FOLDER_ID is, and as whom the service works there";
    Check::new("sheets.place", tried, "a drive in which this account may own spreadsheets")
}

/// Runs the checks. Only for settings or rules that write spreadsheets.
pub(super) async fn examine(drive: &Drive, root: &str, who: &GoogleIdentity) -> Vec<Finding> {
    let api = match drive.sheets().check().await {
        Ok(()) => api_check().ok("the Sheets API answers"),
        Err(error) => api_check().explained(State::Broken, refused(&error, who)),
    };
    vec![api, place(drive, root, who).await]
}

fn refused(error: &SheetError, who: &GoogleIdentity) -> Advice {
    let mend = match error {
        SheetError::ApiDisabled { address: Some(address) } => {
            format!("Open {address}, choose Enable, and wait some minutes. Or: {OR_CSV}")
        }
        SheetError::ApiDisabled { address: None } => format!(
            "console.cloud.google.com > project {} > APIs & Services > Library > Google Sheets API > Enable, and wait \
             some minutes. Or: {OR_CSV}",
            who.project()
        ),
        SheetError::NoPlace | SheetError::Gone(_) => format!("Run this again. Or: {OR_CSV}"),
        SheetError::Google(GoogleError::Unreachable { .. } | GoogleError::Busy { .. }) => {
            format!("Check google.com/appsstatus and SHEETS_API_URL. Then try again. Or: {OR_CSV}")
        }
        SheetError::Google(_) => format!("{}. Or: {OR_CSV}", google_says::grant(SCOPE_DRIVE, who)),
    };
    Advice::new(error.to_string(), mend)
}

/// A service account owns nothing outside of shared drives. With a subject it works as that user.
async fn place(drive: &Drive, root: &str, who: &GoogleIdentity) -> Finding {
    let check = place_check();
    if who.is_person || who.subject.is_some() {
        return check.ok(format!("{} may own spreadsheets", who.acting()));
    }
    match drive.get(root).await {
        Ok(folder) if folder.drive_id.is_some() => check.ok("a shared drive owns them"),
        Ok(_) => check.broken(
            "the root is in a My Drive: a service account can make spreadsheets only in a shared drive",
            format!(
                "drive.google.com > Shared drives > New: add {} as Content manager, and put a folder of it into \
                 DRIVE_FOLDER_ID; or set GOOGLE_SUBJECT. Or: {OR_CSV}",
                who.acting()
            ),
        ),
        Err(error) => check.not_tried(format!("the root folder could not be read: {error}")),
    }
}
