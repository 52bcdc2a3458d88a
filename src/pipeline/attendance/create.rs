//! Creates the file with a meeting's attendance at most once, and fills it.

use tracing::{info, warn};

use super::file::{CSV_TYPE, HOLD_FOR, NotWritten, Tries, Writer, patiently};
use crate::attendance::Sheet;
use crate::google::sheets::{NONCE_PROPERTY, NewSheet, SPREADSHEET_TYPE, SheetError};
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::store::AttendanceFile;

/// Lists that must lack a spreadsheet before another one is created.
const LISTS: u32 = 4;

/// Bytes that one request may replace: the limit of Drive's simple upload.
const CSV_BYTES_MAX: usize = 5_000_000;

impl Writer<'_> {
    /// Creates the spreadsheet, unless an earlier call did. Also tells if an answer was lost on the way.
    pub(super) async fn make(
        &mut self,
        file: &AttendanceFile,
        is_new: bool,
    ) -> Result<(String, bool), NotWritten> {
        let sheet = NewSheet {
            name: file.name.clone(),
            parent: file.folder_id.clone(),
            nonce: file.nonce.clone(),
            app_properties: self.properties(),
        };
        let (mut is_unclear, mut tries) = (!is_new, Tries::new(self.retry_wait));
        loop {
            if is_unclear && let Some(id) = self.made_before(file).await? {
                return Ok((id, true));
            }
            self.store.renew_attendance(&mut self.claim, HOLD_FOR).await?;
            let error = match self.drive.sheets().create(&sheet).await {
                Ok(id) => return Ok((id, is_unclear)),
                Err(error) => error,
            };
            match tries.next().filter(|_| error.may_pass()) {
                None => return Err(error.into()),
                Some(wait) => self.pause(wait).await?,
            }
            // A call that Google calls one too many has done nothing.
            is_unclear |= !matches!(error, SheetError::Google(GoogleError::Busy { .. }));
        }
    }

    /// The id of the spreadsheet with this nonce. Drive's lists lag behind, so several must lack it.
    async fn made_before(&self, file: &AttendanceFile) -> Result<Option<String>, NotWritten> {
        let mut wait = self.retry_wait;
        for list in 1..=LISTS {
            if let Some(found) = self.with_nonce(file).await?.into_iter().next() {
                info!(drive_id = %found.id, "found the spreadsheet of an earlier try");
                return Ok(Some(found.id));
            }
            if list < LISTS {
                self.pause(wait).await?;
                wait *= 2;
            }
        }
        Ok(None)
    }

    async fn with_nonce(&self, file: &AttendanceFile) -> Result<Vec<DriveFile>, NotWritten> {
        let (sheets, properties) = (self.drive.sheets(), [(NONCE_PROPERTY, file.nonce.as_str())]);
        patiently!(self, sheets.find(&file.folder_id, SPREADSHEET_TYPE, &properties))
    }

    /// Moves others with our nonce to the trash: a lost answer and a list that lagged for minutes leave an empty one.
    pub(super) async fn remove_twins(&self, file: &AttendanceFile, id: &str) {
        let Ok(found) = self.with_nonce(file).await else { return };
        for twin in found.iter().filter(|twin| twin.id != id) {
            match self.drive.trash(&twin.id).await {
                Ok(()) => info!(drive_id = %twin.id, "moved an empty twin of a spreadsheet to the trash"),
                Err(error) => {
                    warn!(drive_id = %twin.id, %error, "cannot remove an empty twin of a spreadsheet")
                }
            }
        }
    }

    /// Writes all cells. `notFound` may mean that the spreadsheet is too new.
    pub(super) async fn fill(&mut self, id: &str, sheet: &Sheet) -> Result<(), NotWritten> {
        let mut tries = Tries::new(self.retry_wait);
        loop {
            self.store.renew_attendance(&mut self.claim, HOLD_FOR).await?;
            let error = match self.drive.sheets().write(id, &sheet.tabs).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let may_pass = error.may_pass() || matches!(error, SheetError::Gone(_));
            match tries.next().filter(|_| may_pass) {
                None => return Err(error.into()),
                Some(wait) => self.pause(wait).await?,
            }
        }
    }

    pub(super) async fn write_csv(&mut self, file: &AttendanceFile, sheet: &Sheet) -> Result<(), NotWritten> {
        let text = sheet.csv().map_err(|error| NotWritten::Refused(error.to_string()))?;
        if text.len() > CSV_BYTES_MAX {
            return Err(NotWritten::Refused("the list is larger than 5 MB: use ATTENDANCE=sheet".to_owned()));
        }
        let new = NewFile {
            id: file.drive_id.clone(),
            name: file.name.clone(),
            mime_type: CSV_TYPE.to_owned(),
            parent: file.folder_id.clone(),
            app_properties: self.properties(),
            created_time: None,
            description: String::new(),
        };
        self.store.renew_attendance(&mut self.claim, HOLD_FOR).await?;
        patiently!(self, self.drive.create(&new))?;
        let written =
            patiently!(self, self.drive.replace_content(&file.drive_id, CSV_TYPE, text.as_bytes()))?;
        match written {
            written if written.trashed => Err(NotWritten::Removed(file.name.clone())),
            written if written.size != u64::try_from(text.len()).ok() => {
                Err(NotWritten::Refused("Drive has another size than was sent".to_owned()))
            }
            _ => Ok(()),
        }
    }
}
