//! `Retry-After`, in whatever form: a wait that somebody could mean, and never one without end.
#![no_main]

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use zoom2drive::http::retry_after;
use zoom2drive::jobs::retry::{LONGEST_ASKED_WAIT, wait};

fuzz_target!(|data: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, value);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_705_455);
    let asked = retry_after::read(&headers, now);
    let text = String::from_utf8_lossy(data);
    // Blanks of other alphabets are no blanks in a header.
    if data.is_ascii()
        && let Ok(seconds) = text.trim().parse::<u64>()
    {
        assert_eq!(asked, Some(Duration::from_secs(seconds).min(retry_after::WAIT_MAX)));
    }
    if !data.iter().any(u8::is_ascii_digit) {
        assert_eq!(asked, None, "a wait without a number");
    }
    let waited = wait(Duration::from_secs(1), 3, asked, 0.5);
    assert!(waited >= Duration::from_secs(8) && waited <= LONGEST_ASKED_WAIT);
});
