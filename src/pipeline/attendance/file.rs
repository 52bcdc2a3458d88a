//! A file with attendance: found or created once, and written whole.
//!
//! A spreadsheet's id cannot be reserved. So a nonce is stored before the spreadsheet is created; when the answer of
//! an earlier create is not known, the folder is searched for the nonce, with patience, before another one is
//! created. A plain file has a reserved id, like `meeting.json`.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::super::meeting_file::ROLE_PROPERTY;
use super::super::plan::{MEETING_PROPERTY, NAMING_TRIES};
use super::target::Target;
use crate::attendance::{Output, Sheet};
use crate::google::sheets::{SPREADSHEET_TYPE, SheetError};
use crate::google::{Drive, DriveFile, GoogleError};
use crate::recording::names::TakenNames;
use crate::secret::random_token;
use crate::store::{AttendanceClaim, AttendanceCounts, AttendanceFile, AttendanceSheet, Store, StoreError};

/// The value of the property with a file's purpose.
pub const ATTENDANCE_ROLE: &str = "attendance";

/// The MIME type of a plain file.
pub(super) const CSV_TYPE: &str = "text/csv";

/// Tries of a call that may succeed soon. With the usual wait they last longer than Google's minute.
pub(super) const TRIES: u32 = 4;

/// Longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How long a claim stands without a renewal: longer than any call with its tries.
pub const HOLD_FOR: Duration = Duration::from_secs(600);

/// Why the file is not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The store failed, or the claim is lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program is stopping.
    #[error("interrupted by a shutdown")]
    Stopping,
    /// Google refused, or did not answer.
    #[error(transparent)]
    Google(#[from] SheetError),
    /// Somebody has removed it.
    #[error("somebody has removed {0:?} from Drive")]
    Removed(String),
    /// It cannot be written as it is.
    #[error("{0}")]
    Refused(String),
}

impl NotWritten {
    /// True if the same call may succeed soon.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Google(error) if error.may_pass())
    }
}

impl From<GoogleError> for NotWritten {
    fn from(error: GoogleError) -> Self {
        Self::Google(error.into())
    }
}

/// What to do with a file that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// It stays as it is: people write into it.
    Keep,
    /// It is written again, and made anew if somebody has removed it.
    Replace,
}

/// The tries of a call that may be repeated.
pub(super) struct Tries {
    count: u32,
    wait: Duration,
}

impl Tries {
    pub(super) fn new(wait: Duration) -> Self {
        Self { count: 0, wait }
    }

    /// The wait before the next try; `None` if the last one has failed.
    pub(super) fn next(&mut self) -> Option<Duration> {
        self.count += 1;
        let wait = self.wait;
        self.wait *= 2;
        (self.count < TRIES).then_some(wait)
    }
}

/// The result of a call that may be repeated, after tries while Google does not answer.
macro_rules! patiently {
    ($writer:expr, $call:expr) => {{
        let mut tries = $crate::pipeline::attendance::file::Tries::new($writer.retry_wait);
        loop {
            let result = $call.await.map_err($crate::pipeline::attendance::file::NotWritten::from);
            let next = match &result {
                Err(error) if error.may_pass() => tries.next(),
                _ => None,
            };
            match next {
                Some(wait) => $writer.pause(wait).await?,
                None => break result,
            }
        }
    }};
}
pub(super) use patiently;

/// Writes one file, under a claim.
pub struct Writer<'a> {
    pub store: &'a Store,
    pub drive: &'a Drive,
    /// Set at shutdown.
    pub stopping: &'a CancellationToken,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
    pub claim: AttendanceClaim,
    /// The claim is for its key.
    pub target: &'a Target,
    /// Drive id of the folder for a new file.
    pub folder_id: String,
    pub output: Output,
    pub earlier: Earlier,
}

