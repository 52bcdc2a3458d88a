//! Parses `Retry-After` in all three forms: seconds, an HTTP date, and the ISO 8601 time of Zoom's daily limit.
//! Pure: the caller passes the current time.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest wait that is returned: thirty days. Callers wait less; the limit prevents an overflow of times.
pub const WAIT_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// The wait that the server asks for, if the header is valid. A time in the past is a wait of zero.
pub fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    Some(parse(headers.get(RETRY_AFTER)?.to_str().ok()?, now)?.min(WAIT_MAX))
}

fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text)
        .ok()
        .or_else(|| text.parse::<Timestamp>().ok().map(SystemTime::from))?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_three_forms_are_understood() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |text| parse(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(wait("1994-11-06T08:50:37Z"), Some(60));
        assert_eq!(wait("1994-11-06T00:00:00Z"), Some(0));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
    }

    #[test]
    fn a_wait_beyond_all_measure_is_cut() {
        for text in ["18446744073709551615", "9223372036854775807", "2592001", "9999-12-30T00:00:00Z"] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(read(&headers, SystemTime::now()), Some(WAIT_MAX), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _any_answer_is_fine = parse(&text, SystemTime::now());
        }
    }
}
