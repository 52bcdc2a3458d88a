//! Turns: work that one instance at a time does, and not too often over all of them.

use std::time::Duration;

/// The right to do a piece of work now. Proved by its token, as a job's lease is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTurn {
    /// Which work.
    pub name: String,
    /// Unique to this turn.
    pub token: String,
}

/// What came of asking for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turning {
    /// It is ours until it ends or runs out.
    Ours(HeldTurn),
    /// Another has it, or it was done lately: ask again in so long.
    Later(Duration),
}
