//! # zoom2drive
//!
//! Zoom calls after every meeting; the recording is streamed from Zoom straight into Google Drive, the copy is
//! proved byte for byte, and only then, if the owner wants it, Zoom's copy goes into the trash. Nothing lands
//! on local disk, and memory stays bounded whatever a file's size.
//!
//! ## The story of one recording
//!
//! 1. [`webhook`]: Zoom's event comes in. Its signature is checked over the raw bytes, it is read leniently,
//!    written down, and answered. No outgoing call is made: what Zoom says is only a hint.
//! 2. [`store`]: the event and the recording's [job](jobs::Job) are committed in one transaction that is on
//!    disk. Only then does Zoom hear 200; if it cannot be committed, 503, and Zoom sends it again.
//! 3. [`worker`]: claims the job under a lease, keeps the lease alive, and takes the job through the
//! 4. [`pipeline`], one file per step, each moving the job's [stage](jobs::Stage) on:
//!    * `plan`: list the recording afresh (`refused`: when Zoom does not list it), ask the [`rules`] what of it is wanted and where, find or make its
//!      folder, reserve a Drive id for each file;
//!    * `transfer`: move the files side by side, each through a small window, checkpointed chunk by chunk;
//!    * `verify`: compare size and SHA-256 of what was sent with what Drive says it holds;
//!    * `settle`: write down beside the files what is known of them, and look for late files (transcripts come
//!      hours later) until the window has passed;
//!    * `retire`: ask Drive once more, list once more, compare what an event's address brought (`confirm`), and
//!      trash at Zoom what is [proved](jobs::AllProved).
//! 5. [`sweep`]: what no event announced is found by asking Zoom for everything, and accepted as if one had.
//!    [`backfill`] does the same, once, for years past; fresh recordings overtake what it brings in.
//! 6. A failure is a value: try again, wait, or call a person ([`jobs::retry`]). `kill -9` at any moment is
//!    just another way to be tried again: every step finds its own traces. A refusal that concerns everybody
//!    pauses the system that refuses ([`jobs::pause`]), until a probe gets through.
//! 7. What people do to a recording at Zoom meanwhile is heard ([`jobs::changes`]), and explains why something
//!    cannot be had. What is there, Zoom's list says.
//! 8. [`notify`]: people hear of trouble. Their messages ([`jobs::messages`]) are written by the transaction that
//!    they tell of, and sent from the store.
//!
//! Before all this, whoever has no service account [logs in](cli::login) once, as a person, and [`doctor`] tries
//! all that must be right outside, and says how to mend what is not. Beside it all, secrets and rules that are
//! replaced in their files are [taken over](rotation) without a restart, and [`housekeeping`] keeps the database
//! small and of little worth to a thief.
//!
//! ## The house
//!
//! Modules below stand in the order of the story. Each may use those after it, never those before:
//!
//! ```text
//! main -> cli -> app                           doors for operators, and the assembly
//! webhook  admin  health                       doors over HTTP: see jobs, recording, store; never the world
//! worker -> pipeline   backfill -> sweep   housekeeping  notify  rotation   flow; doctor tries what they need
//! store    zoom    google                      world: never each other
//! http  telemetry                              tools
//! config -> rules -> jobs -> recording -> live, secret
//!                                              pure: no runtime, no network, no database, no clock
//! sandbox                                      a Zoom and a Google on loopback; shares code with none of it
//! ```
//!
//! ## What never happens
//!
//! Each of these is held by a test or by a type.
//!
//! * Zoom never hears 200 before its event is on disk.
//! * With API credentials, an event never decides which bytes count as a recording: only what was read at an address
//!   of Zoom's own listing is [proved](jobs::Provenance), and the account's token goes to no other address.
//! * Nothing but `pipeline/retire.rs` deletes at Zoom, and the function that does takes an
//!   [`AllProved`](jobs::AllProved), which only a comparison of a fresh listing, our records and Drive's own
//!   word can make.
//! * Only `pipeline/transfer` carries bytes between Zoom and Drive; `pipeline/reread` reads them once more.
//! * A token never goes to another host than the one it is for; redirects are followed by hand.
//! * No secret is shown: tokens, download addresses and upload sessions are types that hide themselves.
//! * Only `config` reads the environment; only `http` builds clients.

pub mod cli;

pub mod app;

pub mod webhook;

pub mod admin;

pub mod health;

pub mod worker;

pub mod pipeline;

pub mod backfill;

pub mod sweep;

pub mod housekeeping;

pub mod notify;

pub mod rotation;

pub mod doctor;

pub mod store;

pub mod zoom;

pub mod google;

pub mod http;

pub mod telemetry;

pub mod config;

pub mod rules;

pub mod jobs;

pub mod attendance;

pub mod recording;

pub mod live;

pub mod secret;

#[cfg(feature = "sandbox")]
pub mod sandbox;
