//! zoom2drive.

pub mod admin;
pub mod cli;
pub mod config;
pub mod health;
pub mod jobs;
pub mod recording;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod store;
pub mod webhook;
