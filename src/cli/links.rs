//! `zoom2drive links`: prints each recording's link at Zoom and its files' links at Drive, one row per archived
//! file.
//!
//! Rows are read page by page and written at once: memory does not grow with the archive.

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::with_store;
use crate::config::Reader;
use crate::jobs::meeting_file::{file_link, folder_link};
use crate::jobs::{FileState, Job, Millis};
use crate::store::{Access, Archived, FileCursor, Store};
use crate::untrusted::cell::cell;
use crate::untrusted::escape_untrusted;

/// Arguments of `links`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print CSV with a header line (the default)
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print a JSON array, one object per line
    #[arg(long)]
    pub json: bool,
    /// Only files that were archived on this day or later (UTC), such as 2026-03-01
    ///
    /// Files that an older version of this program archived have no day, and are left out.
    #[arg(long, value_name = "DATE")]
    pub since: Option<Date>,
}

/// One archived file. None of the fields is secret.
#[derive(Debug, Serialize)]
struct Row {
    share_link: String,
    topic: String,
    host: String,
    start: String,
    file: String,
    #[serde(rename = "type")]
    kind: String,
    drive_link: String,
    drive_folder_link: String,
    size: u64,
    sha256: String,
    archived_at: String,
}

impl Row {
    /// `None` for a file that is not archived.
    fn new(job: &Job, archived: Archived) -> Option<Self> {
        let (recording, record) = (&job.recording, archived.record);
        let FileState::Verified(streamed) = record.state else { return None };
        let host = [&recording.host_email, &recording.host_id].into_iter().find(|name| !name.is_empty());
        let start = record.file.start.or_else(|| recording.happened_at());
        Some(Self {
            share_link: [&record.file.link, &recording.share_url]
                .into_iter()
                .find(|link| !link.is_empty())
                .cloned()
                .unwrap_or_default(),
            topic: recording.topic.clone(),
            host: host.cloned().unwrap_or_default(),
            start: start.map(|start| start.to_string()).unwrap_or_default(),
            file: record.name,
            kind: record.file.file_type,
            drive_link: file_link(&record.drive_id),
            drive_folder_link: folder_link(&record.folder_id),
            size: streamed.size,
            sha256: streamed.sha256,
            archived_at: record.proved_at.map(shown_time).unwrap_or_default(),
        })
    }

    /// The same row, safe for a spreadsheet and a terminal.
    fn for_spreadsheet(self) -> Self {
        Self {
            share_link: cell(&self.share_link),
            topic: cell(&self.topic),
            host: cell(&self.host),
            file: cell(&self.file),
            start: cell(&self.start),
            kind: cell(&self.kind),
            drive_link: cell(&self.drive_link),
            drive_folder_link: cell(&self.drive_folder_link),
            sha256: cell(&self.sha256),
            archived_at: cell(&self.archived_at),
            size: self.size,
        }
    }
}

fn shown_time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

/// The output format.
enum Printer<'a> {
    Csv(Box<csv::Writer<&'a mut dyn Write>>),
    Json { out: &'a mut dyn Write, is_first: bool },
}

impl<'a> Printer<'a> {
    fn new(json: bool, out: &'a mut dyn Write) -> anyhow::Result<Self> {
        if json {
            return Ok(Self::Json { out, is_first: true });
        }
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        writer.write_record(HEADINGS).map_err(io_error)?;
        Ok(Self::Csv(Box::new(writer)))
    }

    fn row(&mut self, row: Row) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer) => writer.serialize(row.for_spreadsheet()).map_err(io_error),
            Self::Json { out, is_first } => {
                let before = if std::mem::take(is_first) { "[\n" } else { ",\n" };
                Ok(write!(out, "{before}  {}", escape_untrusted(&serde_json::to_string(&row)?))?)
            }
        }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer) => Ok(writer.flush()?),
            Self::Json { .. } => Ok(()),
        }
    }

    fn end(mut self) -> anyhow::Result<()> {
        self.flush()?;
        match self {
            Self::Csv(_) => Ok(()),
            Self::Json { out, is_first: true } => Ok(writeln!(out, "[]")?),
            Self::Json { out, is_first: false } => Ok(writeln!(out, "\n]")?),
        }
    }
}

/// `CliError` recognises a closed pipe by its `io::Error`.
fn io_error(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => anyhow::anyhow!("a row cannot be written: {other:?}"),
    }
}

/// The column names, printed even for an empty archive.
const HEADINGS: [&str; 11] = [
    "share_link",
    "topic",
    "host",
    "start",
    "file",
    "type",
    "drive_link",
    "drive_folder_link",
    "size",
    "sha256",
    "archived_at",
];

