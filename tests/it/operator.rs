//! What operators see and do: commands, the admin API, the doctor, login, backfill, rules, messages.
//!
//! Holds the promise *It says so when it does not work* of `docs/architecture.md`, and `docs/operate.md` and
//! `docs/rules.md`.

mod admin;
mod attendance;
pub mod backfill;
mod commands;
mod doctor;
mod login;
mod messages;
mod rules;
