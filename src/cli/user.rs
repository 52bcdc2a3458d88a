//! Finds the user who runs the command: from the system, not from the environment.

use std::os::unix::fs::MetadataExt;

/// For the audit trail: `ann at the command line`, or the number of a user without a name.
pub(super) fn who() -> String {
    let user = std::fs::metadata("/proc/self").map(|process| process.uid());
    let Ok(uid) = user else { return "an unknown user at the command line".to_owned() };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name(&users, uid).map_or_else(|| format!("user {uid}"), str::to_owned);
    format!("{name} at the command line")
}

fn name(users: &str, uid: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\nann:x:1000:100::/home/ann:/bin/sh\n";
        assert_eq!((name(users, 0), name(users, 1000), name(users, 100)), (Some("root"), Some("ann"), None));
    }
}
