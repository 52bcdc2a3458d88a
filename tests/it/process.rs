//! The compiled program as one process: how it starts, reads its settings, is measured, and stops.
//!
//! Holds the promise *Memory and disk are bounded* of `docs/architecture.md`, and what `docs/install.md` and
//! `docs/operate.md` say of starts, credentials, rotation of secrets and metrics.

mod credentials;
mod demo;
mod encrypted;
mod memory;
mod metrics;
mod rotation;
mod settings_files;
mod start;
mod stop;
mod viewers;
