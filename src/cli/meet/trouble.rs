//! Failures that concern details of a list: each is told once, and none fails the list.

use crate::google::MeetError;

/// Failures that concern details only.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    gone: usize,
    others: usize,
    first: Option<String>,
    no_titles: Option<String>,
    /// True if a call failed that may succeed later.
    pub is_passing: bool,
}

impl Trouble {
    /// Notes a failure.
    ///
    /// # Errors
    /// The failure, if every further call would fail as well.
    pub fn add(&mut self, error: MeetError) -> Result<(), MeetError> {
        match error {
            error if error.is_about_all() => return Err(error),
            // Its thirty days are over since the list was read.
            MeetError::Gone(_) => self.gone += 1,
            error => {
                self.is_passing |= error.may_pass();
                self.others += 1;
                self.first.get_or_insert_with(|| error.to_string());
            }
        }
        Ok(())
    }

    /// Notes that a calendar could not be read.
    pub fn no_title(&mut self, error: &MeetError) {
        self.no_titles.get_or_insert_with(|| error.to_string());
    }

    /// What is told at the end.
    pub fn notes(self) -> Vec<String> {
        let gone = (self.gone > 0).then(|| {
            let count = self.gone;
            let plural = if count == 1 { "meeting" } else { "meetings" };
            format!(
                "people and recordings of {count} {plural} are not known: Google keeps conferences 30 days"
            )
        });
        let titles = self.no_titles.map(|why| format!("codes stand for some titles: {why}"));
        let others = self.first.map(|why| match self.others {
            1 => format!("details of 1 meeting are missing: {why}"),
            count => format!("details of {count} meetings are missing: {why}"),
        });
        gone.into_iter().chain(titles).chain(others).collect()
    }
}
