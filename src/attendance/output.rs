//! What is written beside a recording.

/// The form in which a meeting's attendance is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// It is not written.
    #[default]
    No,
    /// A Google spreadsheet.
    Sheet,
    /// A plain CSV file, which needs no Sheets API.
    Csv,
}

impl Output {
    /// The forms' names, for messages.
    pub const EXPECTED: &str = "`sheet`, `csv` or `no`";

    /// The form of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "no" => Some(Self::No),
            "sheet" => Some(Self::Sheet),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Sheet => "sheet",
            Self::Csv => "csv",
        }
    }
}
