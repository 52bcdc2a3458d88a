//! Shows the progress: in a terminal a bar for the whole, one per file, and a line for each finished recording;
//! elsewhere lines only.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::backfill::watch::Snapshot;
use crate::cli::style::{Style, label, template};
use crate::cli::table::plain;
use crate::jobs::amounts::{count, data_size, rate, time};
use crate::jobs::pause::Pause;
use crate::jobs::{FileRecord, Job, JobId};
use crate::recording::FileKey;
use crate::store::backfills::EndedJob;

/// Interval between two lines of progress.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// Identifies one version of one file of one job.
type FileId = (JobId, FileKey, u32);

/// Progress of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct TotalProgress {
    /// Recordings that have ended.
    pub done: u64,
    /// Recordings in total, as far as known.
    pub recordings: u64,
    /// Bytes that are on Drive.
    pub moved: u64,
    /// Bytes in total, from Zoom's listings.
    pub bytes: u64,
}

/// The screen, or the stream of lines.
pub(super) struct Screen<'out> {
    style: Style,
    /// True if nothing is shown, because only a JSON object is wanted.
    is_silent: bool,
    out: &'out mut dyn Write,
    all: MultiProgress,
    whole: Option<ProgressBar>,
    files: HashMap<FileId, ProgressBar>,
    pauses: Vec<String>,
    /// Time and bytes of the last line of progress.
    said: Option<(Instant, u64)>,
}

