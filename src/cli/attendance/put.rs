//! Writes a file with attendance to Drive, under a claim, and tells what became of it.

use tokio_util::sync::CancellationToken;

use crate::attendance::{Output, Sheet};
use crate::config::{GoogleConfig, RelayConfig};
use crate::google::Drive;
use crate::http;
use crate::jobs::meeting_file::{file_link, spreadsheet_link};
use crate::pipeline::attendance::file::{Earlier, HOLD_FOR, Writer};
use crate::pipeline::attendance::target::Target;
use crate::recording::Source;
use crate::store::{AttendanceSheet, Store};

/// A file to be written once.
pub(in crate::cli) struct Order {
    /// Whose meeting it is about.
    pub source: Source,
    pub target: Target,
    /// Drive id of the folder for a new file.
    pub folder_id: String,
    pub output: Output,
    /// Write over a file that is there.
    pub again: bool,
}

/// What became of the file.
pub(in crate::cli) struct Outcome {
    pub source: Source,
    pub link: String,
    /// This run wrote it; else it was there.
    pub is_new: bool,
    /// It holds other facts than the service tells now.
    pub has_changed: bool,
}

impl Outcome {
    /// The link and what was done, in one line.
    pub fn told(&self) -> String {
        let Self { source, link, .. } = self;
        match (self.is_new, self.has_changed) {
            (true, _) => format!("{link}  written"),
            (false, true) => {
                format!("{link}  was there, and {source}'s facts have changed since: --again writes it again")
            }
            (false, false) => format!("{link}  was there"),
        }
    }
}

/// Writes the file, or leaves it as it is.
///
/// # Errors
/// When another one is writing it, Google refuses, or the store fails.
pub(in crate::cli) async fn put(
    order: &Order,
    (google, relay): (&GoogleConfig, &RelayConfig),
    store: &Store,
    sheet: &Sheet,
) -> anyhow::Result<Outcome> {
    let calls = http::client(Some(relay.idle_timeout))?;
    let drive = Drive::new(calls, http::client(None)?, google);
    let (stopping, key) = (CancellationToken::new(), order.target.key());
    let Some(claim) = store.claim_attendance(None, key, HOLD_FOR).await? else {
        anyhow::bail!("the service or another command is writing it; try again in some minutes");
    };
    let mut writer = Writer {
        store,
        drive: &drive,
        stopping: &stopping,
        retry_wait: relay.retry_wait,
        claim,
        target: &order.target,
        folder_id: order.folder_id.clone(),
        // Whoever asks for a file wants one, also where none is written by itself.
        output: if order.output == Output::No { Output::Sheet } else { order.output },
        earlier: if order.again { Earlier::Replace } else { Earlier::Keep },
    };
    let known = store.attendance_sheet(key).await?.unwrap_or_default();
    let is_new = known.digest.is_empty() || order.again;
    let written = if is_new { writer.write(&known, sheet).await.map(drop) } else { Ok(()) };
    let note = match &written {
        Ok(()) if is_new => String::new(),
        Ok(()) => known.note.clone(),
        Err(error) => error.to_string(),
    };
    store.release_attendance(&writer.claim, &note).await?;
    written?;
    let now = store.attendance_sheet(key).await?.unwrap_or_default();
    let has_changed = now.digest != sheet.digest();
    Ok(Outcome { source: order.source, link: link(&now), is_new, has_changed })
}

fn link(known: &AttendanceSheet) -> String {
    let file = known.file.clone().unwrap_or_default();
    if file.form == Output::Csv.name() { file_link(&file.drive_id) } else { spreadsheet_link(&file.drive_id) }
}
