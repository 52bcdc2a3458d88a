//! What comes in over HTTP: Zoom gets 200 only for what is stored, and hostile clients harm nobody.
//!
//! Holds *The webhook is a hint* of `docs/architecture.md` and *What it withstands* of `docs/security.md`.

mod health;
mod hostile;
mod webhook;