impl<'out> Screen<'out> {
    /// An empty screen.
    pub(super) fn new(style: Style, is_silent: bool, out: &'out mut dyn Write) -> Self {
        let is_plain = is_silent || style == Style::Lines;
        let target = if is_plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stdout() };
        let style = if is_plain { Style::Lines } else { style };
        let all = MultiProgress::with_draw_target(target);
        let (files, pauses) = (HashMap::new(), Vec::new());
        Self { style, is_silent, out, all, whole: None, files, pauses, said: None }
    }

    /// The bars, for a writer that must hide them.
    pub(super) fn bars(&self) -> MultiProgress {
        self.all.clone()
    }

    /// The output for text when no bars are shown.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut *self.out
    }

    /// Prints a line.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        match self.style {
            _ if self.is_silent => Ok(()),
            Style::Lines => {
                writeln!(self.out, "{}", plain(text))?;
                self.out.flush()
            }
            Style::Colours | Style::Bars => self.all.println(plain(text)),
        }
    }

    /// Shows the progress of the listing.
    pub(super) fn listing(&mut self, read: u64, lists: u64, found: &str) {
        let style = template("listing {bar:24.cyan} {pos} of {len} lists, {msg}", self.style);
        let bar = self.whole.get_or_insert_with(|| self.all.add(ProgressBar::new(lists).with_style(style)));
        bar.set_position(read);
        bar.set_message(found.to_owned());
    }

    /// Removes the listing's bar.
    pub(super) fn listed(&mut self) {
        if let Some(bar) = self.whole.take() {
            bar.finish_and_clear();
        }
    }

    /// Shows a snapshot of the work.
    pub(super) fn show(&mut self, looked: &Snapshot, whole: TotalProgress) -> io::Result<()> {
        for (at, ended) in (1..).zip(&looked.ended) {
            let number = whole.done + at - looked.ended.len() as u64;
            self.note(&line(ended, number, whole.recordings))?;
        }
        self.show_pauses(&looked.pauses)?;
        match self.style {
            Style::Lines => self.say(looked, whole),
            Style::Colours | Style::Bars => {
                self.move_bars(looked, whole);
                Ok(())
            }
        }
    }

    /// Removes the bars.
    pub(super) fn end(&mut self) {
        for bar in self.files.drain().map(|(_, bar)| bar).chain(self.whole.take()) {
            bar.finish_and_clear();
        }
    }

    /// A pause is printed when it begins and when it ends, not in every update.
    fn show_pauses(&mut self, pauses: &[Pause]) -> io::Result<()> {
        let told: Vec<String> = pauses.iter().map(paused).collect();
        for line in told.iter().filter(|line| !self.pauses.contains(line)).cloned().collect::<Vec<_>>() {
            self.note(&line)?;
        }
        if told.is_empty() && !self.pauses.is_empty() {
            self.note("Nothing is paused any more.")?;
        }
        self.pauses = told;
        Ok(())
    }

    fn say(&mut self, looked: &Snapshot, whole: TotalProgress) -> io::Result<()> {
        let Some((said, before)) = self.said else {
            self.said = Some((Instant::now(), whole.moved));
            return Ok(());
        };
        if said.elapsed() < SAID_EVERY {
            return Ok(());
        }
        let moved = whole.moved.saturating_sub(before);
        let pace = if moved == 0 { "nothing moved".to_owned() } else { rate(moved, said.elapsed()) };
        let left = whole.bytes.saturating_sub(whole.moved);
        let seconds = said.elapsed().as_secs().saturating_mul(left) / moved.max(1);
        let left =
            if moved == 0 { String::new() } else { format!(", {} left", time(Duration::from_secs(seconds))) };
        let (done, recordings) = (count(whole.done), count(whole.recordings));
        let (on_drive, bytes, held) = (data_size(whole.moved), data_size(whole.bytes), looked.held.len());
        self.said = Some((Instant::now(), whole.moved));
        self.note(&format!(
            "{done} of {recordings} recordings, {on_drive} of {bytes}, {pace}{left}; {held} running"
        ))
    }

    fn move_bars(&mut self, looked: &Snapshot, whole: TotalProgress) {
        let style = self.style;
        let style = || {
            template(
                "{bar:32.green} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left  {msg}",
                style,
            )
        };
        let bar =
            self.whole.get_or_insert_with(|| self.all.add(ProgressBar::new(whole.bytes).with_style(style())));
        bar.set_length(whole.bytes);
        bar.set_position(whole.moved);
        bar.set_message(format!("{} of {} recordings", count(whole.done), count(whole.recordings)));
        let mut moving = HashMap::new();
        for held in &looked.held {
            for file in held.moving() {
                let id = (held.job.id, file.key.clone(), file.version);
                let bar = self.files.remove(&id).unwrap_or_else(|| self.file_bar(&held.job, file));
                bar.set_position(file.progress.offset);
                moving.insert(id, bar);
            }
        }
        for (_, bar) in std::mem::replace(&mut self.files, moving) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    fn file_bar(&self, job: &Job, file: &FileRecord) -> ProgressBar {
        let style = template(
            "  {bar:24.cyan} {binary_bytes:>11} of {binary_total_bytes:<11} {binary_bytes_per_sec:<13} {msg}",
            self.style,
        );
        let name = plain(&format!("{}: {}", job.recording.topic, label(file)));
        let bar = ProgressBar::new(file.progress.total).with_style(style).with_message(name);
        // The offset at the first update was moved earlier, so it is not a part of the rate.
        self.all.add(bar.with_position(file.progress.offset))
    }
}

fn paused(pause: &Pause) -> String {
    let until =
        jiff::Timestamp::from_millisecond(pause.probe_at).map(|at| at.strftime("%F %H:%M UTC").to_string());
    let until = until.unwrap_or_default();
    let Pause { system, cause, message, .. } = pause;
    format!("PAUSED {system} ({cause}) until about {until}; it continues by itself: {message}")
}

/// One line for a recording that has ended.
fn line(ended: &EndedJob, number: u64, of: u64) -> String {
    let job = &ended.job;
    let recording = &job.recording;
    let day = recording.happened_at().map(|at| at.strftime("%F").to_string()).unwrap_or_default();
    let reason = if job.reason.is_empty() { String::new() } else { format!(": {}", job.reason) };
    let what = match super::summary::End::of(job) {
        super::summary::End::Archived => "archived".to_owned(),
        super::summary::End::Late => "archived, late files may follow".to_owned(),
        super::summary::End::Parked => format!("PARKED, job {}{reason}", job.id),
        super::summary::End::CalledOff => format!("called off, job {}", job.id),
    };
    let (host, topic, size) = (&recording.host_email, &recording.topic, data_size(ended.bytes));
    format!("{} of {}  {day}  {host}  {topic}  {size}  {what}", count(number), count(of))
}
