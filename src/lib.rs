//! zoom2drive.

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod google;
pub mod health;
pub mod http;
pub mod jobs;
pub mod pipeline;
pub mod recording;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod store;
pub mod telemetry;
pub mod webhook;
pub mod worker;
pub mod zoom;
