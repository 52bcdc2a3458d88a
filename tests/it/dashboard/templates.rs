//! The templates as they are written: nothing in them may run, or be fetched from elsewhere.

use std::path::Path;

/// The only address of another site: links to files on Drive.
const DRIVE: &str = "https://drive.google.com/";

fn templates() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard/templates");
    let (mut folders, mut found) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(found.len() > 10, "the templates were not found");
    found
}

/// Tags without what askama puts in: an expression may contain any character.
fn tags(text: &str) -> Vec<String> {
    let mut plain = text.to_owned();
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<!--", "-->")] {
        while let Some(begin) = plain.find(open) {
            let end = plain[begin..].find(close).unwrap_or_else(|| panic!("{open} has no end in {text}"));
            let instead = if open == "{{" { "x" } else { "" };
            plain.replace_range(begin..begin + end + close.len(), instead);
        }
    }
    let mut tags = Vec::new();
    for part in plain.split('<').skip(1) {
        tags.push(part.split('>').next().unwrap().to_owned());
    }
    tags
}

/// Names and values of a tag's attributes. A value without quotes is a fault.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace()).trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(value) = after.strip_prefix('=') else {
            found.push((name.to_owned(), String::new()));
            rest = after.trim_start();
            continue;
        };
        let value = value.strip_prefix('"').unwrap_or_else(|| panic!("{name} has no quotes in <{tag}>"));
        let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("{name} is open in <{tag}>"));
        found.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

#[test]
fn templates_run_nothing_and_fetch_nothing_from_elsewhere() {
    for (path, text) in templates() {
        for forbidden in
            ["|safe", "| safe", "javascript:", "<style", "<iframe", "<object", "<base", "http-equiv"]
        {
            assert!(!text.contains(forbidden), "{path}: {forbidden}");
        }
        for address in text.match_indices("//").map(|(at, _)| &text[at.saturating_sub(6)..]) {
            let is_ours = address.starts_with("https://") && address.starts_with(DRIVE);
            let is_text = address.contains("localhost:8080/dashboard");
            assert!(is_ours || is_text, "{path}: {}", &address[..address.len().min(40)]);
        }
        for tag in tags(&text) {
            let is_script = tag.starts_with("script");
            assert!(!is_script || tag.contains(" src=\""), "{path}: a script of its own: <{tag}>");
            for (name, value) in attributes(&tag) {
                let name = name.to_ascii_lowercase();
                assert!(name != "style" && !name.starts_with("on"), "{path}: {name} in <{tag}>");
                let is_address = ["href", "src", "action", "formaction"].contains(&&*name);
                let is_safe = ["/dashboard", "#", "x", DRIVE].iter().any(|begin| value.starts_with(begin));
                assert!(!is_address || is_safe, "{path}: {name}=\"{value}\"");
            }
        }
        // What follows a script's tag is its end.
        for part in text.split("<script").skip(1) {
            assert!(part.split_once('>').unwrap().1.starts_with("</script>"), "{path}: an inline script");
        }
    }
}

/// Tables become cards on a phone: each cell names its column, and roles keep it a table for screen readers.
#[test]
fn every_table_can_become_cards() {
    for (path, text) in templates() {
        for tag in tags(&text) {
            let role = match tag.split_whitespace().next().unwrap_or_default() {
                "table" => "table",
                "thead" | "tbody" => "rowgroup",
                "tr" => "row",
                "th" => "columnheader",
                "td" => "cell",
                _ => continue,
            };
            assert!(tag.contains(&format!("role=\"{role}\"")), "{path}: <{tag}>");
            assert!(role != "cell" || tag.contains("data-label=\""), "{path}: <{tag}>");
        }
    }
}
