//! One batch: some folders of the archive, whole.
//!
//! The folders are listed together. A list may be behind, leave files out, or be refused: it can only confirm. Every
//! file that no list confirms is asked by its id, and that answer counts.

use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use tracing::{info, warn};

use super::confirm::Unconfirmed;
use super::{Verifier, VerifyError};
use crate::google::{AT_ONCE, FOLDERS_MAX, GoogleError};
use crate::jobs::verification::{CheckedFile, Verdict, judge};
use crate::store::{ArchiveFilter, ArchivePlace, ArchivedFile};

/// Number of folders in use elsewhere; a query has more only if they contain few files.
const FOLDERS_USUAL: usize = 50;

/// A query of more than the usual number of folders ends once it is about this number of files.
const FILES_FEW: u64 = 100;

/// A query ends once it is about this number of files: a page of Drive's list has as many.
const FILES_PER_BATCH: u64 = 1000;

/// A batch that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its last folder: the next batch begins after it.
    pub last_folder: String,
    /// Files that were asked about.
    pub files: u64,
    /// Those of them that are not as they were proved.
    pub wrong: u64,
}

/// Folders that are asked about together.
struct Batch {
    folders: Vec<String>,
    last: String,
}

/// What is left of a batch after the lists.
struct Rest<'a> {
    after: &'a str,
    batch: &'a Batch,
    open: &'a Unconfirmed,
}

impl Verifier {
    /// Asks about the next folders after this one, and records the result. `None` if there are none. `found` is told of
    /// every file that is not as it was proved.
    ///
    /// # Errors
    /// When Drive cannot be asked, or the store fails. The same call asks again.
    pub async fn step(
        &self,
        after: &str,
        filter: &ArchiveFilter,
        found: &mut (dyn FnMut(&CheckedFile) + Send),
    ) -> Result<Option<Step>, VerifyError> {
        let Some(batch) = self.next_batch(after, filter).await? else { return Ok(None) };
        let drives = self.drives().await?;
        let (mut open, mut files, mut were_wrong) = (Unconfirmed::default(), 0, false);
        let mut place = ArchivePlace::after(after);
        loop {
            let page = self.store.archive_files(&place, &batch.last, filter).await?;
            let Some(last) = page.last() else { break };
            place = last.place();
            for file in &page {
                open.add(&file.drive_id, &file.sent, &file.folder_id);
                files += 1;
                were_wrong |= file.was_wrong;
            }
        }
        for drive in &drives {
            if !open.is_empty() {
                self.list(&batch.folders, drive.as_deref(), &mut open).await?;
            }
        }
        let mut wrong = 0;
        if !open.is_empty() || were_wrong {
            let rest = Rest { after, batch: &batch, open: &open };
            wrong = self.ask_by_id(rest, filter, found).await?;
        }
        Ok(Some(Step { last_folder: batch.last, files, wrong }))
    }

    async fn next_batch(&self, after: &str, filter: &ArchiveFilter) -> Result<Option<Batch>, VerifyError> {
        let most = self.folders_max.load(Ordering::Relaxed);
        let found = self.store.archive_folders(after, filter, i64::try_from(most).unwrap_or(1)).await?;
        let (mut folders, mut files) = (Vec::new(), 0);
        for (folder, count) in found {
            let is_full = files >= FILES_PER_BATCH || (folders.len() >= FOLDERS_USUAL && files >= FILES_FEW);
            if is_full {
                break;
            }
            folders.push(folder);
            files += count;
        }
        Ok(folders.last().cloned().map(|last| Batch { folders, last }))
    }

    /// The drives that the archive is in: those of the root folder and of the roots that rules name.
    async fn drives(&self) -> Result<Vec<Option<String>>, VerifyError> {
        let mut drives = vec![self.root().await?.drive_id];
        for root in self.rules.now().roots() {
            // A root that cannot be read has files that no list confirms: they are asked by id.
            if let Ok(folder) = self.drive.get(root).await
                && !drives.contains(&folder.drive_id)
            {
                drives.push(folder.drive_id);
            }
        }
        Ok(drives)
    }

