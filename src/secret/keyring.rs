//! Secrets that are accepted from others, and those that were replaced a short while ago.

use std::time::Duration;

use jiff::Timestamp;

use super::Secret;

/// The secrets that somebody may use towards us.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    current: Vec<Secret>,
    /// Each with the end of its time.
    former: Vec<(Secret, Timestamp)>,
}

impl Keyring {
    /// These, and no former ones.
    pub fn new(current: Vec<Secret>) -> Self {
        Self { current, former: Vec::new() }
    }

    /// Those in force.
    pub fn current(&self) -> &[Secret] {
        &self.current
    }

    /// The ring after a rotation: the other side changes over at its own time, so what is replaced is accepted
    /// for a while.
    #[must_use]
    pub fn replaced_by(&self, current: Vec<Secret>, now: Timestamp, grace: Duration) -> Self {
        let until = now.checked_add(grace).unwrap_or(now);
        let replaced = self.current.iter().map(|secret| (secret.clone(), until));
        let mut former: Vec<_> = replaced.chain(self.former.iter().cloned()).collect();
        former.retain(|(secret, until)| *until > now && !current.contains(secret));
        Self { current, former }
    }

    /// All that are accepted at this moment, those in force first.
    pub fn accepted(&self, now: Timestamp) -> Vec<Secret> {
        let former = self.former.iter().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
        self.current.iter().chain(former).cloned().collect()
    }

    /// Until when a former secret is accepted; `None` for one in force.
    pub fn former_until(&self, secret: &Secret) -> Option<Timestamp> {
        if self.current.contains(secret) {
            return None;
        }
        self.former.iter().find(|(former, _)| former == secret).map(|(_, until)| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn secrets(texts: &[&str]) -> Vec<Secret> {
        texts.iter().map(|text| Secret::new(*text)).collect()
    }

    fn accepted(ring: &Keyring, seconds: i64) -> Vec<String> {
        ring.accepted(at(seconds)).iter().map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn what_was_replaced_is_accepted_for_its_time_and_not_longer() {
        let first = Keyring::new(secrets(&["a", "b"]));
        let second = first.replaced_by(secrets(&["b", "c"]), at(0), HOUR);
        assert_eq!(accepted(&second, 3599), ["b", "c", "a"]);
        assert_eq!(accepted(&second, 3600), ["b", "c"]);
        assert_eq!(second.former_until(&Secret::new("a")), Some(at(3600)));
        assert_eq!(second.former_until(&Secret::new("b")), None);
        let third = second.replaced_by(secrets(&["d"]), at(1800), HOUR);
        assert_eq!(accepted(&third, 1800), ["d", "b", "c", "a"]);
        assert_eq!(accepted(&third, 3600), ["d", "b", "c"], "a rotation prolongs nothing");
        let back = third.replaced_by(secrets(&["a"]), at(1900), HOUR);
        assert_eq!(accepted(&back, 9000), ["a"]);
    }
}
