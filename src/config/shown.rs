//! The settings as an operator may see them: values of those that say so, and of all others only where they come from.

use super::{Origin, Reader, Replaceable, SECTIONS, Variable, Visibility};

/// One setting in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSetting {
    /// Title of its section.
    pub section: &'static str,
    pub name: &'static str,
    pub meaning: &'static str,
    /// Empty when there is none.
    pub default: &'static str,
    /// `None` if it is not set, or hidden: then nothing is known of the value here, not even its length.
    pub value: Option<String>,
    pub origin: Origin,
    pub visibility: Visibility,
    /// A file that the value names, if its content is a secret or can be replaced.
    pub file: Option<String>,
    /// True if the service takes a new value over while it runs.
    pub is_replaceable: bool,
}

/// All settings, in the order of the documentation, as this reader gives them.
pub fn shown_settings(reader: &Reader) -> Vec<ShownSetting> {
    // A reader of its own: faults that arise here are none of the caller's.
    let mut reader = reader.clone();
    let sections = SECTIONS.iter();
    let all = sections.flat_map(|section| section.variables.iter().map(|variable| (section.title, variable)));
    all.map(|(section, variable)| shown(section, variable, &mut reader)).collect()
}

fn shown(section: &'static str, variable: &'static Variable, reader: &mut Reader) -> ShownSetting {
    let Variable { name, meaning, default, visibility, .. } = *variable;
    let origin = reader.origin(name);
    let value = match visibility {
        Visibility::Shown => reader.text(name).map(|value| without_user(&value)),
        Visibility::Hidden => None,
    };
    let named = |(of, path): (&str, &std::path::Path)| (of == name).then(|| path.display().to_string());
    let file = match &origin {
        Origin::File(path) => Some(path.display().to_string()),
        _ => reader.files().find_map(named),
    };
    let is_replaceable = file.is_some() && Replaceable::of(name).is_some();
    ShownSetting { section, name, meaning, default, value, origin, visibility, file, is_replaceable }
}

/// The text without the user and the password of addresses in it.
fn without_user(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (scheme, after) = rest.split_at(at + 3);
        shown.push_str(scheme);
        let end = after.find(['/', '?', '#', ' ', ',']).unwrap_or(after.len());
        let user = after.get(..end).and_then(|authority| authority.rfind('@'));
        rest = user.and_then(|at| after.get(at + 1..)).unwrap_or(after);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;
    use crate::config::{Secrecy, VARIABLES};

    const SECRET: &str = "hunter2hunter2hunter2";

    #[test]
    fn no_secret_is_shown_nor_its_length() {
        for variable in VARIABLES.iter().filter(|variable| variable.secrecy != Secrecy::Open) {
            assert_eq!(variable.visibility, Visibility::Hidden, "{}", variable.name);
        }
        let given = |value: &'static str| {
            let secret = VARIABLES.iter().filter(|variable| variable.is_secret());
            shown_settings(&Reader::from_pairs(secret.map(|variable| (variable.name, value))))
        };
        assert_eq!(given(SECRET), given("another one of another length"));
        assert!(!format!("{:?}", given(SECRET)).contains("hunter2"));
    }

    #[test]
    fn where_a_value_comes_from_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, SECRET).unwrap();
        let reader = Reader::from_pairs([
            ("TIMEZONE", "Europe/Berlin"),
            ("TRANSFERS", "4"),
            ("ADMIN_TOKEN_FILE", path.to_str().unwrap()),
            ("PUBLIC_URL", "https://ann:hunter2@hooks.example.org/in"),
            ("LOG", ""),
        ]);
        let all = shown_settings(&reader);
        let names: BTreeSet<&str> = all.iter().map(|setting| setting.name).collect();
        assert_eq!(names.len(), VARIABLES.len());
        let of = |name: &str| all.iter().find(|setting| setting.name == name).unwrap();
        let zone = of("TIMEZONE");
        assert_eq!((zone.value.as_deref(), &zone.origin), (Some("Europe/Berlin"), &Origin::Environment));
        assert_eq!((of("LOG").value.as_deref(), &of("LOG").origin), (Some("info"), &Origin::Default));
        assert_eq!(of("ZOOM_CLIENT_SECRET").origin, Origin::Nowhere);
        let token = of("ADMIN_TOKEN");
        assert_eq!((&token.value, &token.origin), (&None, &Origin::File(PathBuf::from(&path))));
        assert!(token.is_replaceable && token.file.is_some() && !zone.is_replaceable);
        assert_eq!(of("PUBLIC_URL").value.as_deref(), Some("https://hooks.example.org/in"));
    }

    #[test]
    fn an_address_loses_its_user() {
        for (text, left) in [
            ("https://a:b@c.example/d@e", "https://c.example/d@e"),
            ("x://a@b@c", "x://c"),
            ("https://c.example", "https://c.example"),
            ("ann@example.com,bob@example.com", "ann@example.com,bob@example.com"),
            ("https://a@b,https://c@d/", "https://b,https://d/"),
            ("://", "://"),
        ] {
            assert_eq!(without_user(text), left);
        }
    }
}
