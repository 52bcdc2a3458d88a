//! Rows of participants as Zoom sends them.

use jiff::Timestamp;
use serde_json::Value;

use super::Unready;
use crate::attendance::{Row, Status};
use crate::recording::listing::{number, text};

/// Rows, and what shows that Zoom is still counting them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Rows that say when somebody joined.
    pub rows: Vec<Row>,
    /// Number of rows that do not.
    without_join: usize,
    has_duration: bool,
}

impl Rows {
    /// Adds the rows of a page.
    pub(super) fn add(&mut self, page: &[Value]) {
        for row in page {
            // A row that names no duration does not say that nothing is counted yet.
            self.has_duration |= number(row, "duration") != Some(0);
            match read(row) {
                Some(row) => self.rows.push(row),
                None => self.without_join += 1,
            }
        }
    }

    /// Number of rows that were added.
    pub(super) fn count(&self) -> usize {
        self.rows.len() + self.without_join
    }

    /// Why these rows are not all that there will be.
    pub(super) fn unready(&self) -> Option<Unready> {
        let is_open = |row: &&Row| row.leave.is_none() && row.status == Status::InMeeting;
        let open = self.rows.iter().filter(is_open).count();
        if self.count() == 0 {
            Some(Unready::NoRows)
        } else if self.without_join > 0 {
            Some(Unready::NoJoin(self.without_join))
        } else if open > 0 {
            Some(Unready::NoLeave(open))
        } else if !self.has_duration {
            Some(Unready::NoDurations)
        } else {
            None
        }
    }
}

/// Reads a row; `None` if it does not say when somebody joined.
fn read(row: &Value) -> Option<Row> {
    let moment = |field| text(row, field).parse::<Timestamp>().ok();
    // Zoom announces that `id` will go.
    let account = [text(row, "participant_user_id"), text(row, "id")].into_iter().find(|id| !id.is_empty());
    Some(Row {
        join: moment("join_time")?,
        leave: moment("leave_time"),
        name: text(row, "name"),
        account: account.unwrap_or_default(),
        email: text(row, "user_email"),
        registrant: text(row, "registrant_id"),
        customer_key: text(row, "customer_key"),
        user_id: text(row, "user_id"),
        room: Some(text(row, "bo_mtg_id")).filter(|room| !room.is_empty()),
        status: match text(row, "status").as_str() {
            "in_waiting_room" => Status::Waiting,
            _ => Status::InMeeting,
        },
        joined_as: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(page: &Value) -> Rows {
        let mut rows = Rows::default();
        rows.add(page.as_array().unwrap());
        rows
    }

    #[test]
    fn a_row_keeps_what_tells_people_apart() {
        let rows = rows(&json!([
            {"id": "old", "participant_user_id": "new", "user_id": "16778240", "name": "Anna", "user_email": "a@example.org",
             "join_time": "2026-03-02T18:00:00Z", "leave_time": "2026-03-02T18:20:00.66Z", "duration": 1200,
             "registrant_id": "r", "customer_key": "k", "status": "in_meeting", "bo_mtg_id": "room=="},
            {"id": "old", "user_id": 5, "name": null, "join_time": "2026-03-02T18:00:00Z", "leave_time": "",
             "status": "in_waiting_room"},
        ]));
        let [one, two] = &rows.rows[..] else { panic!("{rows:?}") };
        assert_eq!((one.account.as_str(), one.room.as_deref()), ("new", Some("room==")));
        assert_eq!((one.registrant.as_str(), one.customer_key.as_str()), ("r", "k"));
        assert_eq!((two.account.as_str(), two.user_id.as_str(), two.name.as_str()), ("old", "5", ""));
        assert_eq!((two.leave, two.status, &two.room), (None, Status::Waiting, &None));
        assert_eq!(rows.unready(), None, "somebody in the waiting room need not leave it");
    }

    #[test]
    fn rows_that_are_still_counted_are_told() {
        let row = |join: &str, leave: &str, seconds: u64| json!({"join_time": join, "leave_time": leave, "duration": seconds});
        let (join, leave) = ("2026-03-02T18:00:00Z", "2026-03-02T18:20:00Z");
        let cases = [
            (json!([]), Some(Unready::NoRows)),
            (json!([row(join, leave, 0), row(join, leave, 0)]), Some(Unready::NoDurations)),
            (json!([row(join, leave, 0), row(join, leave, 1)]), None),
            (json!([row(join, "", 9), row(join, leave, 9)]), Some(Unready::NoLeave(1))),
            (json!([row("", leave, 9), row("soon", leave, 9)]), Some(Unready::NoJoin(2))),
            (json!([{"join_time": join, "leave_time": leave}]), None),
        ];
        for (page, why) in cases {
            assert_eq!(rows(&page).unready(), why, "{page}");
        }
    }
}
