//! A roster: refused at a line that is there, or a list of people with names, which no two share an address of.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use zoom2drive::attendance::Roster;

fuzz_target!(|data: &[u8]| {
    let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count();
    let roster = match Roster::read(data) {
        Ok(roster) => roster,
        Err(error) => {
            // A roster with nothing after its head lacks its second line.
            let last = lines.max(2) as u64;
            assert!((1..=last).contains(&error.line), "{error}: {lines} lines");
            assert!(!error.what.is_empty());
            return;
        }
    };
    let ends = data.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    assert!((1..=ends).contains(&roster.entries.len()), "{ends} line ends");
    let (mut emails, mut ids) = (HashSet::new(), HashSet::new());
    for entry in &roster.entries {
        assert!(!entry.name.is_empty() && entry.name.trim() == entry.name, "{entry:?}");
        assert!(entry.aliases.iter().all(|alias| !alias.is_empty()), "{entry:?}");
        assert!(entry.id.is_empty() || ids.insert(&entry.id), "two people of one id: {entry:?}");
        for email in &entry.emails {
            assert!(email.contains('@') && !email.contains(char::is_whitespace), "{entry:?}");
            assert!(emails.insert(email), "two people of one address: {entry:?}");
        }
    }
});