impl Writer<'_> {
    /// Writes the cells, and records it. Returns the Drive id. `known` is the store's row under the claim.
    ///
    /// # Errors
    /// See [`NotWritten`]. The next call goes on where this one ended.
    pub async fn write(&mut self, known: &AttendanceSheet, sheet: &Sheet) -> Result<String, NotWritten> {
        let file = match self.present(known).await? {
            Some(file) => file,
            None => self.reserve().await?,
        };
        if file.form == Output::Csv.name() {
            self.write_csv(&file, sheet).await?;
            self.record(sheet).await?;
            return Ok(file.drive_id);
        }
        let is_new = known.file.as_ref().is_none_or(|known| known.nonce != file.nonce);
        let (mut id, mut was_unclear) = (file.drive_id.clone(), false);
        if id.is_empty() {
            (id, was_unclear) = self.make(&file, is_new).await?;
            self.store.attendance_made(&self.claim, &file.nonce, &id).await?;
        }
        // A spreadsheet of an earlier database has no nonce here. People may have written into it.
        if !file.nonce.is_empty() || self.earlier == Earlier::Replace {
            self.fill(&id, sheet).await?;
        }
        self.record(sheet).await?;
        if was_unclear {
            self.remove_twins(&file, &id).await;
        }
        Ok(id)
    }

    async fn record(&self, sheet: &Sheet) -> Result<(), StoreError> {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = AttendanceCounts {
            people: count(sheet.counts.people),
            expected: sheet.counts.expected.map(count),
            absent: sheet.counts.expected.map(|_| count(sheet.counts.absent)),
        };
        self.store.attendance_written(&self.claim, &sheet.digest(), counts).await
    }

    /// The file that was decided before, if it is still there.
    async fn present(&self, known: &AttendanceSheet) -> Result<Option<AttendanceFile>, NotWritten> {
        let Some(file) = &known.file else { return Ok(None) };
        if self.earlier == Earlier::Replace && file.form != self.output.name() {
            return Ok(None);
        }
        // A reserved id leads to nothing before the file is created.
        let is_maybe_unmade = known.digest.is_empty() && file.form == Output::Csv.name();
        if file.drive_id.is_empty() || is_maybe_unmade {
            return Ok(Some(file.clone()));
        }
        let is_there = match patiently!(self, self.drive.get(&file.drive_id)) {
            Ok(found) => !found.trashed,
            Err(NotWritten::Google(SheetError::Google(GoogleError::NotFound(_)))) => false,
            Err(error) => return Err(error),
        };
        match (is_there, self.earlier) {
            (true, _) => Ok(Some(file.clone())),
            (false, Earlier::Replace) => Ok(None),
            (false, Earlier::Keep) => Err(NotWritten::Removed(file.name.clone())),
        }
    }

    /// Decides the file: one that an earlier database had, or a new one.
    async fn reserve(&self) -> Result<AttendanceFile, NotWritten> {
        let adopted = self.earlier_file().await?;
        let is_csv = self.output == Output::Csv;
        let mut id = adopted.as_ref().map(|file| file.id.clone()).unwrap_or_default();
        if id.is_empty() && is_csv {
            let reserved = patiently!(self, self.drive.reserve_ids(1))?;
            id = reserved.into_iter().next().unwrap_or_default();
        }
        for _try in 0..NAMING_TRIES {
            let names = self.store.names_in(&self.folder_id).await?;
            let extension = if is_csv { ".csv" } else { "" };
            let taken = TakenNames::of(&names.names);
            let file = AttendanceFile {
                form: self.output.name().to_owned(),
                nonce: if is_csv || adopted.is_some() { String::new() } else { random_token() },
                drive_id: id.clone(),
                folder_id: self.folder_id.clone(),
                name: match &adopted {
                    Some(found) => found.name.clone(),
                    None => self.target.name(extension, &taken),
                },
            };
            let mut names = names;
            names.names.extend(adopted.as_ref().map(|found| found.name.clone()));
            match self.store.reserve_attendance(&self.claim, &file, &names).await {
                Err(StoreError::NameTaken) => {}
                reserved => return Ok(reserved.map(|()| file)?),
            }
        }
        Err(StoreError::NameTaken.into())
    }

    /// The oldest such file of this target in the folder: the database may have been lost.
    async fn earlier_file(&self) -> Result<Option<DriveFile>, NotWritten> {
        let mime_type = if self.output == Output::Csv { CSV_TYPE } else { SPREADSHEET_TYPE };
        let key = self.target.property();
        let properties = [(MEETING_PROPERTY, key.as_str()), (ROLE_PROPERTY, ATTENDANCE_ROLE)];
        let sheets = self.drive.sheets();
        let found = patiently!(self, sheets.find(&self.folder_id, mime_type, &properties))?;
        Ok(found.into_iter().next())
    }

    pub(super) fn properties(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (MEETING_PROPERTY.to_owned(), self.target.property()),
            (ROLE_PROPERTY.to_owned(), ATTENDANCE_ROLE.to_owned()),
        ])
    }

    pub(super) async fn pause(&self, wait: Duration) -> Result<(), NotWritten> {
        tokio::select! {
            () = tokio::time::sleep(wait.min(WAIT_MAX)) => Ok(()),
            () = self.stopping.cancelled() => Err(NotWritten::Stopping),
        }
    }
}
