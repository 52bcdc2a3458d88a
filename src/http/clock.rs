//! Measures the difference between our clock and a server's, by the `Date` of its answers (RFC 9110, 6.6.1: to the
//! second).

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap};

/// A difference between two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    pub by: Duration,
    pub ours_is_ahead: bool,
}

/// Compares an answer's `Date` with our clock at the moment of its arrival. `None` without a valid date. The
/// network delay counts as skew too; it is much shorter than the differences that matter.
pub fn skew(headers: &HeaderMap, now: SystemTime) -> Option<Skew> {
    let theirs = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(match now.duration_since(theirs) {
        Ok(by) => Skew { by, ours_is_ahead: true },
        Err(behind) => Skew { by: behind.duration(), ours_is_ahead: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_compared_both_ways_and_nonsense_says_nothing() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let said = |date: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, date.parse().unwrap());
            skew(&headers, now).map(|skew| (skew.by.as_secs(), skew.ours_is_ahead))
        };
        assert_eq!(said("Sun, 06 Nov 1994 08:49:37 GMT"), Some((0, true)));
        assert_eq!(said("Sun, 06 Nov 1994 08:39:37 GMT"), Some((600, true)));
        assert_eq!(said("Sun, 06 Nov 1994 08:50:37 GMT"), Some((60, false)));
        assert_eq!(said("yesterday"), None);
        assert_eq!(skew(&HeaderMap::new(), now), None);
    }
}
