//! Checks this machine's clock, by the `Date` of Zoom's and Google's answers.

use std::time::Duration;

use super::TokenResult;
use super::finding::{Check, Finding};
use crate::http::clock::Skew;
use crate::http::token::NoToken;

/// From this skew on a person should act: something prevents the clock from being set.
const ODD_FROM: Duration = Duration::from_secs(30);

/// From this skew on nothing works: a webhook's signature is valid for five minutes, and Google checks assertions
/// by its own clock.
const BROKEN_FROM: Duration = Duration::from_secs(300);

const MEND: &str = "Set the clock and keep it set: `timedatectl set-ntp true` (systemd), or start chronyd or ntpd; \
    `timedatectl` shows whether it worked. In a container or virtual machine, set the host's clock";

/// The skew that an answer of a token endpoint shows.
pub(super) fn skew(asked: &TokenResult) -> Option<Skew> {
    match asked {
        Ok(fresh) => fresh.skew,
        Err(NoToken::Passing { skew, .. } | NoToken::Refused { skew, .. }) => *skew,
        Err(NoToken::Unsigned(_)) => None,
    }
}

/// Judges the skew to one server's clock. `why_not` is the reason if it is unknown.
pub(super) fn judge(server: &str, skew: Option<Skew>, why_not: &str) -> Finding {
    let check = Check::new(
        format!("clock.{}", server.to_ascii_lowercase()),
        format!("comparing this machine's clock with the Date of {server}'s answer"),
        format!("at most {}s apart", ODD_FROM.as_secs()),
    );
    let Some(Skew { by, ours_is_ahead }) = skew else { return check.not_tried(why_not) };
    let side = if ours_is_ahead { "ahead of" } else { "behind" };
    let found = format!("this machine's clock is {}s {side} {server}'s", by.as_secs());
    if by > BROKEN_FROM {
        let harm = "webhooks are refused as stale or forged (401), and Google refuses to issue tokens";
        check.broken(format!("{found}: {harm}"), MEND)
    } else if by > ODD_FROM {
        check.warning(found, MEND)
    } else {
        check.ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn half_a_minute_is_odd_and_five_minutes_are_broken() {
        let judged = |seconds| {
            let skew = Skew { by: Duration::from_secs(seconds), ours_is_ahead: seconds % 2 == 0 };
            judge("Zoom", Some(skew), "").state
        };
        assert_eq!([0, 30].map(judged), [State::Ok; 2]);
        assert_eq!([31, 300].map(judged), [State::Warning; 2]);
        assert_eq!([301, 90_000].map(judged), [State::Broken; 2]);
        assert_eq!(judge("Google", None, "no answer").state, State::NotTried);
    }
}
