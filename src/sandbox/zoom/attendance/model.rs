//! What a test can make of a meeting's lists of participants.

use std::collections::VecDeque;

/// How long ago the meeting was, as far as Zoom's limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Age {
    /// All lists have it.
    #[default]
    Recent,
    /// The reports answer 400/12702, the lists of past participants have it.
    OverAYear,
    /// No list has it.
    OverFifteenMonths,
}

/// What one reading finds while Zoom is still counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// 404/3001.
    Missing,
    /// No rows at all.
    Empty,
    /// All rows, with durations of zero.
    NoDurations,
    /// All rows. This number of the last ones have no end.
    NoLeave(usize),
    /// All rows. This number of the last ones have no start.
    NoJoin(usize),
    /// This number of the first rows, and the total of all.
    Cut(usize),
    /// As it will stay.
    Complete,
}

/// What is wrong with one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOddity {
    /// `total_records` says this.
    Total(usize),
    /// `page_size` says this.
    PageSize(usize),
    /// `page_count` says this.
    PageCount(usize),
    /// Its last row is missing.
    MissingRow,
    /// Its token has expired.
    Expired,
}

/// What Zoom says of who was at a meeting, beyond the rows.
#[derive(Debug, Clone, Default)]
pub struct Attendance {
    /// What the next readings find: each first page takes one. The lists are complete after the last.
    pub looks: VecDeque<Look>,
    /// What the current reading found.
    pub(super) look: Option<Look>,
    /// Pages that are odd, counted from 1, and how often.
    pub odd_pages: Vec<(usize, PageOddity, u32)>,
    /// `participants_count` of the past meeting; by default the number of rows.
    pub count: Option<usize>,
    /// How long ago it was.
    pub age: Age,
    /// What the reports answer because of the plan or the role: 400/200 with this text.
    pub denied: Option<String>,
    /// The host is not a user of this account: 400/1010.
    pub has_foreign_host: bool,
    /// The account setting that lists meetings of one person among past participants.
    pub lists_one_person: bool,
    /// It has not ended.
    pub is_live: bool,
}

impl Attendance {
    /// Takes an oddity of this page, if there is one.
    pub(super) fn take_oddity(&mut self, page: usize) -> Option<PageOddity> {
        let (_, oddity, times) =
            self.odd_pages.iter_mut().find(|(odd, _, times)| *odd == page && *times > 0)?;
        *times -= u32::from(*times != u32::MAX);
        Some(*oddity)
    }
}
