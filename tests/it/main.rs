//! The one integration test binary. Tests are grouped by the promise that they hold; each folder's module says which.
//!
//! | folder | what it holds |
//! | --- | --- |
//! | `archive` | Every file reaches Drive once, byte for byte, in its own folder |
//! | `attendance` | Who was at a meeting: told of whole lists only, written once, by nobody's delay |
//! | `calls` | Calls to Zoom and Google, counted: none that an earlier answer has answered |
//! | `late` | Late files, new versions, events in any order |
//! | `sweep` | Recordings that no event announced are found |
//! | `verification` | The archive is asked for what was proved; recordings come back from Zoom's trash by a person's word |
//! | `removal` | Zoom's copy goes only with proof; what people remove or recover |
//! | `recovery` | Faults, crashes, kills, several processes, a database in trouble or lost |
//! | `http` | The webhook, health, hostile clients |
//! | `security` | Forged events, hosts that are not allowed, no secret in the log |
//! | `dashboard` | The pages: who comes in, what they say, what can be done, and what attackers get |
//! | `process` | Start, settings, memory, metrics, rotation, stop |
//! | `meet` | Conferences of Google Meet: read whole, of many users, and nothing but read |
//! | `meetings` | Planned meetings: made once, at the right time, and nothing changed that was not given |
//! | `operator` | Admin API, commands, doctor, login, backfill, rules, messages |
//! | `store` | Both databases behave alike; migrations, query plans |
//! | `sandbox` | The imitations of Zoom and Google are as strict as the originals |
//! | `repository` | Source, documents, settings and deployment agree |
//! | `support` | What the tests share |

#![expect(
    clippy::unwrap_used,
    reason = "in helpers too, a test that cannot go on should stop where it stands"
)]

mod archive;
mod attendance;
mod calls;
mod dashboard;
mod http;
mod late;
mod meet;
mod meetings;
mod operator;
mod process;
mod recovery;
mod removal;
mod repository;
mod sandbox;
mod security;
mod store;
mod support;
mod sweep;
mod verification;
