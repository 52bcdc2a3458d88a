//! The one integration test binary.

mod admin;
mod commands;
mod doors;
mod health;
mod store;
mod webhook;
