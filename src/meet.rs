//! Google Meet's conferences, and the calendar's entries about them. Pure: no network, no clock.
//!
//! A [`Conference`] is what Google keeps for thirty days about one time that people were in a room. Its
//! [`Participant`]s have [`Session`]s, one for each join and device, and its [`Artifact`]s are recordings, transcripts
//! and notes. A [`ConferenceFilter`] says which conferences are listed. Several users may see the same conference:
//! [`unite`] makes one [`SeenConference`] of it. Conferences of one room that follow each other are one [`Sitting`].
//! An [`Event`] is an entry of a user's calendar; [`upcoming`] unites those of several users.

mod archive;
mod artifact;
pub mod attendance;
mod code;
mod conference;
mod event;
mod filter;
mod json;
mod name;
mod participant;
mod seen;
mod sitting;
mod upcoming;

pub use archive::{ConferenceFacts, Original, files};
pub use artifact::{Artifact, ArtifactKind, ArtifactState};
pub use code::{MeetingCode, NoCode};
pub use conference::{Conference, KEPT_DAYS, Space};
pub use event::{Answer, Event, EventConference, EventTime, Guests, title_of};
pub use filter::{ConferenceFilter, Room};
pub use name::{ConferenceName, NoConferenceName, SpaceName};
pub use participant::{Participant, Session, Who};
pub use seen::{SeenConference, unite};
pub use sitting::{GAP_MAX, Sitting, sittings};
pub use upcoming::{UpcomingEvent, UpcomingOptions, upcoming};
