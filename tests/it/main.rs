//! The one integration test binary.

#![expect(
    clippy::unwrap_used,
    reason = "in helpers too, a test that cannot go on should stop where it stands"
)]

mod admin;
mod commands;
mod doors;
mod health;
mod store;
mod webhook;
