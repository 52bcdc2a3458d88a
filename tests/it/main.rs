//! The one integration test binary.

mod admin;
mod commands;
mod crash;
mod doors;
mod health;
mod process;
mod sandbox_google;
mod sandbox_zoom;
mod store;
mod story;
mod webhook;
mod world;
