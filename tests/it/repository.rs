//! The files of the repository agree: source, documents, settings, deployment, monitoring.
//!
//! Holds *Layers* of `docs/architecture.md`, and that every page says what the program does.

mod deploy;
mod docs;
mod monitoring;
mod settings;
mod tidy;