/// Prints the links.
///
/// # Errors
/// When the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let since =
        args.since.map(|day| Ok::<_, jiff::Error>(day.to_zoned(TimeZone::UTC)?.timestamp())).transpose()?;
    let since = since.map(|since| since.as_millisecond());
    let printing = async |store: &Store, _: &mut Reader| {
        let mut printer = Printer::new(args.json, out)?;
        print_pages(store, since, &mut printer).await?;
        printer.end()
    };
    with_store(reader, Access::Read, printing).await?;
    Ok(ExitCode::SUCCESS)
}

async fn print_pages(store: &Store, since: Option<Millis>, printer: &mut Printer<'_>) -> anyhow::Result<()> {
    let (mut after, mut job): (Option<FileCursor>, Option<Job>) = (None, None);
    loop {
        let page = store.archived(after.as_ref(), since).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.cursor());
        for archived in page {
            // The files of one job are in consecutive rows.
            let known = match job.take().filter(|known| known.id == archived.job) {
                Some(known) => known,
                None => store.job(archived.job).await?,
            };
            if let Some(row) = Row::new(&known, archived) {
                printer.row(row)?;
            }
            job = Some(known);
        }
        printer.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(topic: &str) -> Row {
        Row {
            share_link: "https://zoom.us/rec/share/abc".into(),
            topic: topic.into(),
            host: "ann@example.com".into(),
            start: "2026-03-01T18:31:00Z".into(),
            file: "2026-03-01 18.31 Rehearsal gallery view.mp4".into(),
            kind: "MP4".into(),
            drive_link: file_link("1AbC"),
            drive_folder_link: folder_link("1DeF"),
            size: 2_000_000,
            sha256: "ab".repeat(32),
            archived_at: "2026-03-01T20:00:00Z".into(),
        }
    }

    fn printed(json: bool, rows: Vec<Row>) -> String {
        let mut out = Vec::new();
        let mut printer = Printer::new(json, &mut out).unwrap();
        for row in rows {
            printer.row(row).unwrap();
        }
        printer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_are_what_spreadsheets_and_scripts_read() {
        insta::assert_snapshot!(printed(false, vec![row("Rehearsal"), row("=1+1\n\"two\"")]), @r#"
        share_link,topic,host,start,file,type,drive_link,drive_folder_link,size,sha256,archived_at
        https://zoom.us/rec/share/abc,Rehearsal,ann@example.com,2026-03-01T18:31:00Z,2026-03-01 18.31 Rehearsal gallery view.mp4,MP4,https://drive.google.com/file/d/1AbC/view,https://drive.google.com/drive/folders/1DeF,2000000,abababababababababababababababababababababababababababababababab,2026-03-01T20:00:00Z
        https://zoom.us/rec/share/abc,"'=1+1
        ""two""",ann@example.com,2026-03-01T18:31:00Z,2026-03-01 18.31 Rehearsal gallery view.mp4,MP4,https://drive.google.com/file/d/1AbC/view,https://drive.google.com/drive/folders/1DeF,2000000,abababababababababababababababababababababababababababababababab,2026-03-01T20:00:00Z
        "#);
        insta::assert_snapshot!(printed(true, vec![row("a"), row("=b")]), @r#"
        [
          {"share_link":"https://zoom.us/rec/share/abc","topic":"a","host":"ann@example.com","start":"2026-03-01T18:31:00Z","file":"2026-03-01 18.31 Rehearsal gallery view.mp4","type":"MP4","drive_link":"https://drive.google.com/file/d/1AbC/view","drive_folder_link":"https://drive.google.com/drive/folders/1DeF","size":2000000,"sha256":"abababababababababababababababababababababababababababababababab","archived_at":"2026-03-01T20:00:00Z"},
          {"share_link":"https://zoom.us/rec/share/abc","topic":"=b","host":"ann@example.com","start":"2026-03-01T18:31:00Z","file":"2026-03-01 18.31 Rehearsal gallery view.mp4","type":"MP4","drive_link":"https://drive.google.com/file/d/1AbC/view","drive_folder_link":"https://drive.google.com/drive/folders/1DeF","size":2000000,"sha256":"abababababababababababababababababababababababababababababababab","archived_at":"2026-03-01T20:00:00Z"}
        ]
        "#);
        assert_eq!(printed(true, Vec::new()), "[]\n");
        assert_eq!(printed(false, Vec::new()).lines().count(), 1);
    }
}
