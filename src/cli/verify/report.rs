//! What `verify` prints: a finding as soon as it is known, and a last line.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::table::plain;
use crate::jobs::amounts::count;
use crate::jobs::meeting_file::file_link;
use crate::jobs::verification::{CheckedFile, Fault, Verdict, VerificationState, day, original, remedy};
use crate::jobs::{Job, JobId};
use crate::store::Store;
use crate::untrusted::escape_untrusted;
use crate::verification::VerifyError;

/// One file that is not as it was proved.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    job: i64,
    topic: &'a str,
    host: &'a str,
    file: &'a str,
    drive_link: String,
    fault: &'static str,
    /// What Drive has instead.
    detail: &'a str,
    remedy: String,
}

/// Prints findings, and counts.
pub(super) struct Report<'a> {
    store: &'a Store,
    json: bool,
    out: &'a mut dyn Write,
    files: u64,
    wrong: BTreeMap<Fault, u64>,
    /// The job of the last finding: its files follow each other.
    job: Option<Job>,
}

impl<'a> Report<'a> {
    pub(super) fn new(store: &'a Store, json: bool, out: &'a mut dyn Write) -> anyhow::Result<Self> {
        if json {
            write!(out, "{{\n  \"wrong\": [")?;
        }
        Ok(Self { store, json, out, files: 0, wrong: BTreeMap::new(), job: None })
    }

    /// Counts files that were asked about.
    pub(super) fn count(&mut self, files: u64) {
        self.files += files;
    }

    pub(super) async fn wrong(&mut self, file: &CheckedFile) -> anyhow::Result<()> {
        let Verdict::Wrong(fault, detail) = &file.verdict else { return Ok(()) };
        self.finding(file.job, *fault, detail, &file.name, &file.drive_id).await
    }

    pub(super) async fn finding(
        &mut self,
        id: JobId,
        fault: Fault,
        detail: &str,
        name: &str,
        drive_id: &str,
    ) -> anyhow::Result<()> {
        let job = match self.job.take().filter(|job| job.id == id) {
            Some(job) => job,
            None => self.store.job(id).await?,
        };
        let original = original(&job, self.store.zoom_trash_until(id).await?, self.store.now().await?);
        let recording = &job.recording;
        let host = [&recording.host_email, &recording.host_id].into_iter().find(|host| !host.is_empty());
        let finding = Finding {
            job: id.0,
            topic: &recording.topic,
            host: host.map_or("", String::as_str),
            file: name,
            drive_link: file_link(drive_id),
            fault: fault.name(),
            detail,
            remedy: remedy(id, fault, detail, original),
        };
        let is_first = self.wrong.is_empty();
        write_finding(self.out, &finding, self.json, is_first)?;
        *self.wrong.entry(fault).or_default() += 1;
        self.job = Some(job);
        Ok(())
    }

    /// The last line. `error` says why the other files could not be asked about.
    pub(super) fn end(self, error: Option<&VerifyError>) -> anyhow::Result<ExitCode> {
        let wrong = self.summary();
        if self.json {
            self.end_json(error.is_none(), error.map(ToString::to_string))?;
        } else {
            match (wrong.as_str(), self.files) {
                ("", 0) if error.is_none() => writeln!(self.out, "No archived file is meant.")?,
                ("", files) => {
                    writeln!(self.out, "{} file(s) are on Drive as they were proved.", count(files))?
                }
                (wrong, files) => {
                    writeln!(
                        self.out,
                        "{} file(s) were asked about; not as they were proved: {wrong}.",
                        count(files)
                    )?;
                }
            }
            if let Some(error) = error {
                writeln!(self.out, "NOT VERIFIED: the other files. {}", plain(&error.to_string()))?;
            }
        }
        Ok(if wrong.is_empty() && error.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The last line of what is known without asking.
    pub(super) fn end_known(self, state: &VerificationState) -> anyhow::Result<ExitCode> {
        let wrong = self.summary();
        let failure = (!state.failure.is_empty()).then(|| state.failure.clone());
        let is_known = state.ended_at.is_some() && failure.is_none();
        if self.json {
            self.end_json(is_known, failure)?;
        } else {
            let looked = match state.ended_at {
                None => "The whole archive was never verified.".to_owned(),
                Some(at) => format!("{} file(s) were asked about until {}.", count(state.files), day(at)),
            };
            let known = if wrong.is_empty() { "none" } else { &wrong };
            writeln!(self.out, "{looked} Known not to be as they were proved: {known}.")?;
            if let Some(failure) = failure {
                writeln!(self.out, "NOT VERIFIED at the moment: {}", plain(&failure))?;
            }
        }
        Ok(if wrong.is_empty() && is_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn summary(&self) -> String {
        let wrong: Vec<String> =
            self.wrong.iter().map(|(fault, files)| format!("{} {fault}", count(*files))).collect();
        wrong.join(", ")
    }

    fn end_json(self, is_complete: bool, error: Option<String>) -> anyhow::Result<()> {
        let end = if self.wrong.is_empty() { "]" } else { "\n  ]" };
        let error = escape_untrusted(&serde_json::to_string(&error)?).to_string();
        writeln!(self.out, "{end},\n  \"files\": {},\n  \"complete\": {is_complete},", self.files)?;
        Ok(writeln!(self.out, "  \"error\": {error}\n}}")?)
    }
}

fn write_finding(
    out: &mut dyn Write,
    finding: &Finding<'_>,
    json: bool,
    is_first: bool,
) -> anyhow::Result<()> {
    if json {
        let before = if is_first { "\n" } else { ",\n" };
        let row = serde_json::to_string(finding)?;
        return Ok(write!(out, "{before}    {}", escape_untrusted(&row))?);
    }
    let Finding { job, fault, file, topic, host, detail, remedy, .. } = finding;
    writeln!(out, "{fault:<11} job {job}: {}", plain(file))?;
    let about: Vec<String> =
        [topic, host].into_iter().filter(|text| !text.is_empty()).map(|text| plain(text)).collect();
    if !about.is_empty() {
        writeln!(out, "            of {}", about.join(", "))?;
    }
    // The folder is in the remedy.
    if !detail.is_empty() && *fault != Fault::Moved.name() {
        writeln!(out, "            Drive: {}", plain(detail))?;
    }
    Ok(writeln!(out, "            {}", plain(remedy))?)
}