    /// Lists these folders, with fewer at a time if Drive refuses the query. Folders that the account does not see are
    /// left out.
    async fn list(
        &self,
        folders: &[String],
        drive: Option<&str>,
        open: &mut Unconfirmed,
    ) -> Result<(), VerifyError> {
        let mut waiting = vec![folders.to_vec()];
        while let Some(folders) = waiting.pop() {
            match self.list_once(&folders, drive, open).await {
                Ok(()) => {}
                Err(GoogleError::Refused(why)) if folders.len() > 1 => {
                    let half = folders.len().div_ceil(2);
                    info!(
                        folders = folders.len(),
                        why, "Drive refuses the query; asking about fewer folders"
                    );
                    self.folders_max.fetch_min(half.min(FOLDERS_MAX), Ordering::Relaxed);
                    waiting.extend(folders.chunks(half).map(<[String]>::to_vec));
                }
                Err(GoogleError::Refused(why)) => {
                    warn!(
                        folder = folders[0],
                        why, "Drive refuses to list a folder; its files are asked by id"
                    );
                }
                Err(GoogleError::NotFound(_)) => {
                    let seen = self.seen(&folders).await?;
                    if !seen.is_empty() && seen.len() < folders.len() {
                        waiting.push(seen);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn list_once(
        &self,
        folders: &[String],
        drive: Option<&str>,
        open: &mut Unconfirmed,
    ) -> Result<(), GoogleError> {
        let listing = tokio::sync::Mutex::new(self.drive.list_folders(folders, drive));
        while let Some(files) = self.patiently(|| async { listing.lock().await.next().await }).await? {
            files.iter().for_each(|file| open.confirm(file));
            if open.is_empty() {
                // The other pages have only files that are not ours.
                break;
            }
        }
        Ok(())
    }

    /// Those of these folders that the account sees.
    async fn seen(&self, folders: &[String]) -> Result<Vec<String>, VerifyError> {
        let mut seen = Vec::new();
        for folder in folders {
            match self.patiently(|| self.drive.get(folder)).await {
                Ok(_) => seen.push(folder.clone()),
                Err(GoogleError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(seen)
    }

    /// Asks about what no list has confirmed, and records the results.
    async fn ask_by_id(
        &self,
        Rest { after, batch, open }: Rest<'_>,
        filter: &ArchiveFilter,
        found: &mut (dyn FnMut(&CheckedFile) + Send),
    ) -> Result<u64, VerifyError> {
        let (mut wrong, mut place) = (0, ArchivePlace::after(after));
        loop {
            let page = self.store.archive_files(&place, &batch.last, filter).await?;
            let Some(last) = page.last() else { return Ok(wrong) };
            place = last.place();
            let asked = page.into_iter().filter(|file| file.was_wrong || open.has(&file.drive_id));
            let asked = asked.map(|file| async {
                let is_open = open.has(&file.drive_id);
                self.check(file, is_open).await
            });
            let mut asked = stream::iter(asked).buffered(AT_ONCE);
            let mut checked = Vec::new();
            while let Some(file) = asked.next().await {
                checked.push(file?);
            }
            drop(asked);
            self.store.note_checks(&checked).await?;
            for file in checked.iter().filter(|file| file.verdict != Verdict::Equal) {
                wrong += 1;
                found(file);
            }
        }
    }

    /// The state of a file. A list has confirmed it unless `is_open`.
    async fn check(&self, file: ArchivedFile, is_open: bool) -> Result<CheckedFile, VerifyError> {
        let verdict = match is_open {
            true => judge(&file.sent, &file.folder_id, &self.state(&file.drive_id).await?),
            false => Verdict::Equal,
        };
        let ArchivedFile { job, key, version, name, drive_id, sent, .. } = file;
        Ok(CheckedFile { job, key, version, name, drive_id, sent, verdict })
    }
}
