//! The pages' routes, found in their source: a new page is held to the rules of all pages without another line here.

use std::path::{Path, PathBuf};

/// Where the pages are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard")
}

/// All files below a folder whose names end like this.
pub fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_str().unwrap().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A route as the source writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// With parameters in braces.
    pub pattern: String,
    pub has_get: bool,
    pub has_post: bool,
}

impl Route {
    /// The address with parameters that lead somewhere in a world with one recording.
    pub fn path(&self) -> String {
        let segment = |segment: &str| match segment {
            "{name}" => "style.css".to_owned(),
            "{system}" => "drive".to_owned(),
            "{*rest}" => "no/such/page".to_owned(),
            parameter if parameter.starts_with('{') => "1".to_owned(),
            plain => plain.to_owned(),
        };
        self.pattern.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    /// True for the pages of people who have not logged in.
    pub fn is_for_all(&self) -> bool {
        let start = ["/dashboard/login", "/dashboard/logout", "/dashboard/assets/"];
        !self.pattern.starts_with("/dashboard")
            || self.pattern == "/dashboard/"
            || start.iter().any(|start| self.pattern.starts_with(start))
    }
}

/// All routes of the pages.
pub fn routes() -> Vec<Route> {
    let mut sources = vec![folder().with_extension("rs")];
    sources.extend(files(&folder(), ".rs"));
    let texts: Vec<String> = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut found = Vec::new();
    for text in &texts {
        for (at, _) in text.match_indices(".route(") {
            let call = arguments(&text[at + ".route(".len()..]);
            let (address, methods) = call.split_once(',').unwrap();
            let has = |method: &str| {
                methods
                    .match_indices(method)
                    .any(|(at, _)| !methods[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            let pattern = address_of(address.trim(), text, &texts);
            found.push(Route {
                pattern,
                has_get: has("get(") || has("any("),
                has_post: has("post(") || has("any("),
            });
        }
    }
    found
}

/// Up to the parenthesis that closes the call.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a call without an end: {text}");
}

/// A literal, or the value of a constant: of the same file, else of the only file that has one of this name.
fn address_of(written: &str, here: &str, everywhere: &[String]) -> String {
    if let Some(literal) = written.strip_prefix('"') {
        return literal.trim_end_matches('"').to_owned();
    }
    let name = written.rsplit("::").next().unwrap();
    let value = |text: &str| {
        let after = text.split(&format!("const {name}: &str = \"")).nth(1)?;
        after.split('"').next().map(str::to_owned)
    };
    let elsewhere = || {
        let mut values: Vec<String> = everywhere.iter().filter_map(|text| value(text)).collect();
        values.dedup();
        assert_eq!(values.len(), 1, "the address {written} of a route cannot be found");
        values.remove(0)
    };
    if written.contains("::") { elsewhere() } else { value(here).unwrap_or_else(elsewhere) }
}

#[test]
fn the_routes_are_found() {
    let routes = routes();
    let of = |pattern: &str| routes.iter().find(|route| route.pattern == pattern).unwrap();
    assert!(of("/dashboard").has_get && !of("/dashboard").has_post);
    assert!(of("/dashboard/login").has_get && of("/dashboard/login").has_post);
    assert!(of("/dashboard/assets/{name}").path().ends_with("/style.css"));
    assert!(of("/dashboard/{*rest}").has_post);
    assert!(routes.iter().all(|route| route.pattern.starts_with('/') && (route.has_get || route.has_post)));
}
