//! Shows the demo's progress: bars in a terminal, lines elsewhere.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::cli::style::{Style, template};
use crate::cli::table::plain;
use crate::jobs::JobId;
use crate::jobs::amounts::{data_size, rate};
use crate::recording::FileKey;

/// Identifies one version of one file of one job.
pub(super) type FileId = (JobId, FileKey, u32);

/// A rate over a shorter time is not meaningful.
const RATE_FROM: Duration = Duration::from_millis(300);

/// The screen, or the stream of lines.
pub(super) struct Screen<'out> {
    began: Instant,
    style: Style,
    out: &'out mut dyn Write,
    all: MultiProgress,
    jobs: HashMap<JobId, ProgressBar>,
    files: HashMap<FileId, ProgressBar>,
    last: HashMap<JobId, ProgressBar>,
}

impl<'out> Screen<'out> {
    /// An empty screen.
    pub(super) fn new(style: Style, out: &'out mut dyn Write) -> Self {
        let target =
            if style == Style::Lines { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stdout() };
        Self {
            began: Instant::now(),
            style,
            out,
            all: MultiProgress::with_draw_target(target),
            jobs: HashMap::new(),
            files: HashMap::new(),
            last: HashMap::new(),
        }
    }

    /// Prints a line.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        let line = format!("{:>6.1}s  {}", self.began.elapsed().as_secs_f64(), plain(text));
        match self.style {
            Style::Lines => {
                writeln!(self.out, "{line}")?;
                self.out.flush()
            }
            Style::Colours | Style::Bars => self.all.println(line),
        }
    }

    /// Shows a job's state.
    pub(super) fn job(&mut self, id: JobId, topic: &str, stands: &str) -> io::Result<()> {
        if self.style == Style::Lines {
            return self.note(&format!("{topic}: {stands}"));
        }
        let bar = self.jobs.entry(id).or_insert_with(|| {
            let style = template("{msg}", self.style);
            let bar = self.all.add(ProgressBar::new_spinner().with_style(style));
            self.last.insert(id, bar.clone());
            bar
        });
        bar.set_message(format!("{}: {stands}", plain(topic)));
        Ok(())
    }

    /// Shows a file's progress.
    pub(super) fn moving(&mut self, id: &FileId, label: &str, offset: u64, total: u64) {
        if self.style == Style::Lines {
            return;
        }
        let bar = self.bar(id, label);
        bar.set_length(total);
        bar.set_position(offset);
    }

    /// Shows that a file is on Drive.
    pub(super) fn arrived(&mut self, id: &FileId, label: &str, size: u64, took: Duration) -> io::Result<()> {
        let rate = if took < RATE_FROM { String::new() } else { format!(", {}", rate(size, took)) };
        if self.style == Style::Lines {
            return self.note(&format!("  {label}: {} on Drive{rate}", data_size(size)));
        }
        let style = template("   {bar:24.green} {binary_total_bytes:>11}  {msg}", self.style);
        let bar = self.bar(id, label);
        bar.set_style(style);
        bar.set_length(size);
        bar.set_position(size);
        bar.abandon_with_message(format!("{label}{rate}"));
        Ok(())
    }

    /// Shows that a file is left out.
    pub(super) fn skipped(&mut self, id: &FileId, label: &str, reason: &str) -> io::Result<()> {
        if self.style == Style::Lines {
            return self.note(&format!("  {label}: skipped: {reason}"));
        }
        let bar = self.bar(id, label);
        bar.set_style(template("   {msg}", self.style));
        bar.abandon_with_message(format!("{label}: skipped: {}", plain(reason)));
        Ok(())
    }

    /// Leaves the bars on the screen.
    pub(super) fn end(&mut self) {
        for bar in self.files.values().chain(self.jobs.values()) {
            bar.abandon();
        }
    }

    fn bar(&mut self, id: &FileId, label: &str) -> ProgressBar {
        if let Some(bar) = self.files.get(id) {
            return bar.clone();
        }
        let style = template(
            "   {bar:24.cyan} {binary_bytes:>11} of {binary_total_bytes} {binary_bytes_per_sec}  {msg}",
            self.style,
        );
        let new = ProgressBar::new(0).with_style(style).with_message(plain(label));
        let bar = match self.last.get(&id.0) {
            Some(last) => self.all.insert_after(last, new),
            None => self.all.add(new),
        };
        self.last.insert(id.0, bar.clone());
        self.files.insert(id.clone(), bar.clone());
        bar
    }
}
