//! Users: simple, but with the right structure.

use super::super::faults::Canned;
use super::Zoom;
use super::json::Json;
use super::model::user_id;
use super::reply::{self, Reply};
use super::request::Asked;
use super::world::World;

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct User {
    pub(super) email: String,
    status: String,
}

impl User {
    /// Zoom takes the id and the address.
    pub(super) fn is(&self, name: &str) -> bool {
        self.email == name || user_id(&self.email) == name
    }
}

impl World {
    /// The meetings' hosts and the added users, in alphabetical order.
    pub(super) fn known_users(&self) -> Vec<User> {
        let hosts = self.meetings.iter().map(|kept| &kept.meeting.host_email);
        let mut users: Vec<User> = hosts
            .chain(self.users.keys())
            .filter(|email| !self.hidden.contains(*email))
            .map(|email| User {
                email: email.clone(),
                status: self.users.get(email).map_or_else(|| "active".to_owned(), String::clone),
            })
            .collect();
        users.sort();
        users.dedup();
        users
    }
}

impl Zoom {
    /// `GET /users`.
    pub(super) fn users(&self, asked: &Asked) -> Reply {
        let status = asked.param("status").unwrap_or("active");
        if !["active", "inactive", "pending"].contains(&status) {
            self.violation("status must be active, inactive or pending");
            return Err(reply::invalid("Invalid field: status."));
        }
        let mut world = self.world();
        let users: Vec<User> = world.known_users().into_iter().filter(|user| user.status == status).collect();
        let (frame, users) = self.page(&mut world, asked, users, 2000)?;
        let rows = users.iter().map(|user| user_row(&world, user));
        Ok(reply::json(&frame.nest("users", Json::List(rows.collect()))))
    }

    /// `GET /users/{id}`, by id or address.
    pub(super) fn user(&self, name: &str) -> Reply {
        let world = self.world();
        let user = world.known_users().into_iter().find(|user| user.is(name));
        match user.filter(|user| user.status != "pending") {
            Some(user) => Ok(reply::json(&user_row(&world, &user))),
            None => Err(Canned::zoom(404, 1001, &format!("User does not exist: {name}."))),
        }
    }
}

fn user_row(world: &World, user: &User) -> Json {
    let name = user.email.split('@').next().unwrap_or_default();
    // A user who has not accepted the invitation yet has no id.
    let id = (user.status != "pending").then(|| user_id(&user.email));
    Json::object()
        .put_some("id", id)
        .put("first_name", name)
        .put("last_name", "Sandbox")
        .put("display_name", format!("{name} Sandbox"))
        .put("email", world.renamed.get(&user.email).unwrap_or(&user.email).as_str())
        .put("type", if user.status == "active" { 2 } else { 1 })
        .put("timezone", "Europe/Berlin")
        .put("verified", 1)
        .put("created_at", "2019-06-01T07:58:03Z")
        .put("status", user.status.as_str())
}
