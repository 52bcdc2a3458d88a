//! Who was at a meeting, from when to when, and who was not. Pure: no network, no clock.
//!
//! Zoom and Google Meet give one row for each time that a device joined. Rows that share an account, a registration, an
//! e-mail or a customer key are one [`Person`]; a person's time is the union of their rows, so that a second device adds
//! nothing. People are never guessed: where a name could mean several, the answer says so. A [`Roster`] names those who
//! were expected. The result is a [`Report`]: rows of cells for a sheet, a CSV file or a terminal.

mod names;
mod output;
mod people;
mod report;
mod roster;
mod row;
mod search;
mod series;
mod sheet;
mod time;
mod verdict;

pub use output::Output;
pub use people::{Match, Person, unite};
pub use report::{Cell, HEAD, JOINS_HEAD, Report, report, without_address};
pub use roster::{Entry, IdPattern, ROSTER_BYTES_MAX, Roster, RosterError};
pub use row::{Completeness, JoinedAs, Meeting, Options, Row, Status, Window, WindowChoice};
pub use series::{BEFORE_DAYS, Instance, series, series_sheet};
pub use sheet::{Counts, Facts, Sheet, Tab, sheet};
pub use verdict::{Attended, Verdict};

#[cfg(test)]
mod tests;
