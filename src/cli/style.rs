//! Style of the progress display: bars in a terminal, lines elsewhere.

use std::io::IsTerminal;

use indicatif::ProgressStyle;

use crate::config::Reader;
use crate::jobs::FileRecord;

/// Style of the progress display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Bars with colours.
    Colours,
    /// Bars without colours.
    Bars,
    /// One line per event.
    Lines,
}

impl Style {
    /// The best style for standard output and `NO_COLOR`.
    pub(super) fn here(reader: &Reader) -> Self {
        match (std::io::stdout().is_terminal(), reader.is_given("NO_COLOR")) {
            (false, _) => Self::Lines,
            (true, true) => Self::Bars,
            (true, false) => Self::Colours,
        }
    }
}

/// A bar's template, without colours if the style has none.
pub(super) fn template(text: &str, style: Style) -> ProgressStyle {
    let text = match style {
        Style::Colours => text.to_owned(),
        Style::Bars | Style::Lines => text.replace(".cyan", "").replace(".green", ""),
    };
    let style = ProgressStyle::with_template(&text).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

/// A file's view, in a few words: the full name would not fit beside a bar.
pub(super) fn label(record: &FileRecord) -> String {
    let file = &record.file;
    let named = [&file.recording_type, &file.file_type].into_iter().find(|name| !name.is_empty());
    let view =
        file.participant.clone().unwrap_or_else(|| named.cloned().unwrap_or_default().replace('_', " "));
    let extension = record.name.rsplit('.').next().unwrap_or_default();
    format!("{view}.{extension}")
}
