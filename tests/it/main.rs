//! The one integration test binary.

#![expect(
    clippy::unwrap_used,
    reason = "in helpers too, a test that cannot go on should stop where it stands"
)]

mod admin;
mod adopted;
mod attendance;
mod backfill;
mod beside;
mod commands;
mod crash;
mod demo;
mod deploy;
mod docs;
mod doctor;
mod doors;
mod faults;
mod foreign;
mod health;
mod kept;
mod late;
mod latecomers;
mod login;
mod messages;
mod missing;
mod monitoring;
mod names;
mod orders;
mod origin;
mod pauses;
mod pgbouncer;
mod postgres;
mod process;
mod readings;
mod refusals;
mod refused;
mod removed;
mod replays;
mod rotation;
mod rules;
mod sandbox_google;
mod sandbox_zoom;
mod schedules;
mod sessions;
mod settings;
mod sharing;
mod store;
mod story;
mod sweep;
mod tidy;
mod twins;
mod versions;
mod webhook;
mod world;
