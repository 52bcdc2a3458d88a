//! What was done, as the page after an act says it. The address has one of these words; no text of an address is shown.

/// The outcome of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Retried,
    RetriedAlike,
    CalledOff,
    BegunAgain,
    Probed,
}

impl Done {
    const ALL: [Done; 5] =
        [Done::Retried, Done::RetriedAlike, Done::CalledOff, Done::BegunAgain, Done::Probed];

    /// The word in the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Done::Retried => "retried",
            Done::RetriedAlike => "retried-alike",
            Done::CalledOff => "called-off",
            Done::BegunAgain => "begun-again",
            Done::Probed => "probed",
        }
    }

    /// Parses the word of an address.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }

    /// The sentence for the page.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Done::Retried => "It is tried again now.",
            Done::RetriedAlike => "They are tried again now, one after the other.",
            Done::CalledOff => "It is called off. Retry lets it go on.",
            Done::BegunAgain => "It begins again now. Files that are proved stay as they are.",
            Done::Probed => "It is tried now, with one recording. The pause ends by itself if that works.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_a_word_of_its_own() {
        for done in Done::ALL {
            assert_eq!(Done::from_word(done.word()), Some(done));
        }
        assert_eq!(Done::from_word("<b>"), None);
    }
}
