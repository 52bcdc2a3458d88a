//! A row of a list of participants.

use super::super::model::user_id;

/// One join of one participant.
#[derive(Debug, Clone)]
pub struct Attendee {
    /// The display name.
    pub name: String,
    /// The address; empty for guests.
    pub email: String,
    /// RFC 3339; the meeting's start when empty.
    pub join_time: String,
    /// RFC 3339; the meeting's end when empty.
    pub leave_time: String,
    /// `in_meeting` or `in_waiting_room`.
    pub status: String,
    /// The account's user, if it is another one than the address says; empty for nobody of the account.
    pub account: Option<String>,
    /// The registration; empty for none.
    pub registrant_id: String,
    /// What an app of the Meeting SDK calls the person.
    pub customer_key: String,
    /// The breakout room; empty for the meeting itself.
    pub room: String,
    /// The join's number; by default one of its own.
    pub user_id: String,
    /// Zoom knows when it ended.
    pub has_left: bool,
}

impl Attendee {
    /// A participant from the first minute to the last.
    pub fn new(name: &str, email: &str) -> Self {
        Self {
            name: name.to_owned(),
            email: email.to_owned(),
            join_time: String::new(),
            leave_time: String::new(),
            status: "in_meeting".to_owned(),
            account: None,
            registrant_id: String::new(),
            customer_key: String::new(),
            room: String::new(),
            user_id: String::new(),
            has_left: true,
        }
    }

    /// From one moment to another (RFC 3339, UTC).
    #[must_use]
    pub fn during(mut self, join: &str, leave: &str) -> Self {
        join.clone_into(&mut self.join_time);
        leave.clone_into(&mut self.leave_time);
        self
    }

    /// In the waiting room.
    #[must_use]
    pub fn waiting(mut self) -> Self {
        "in_waiting_room".clone_into(&mut self.status);
        self
    }

    /// In a breakout room.
    #[must_use]
    pub fn in_room(mut self, room: &str) -> Self {
        room.clone_into(&mut self.room);
        self
    }
}

impl Attendee {
    /// The account's user: Zoom tells it of its own account's people only.
    pub(super) fn account(&self) -> String {
        match &self.account {
            Some(account) => account.clone(),
            None if self.email.is_empty() => String::new(),
            None => user_id(&self.email),
        }
    }
}
