//! How people name a meeting: a number of 9 to 11 digits, a uuid, or a link of Zoom's; what is read is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zoom2drive::meetings::{self, MeetingReference};

fuzz_target!(|text: &str| {
    let number = meetings::number(text);
    let Ok(reference) = text.parse::<MeetingReference>() else {
        let error = number.expect_err("no meeting has a number").to_string();
        // What follows is where a link has its passcode.
        assert!(error.contains("is not a meeting") && !error.contains('?'), "{error}");
        return;
    };
    assert_eq!(reference.to_string().parse(), Ok(reference.clone()), "it is read again");
    match reference {
        MeetingReference::Number(found) => {
            assert_eq!(number, Ok(found));
            assert!(found < 100_000_000_000 && text.bytes().filter(u8::is_ascii_digit).count() >= 9);
        }
        MeetingReference::Instance(uuid) => {
            assert!(number.is_err(), "an instance is no number");
            assert!(uuid.as_str().ends_with('='));
        }
    }
});
