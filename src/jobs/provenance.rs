//! The source of a copy's bytes, and its value as evidence. Pure.
//!
//! An event names addresses, and anybody who can sign an event chooses them. Only bytes that were read at an address
//! of Zoom's own listing are certain to be the recording's: only they allow Zoom's copy to be removed.

use crate::recording::Origin;

/// The source of a copy's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provenance {
    /// Unknown: nothing was read yet, or a release without this field read it.
    #[default]
    Unknown,
    /// At least one byte came from an address that only an event named.
    Event,
    /// Every byte came from addresses of Zoom's listing.
    Listing,
    /// The source was no listing. Later the whole file was read at an address of the listing, and is equal.
    Confirmed,
    /// The source was no listing. Later the file was read at an address of the listing, and differs.
    Contradicted,
}

impl Provenance {
    /// Every variant.
    pub const ALL: [Provenance; 5] = [
        Provenance::Unknown,
        Provenance::Event,
        Provenance::Listing,
        Provenance::Confirmed,
        Provenance::Contradicted,
    ];

    /// The stored name. Rows of earlier releases have none.
    pub fn name(self) -> &'static str {
        match self {
            Provenance::Unknown => "",
            Provenance::Event => "event",
            Provenance::Listing => "listing",
            Provenance::Confirmed => "confirmed",
            Provenance::Contradicted => "contradicted",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provenance| provenance.name() == name)
    }

    /// A warning about a copy that is not known to be Zoom's; `None` where the source was not recorded.
    pub fn doubt(self) -> Option<&'static str> {
        match self {
            Provenance::Unknown | Provenance::Listing | Provenance::Confirmed => None,
            Provenance::Event => {
                Some("from an address that an event named; not compared with Zoom's listing")
            }
            Provenance::Contradicted => {
                Some("from an address that an event named; Zoom's listing has other bytes")
            }
        }
    }

    /// The source after more bytes, from an address of this origin, follow `hashed` bytes. A single byte from an
    /// event's address makes the whole copy an event's.
    pub fn continued(self, hashed: u64, origin: Origin) -> Self {
        match (hashed, self, origin) {
            (0, _, Origin::Listing) | (_, Provenance::Listing, Origin::Listing) => Provenance::Listing,
            _ => Provenance::Event,
        }
    }

    /// Whether the bytes are known to be those of Zoom's listing.
    pub fn is_zooms(self) -> bool {
        matches!(self, Provenance::Listing | Provenance::Confirmed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_store() {
        for provenance in Provenance::ALL {
            assert_eq!(Provenance::from_name(provenance.name()), Some(provenance));
        }
        assert_eq!(Provenance::from_name("zoom"), None);
    }

    #[test]
    fn one_byte_of_an_event_makes_the_whole_an_events() {
        use Origin::{Event, Listing};
        for before in Provenance::ALL {
            assert_eq!(before.continued(0, Listing), Provenance::Listing, "hashed anew: {before:?}");
            assert_eq!(before.continued(0, Event), Provenance::Event);
            assert_eq!(before.continued(1, Event), Provenance::Event);
            let expected =
                if before == Provenance::Listing { Provenance::Listing } else { Provenance::Event };
            assert_eq!(before.continued(1, Listing), expected, "{before:?}");
        }
    }
}
