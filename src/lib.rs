//! # zoom2drive
//!
//! A service that archives Zoom cloud recordings to Google Drive. Zoom sends a webhook after a meeting. The
//! service streams the recording from Zoom into Drive, and compares the size and SHA-256 of both copies. Then it
//! moves Zoom's copy to the trash, if the settings say so. No recording is written to local disk, and memory stays
//! bounded for files of any size. Recordings of Google Meet come into the same archive; their originals stay.
//!
//! ## The story of one recording
//!
//! 1. [`webhook`] receives Zoom's event. It verifies the signature over the raw body, parses the body leniently and
//!    passes the event to the store. It makes no outgoing call, and trusts nothing in the event: an event is a hint.
//! 2. [`store`] commits the event and the recording's [job](jobs::Job) in one transaction, and the commit is on
//!    disk before Zoom gets 200. If the commit fails, Zoom gets 503 and sends the event again.
//! 3. [`worker`] claims the job under a lease, renews the lease while it works, and runs the pipeline.
//! 4. [`pipeline`] has one file per step. Each step moves the job to its next [stage](jobs::Stage):
//!    * `plan` requests a fresh listing from Zoom, applies the [`rules`] to select files and folder, finds or creates
//!      the folder, and reserves a Drive id for each file. `refused` handles a recording that Zoom does not list.
//!    * `transfer` moves several files at a time. Each file passes through a small window in memory. About every chunk
//!      a checkpoint is stored; after an interruption Drive says which of them it covers.
//!    * `verify` compares the size and SHA-256 of the sent bytes with Drive's.
//!    * `settle` writes `meeting.json` beside the files, and checks for late files until the window for them ends
//!      (transcripts come hours after the meeting).
//!    * `retire` requests a last listing from Zoom and Drive's metadata, compares again any content that came from
//!      an event's address (`confirm`), and moves the recording to Zoom's trash if all files are
//!      [proved](jobs::AllProved).
//! 5. A step returns a failure as a value: try again, wait, or a person must act ([`jobs::retry`]). A failure that
//!    concerns a whole system, such as a full Drive, [pauses](jobs::pause) that system for all jobs until a probe
//!    succeeds. After `kill -9` at any moment the job is tried again, and each step finds what it did before.
//! 6. [`jobs::changes`] records changes that people make to the recording at Zoom (trash, recover, rename). They
//!    explain why a file is missing; Zoom's listing alone decides which files exist.
//! 7. [`notify`] sends messages to people. A message ([`jobs::messages`]) is written in the transaction that it
//!    reports, and sent from the store.
//!
//! Events can get lost. The [`sweep`] therefore lists all recordings of the account and stores an event of its own for
//! each one that has no job. [`backfill`] does the same once, for older recordings; fresh recordings go first.
//!
//! ## The second source
//!
//! Google Meet sends no event. `sweep::meet` lists conferences as each user, and stores an event of its own for each
//! one whose recordings have no job; `zoom2drive meet bring` does the same once. From there on the story is the same:
//! same job, steps, proof, folder and messages. A source is a listing and a ranged download; `pipeline/source.rs` has
//! both sources, and is matched where they differ. `verify` compares Google's own checksum as well. A document has
//! none: it is exported, and its copy is never called proved. `retire` leaves the originals as they are: only GET
//! reaches them.
//!
//! Around the story: [`cli::login`] gets a person's consent if there is no service account. [`doctor`] checks the
//! settings, Zoom and Google, and says how to fix each problem. [`rotation`] reloads replaced secrets and rules
//! without a restart. [`housekeeping`] deletes old events and removes secrets from finished jobs. [`attendance`] counts
//! who was at a meeting, for `zoom2drive attendance`. [`meetings`] plans meetings at Zoom for
//! `zoom2drive meetings`: a time in a zone, a repetition, and other meetings at the same time. [`meet`] describes the
//! conferences of Google Meet, for `zoom2drive meet`.
//!
//! ## Whether it works
//!
//! [`jobs::outlook`] says in one sentence whether every recording is safe, needs a person, is on its way, or cannot be
//! known; nothing that is not known is ever shown as good. [`jobs::coverage`] names the day since when it holds. The
//! [`dashboard`] shows the sentence, the bytes that move ([`live`]) and the proofs, and offers the acts that mend what
//! is wrong; each is in the [audit trail](admin::audit) first. [`verification`] asks Drive whether the archive is still
//! as it was proved, and [`recover`] takes a recording out of Zoom's trash, for a person who asks for it.
//!
//! ## The modules
//!
//! The modules below are in the order of the story. A module may use those in lower rows, never those above:
//!
//! ```text
//! main -> cli -> app                           commands, and the assembly of the service
//! webhook  dashboard -> admin  health          HTTP routes: use jobs, recording and store; make no outgoing calls
//! worker -> pipeline   backfill, verification -> sweep   recover  housekeeping  notify  rotation  doctor
//!                                              control flow
//! store    zoom    google                      external systems: never use each other
//! download -> http  telemetry                  tools
//! config -> rules -> jobs -> meet -> recording, attendance, meetings -> live, secret, untrusted
//!                                              pure: no runtime, no network, no database, no clock
//! sandbox                                      a fake Zoom and Google on loopback; shares no code with the rest
//! ```
//!
//! ## Invariants
//!
//! A test or a type enforces each of these.
//!
//! * Zoom gets 200 only after the event is on disk.
//! * With API credentials, an event never decides which bytes belong to a recording. Only content from an address in
//!   Zoom's own listing is [proved](jobs::Provenance), and the account's token goes to no other address.
//! * Only `pipeline/retire.rs` deletes recordings at Zoom. The function that deletes takes an [`AllProved`](jobs::AllProved),
//!   which only a comparison of a fresh listing, the stored records and Drive's metadata can make.
//! * Only `recover.rs` takes a recording out of Zoom's trash, and only an operator's command or button leads there.
//! * Only `pipeline/transfer` moves bytes between Zoom and Drive; `pipeline/reread` reads them again to compare.
//! * A token goes only to the host that it was issued for. The code follows redirects itself.
//! * No log line or message contains a secret: tokens, download addresses and upload sessions have types that
//!   hide their values.
//! * Only `config` reads the environment; only `http` builds clients.

pub mod cli;

pub mod app;

pub mod webhook;

pub mod dashboard;

pub mod admin;

pub mod health;

pub mod worker;

pub mod pipeline;

pub mod backfill;

pub mod sweep;

pub mod verification;

pub mod recover;

pub mod housekeeping;

pub mod notify;

pub mod rotation;

pub mod doctor;

pub mod store;

pub mod zoom;

pub mod google;

pub mod download;

pub mod http;

pub mod telemetry;

pub mod config;

pub mod rules;

pub mod jobs;

pub mod attendance;

pub mod meet;

pub mod meetings;

pub mod recording;

pub mod live;

pub mod secret;

pub mod untrusted;

#[cfg(feature = "sandbox")]
pub mod sandbox;
