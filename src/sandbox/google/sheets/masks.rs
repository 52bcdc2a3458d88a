//! `fields` in a request's body: which parts of it count. Both of Google's spellings, `a.b,a.c` and `a(b,c)`.

use serde_json::Value;

/// The paths of a mask, such as `gridProperties.rowCount`.
pub(super) fn paths(mask: &str) -> Option<Vec<String>> {
    let mut rest = mask;
    let found = list(&mut rest, "")?;
    (rest.is_empty() && !found.is_empty()).then_some(found)
}

fn list(rest: &mut &str, above: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    loop {
        let end = rest.find([',', '(', ')']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || ".*".contains(c)) {
            return None;
        }
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        *rest = &rest[end..];
        if let Some(inside) = rest.strip_prefix('(') {
            *rest = inside;
            found.extend(list(rest, &path)?);
            *rest = rest.strip_prefix(')')?;
        } else {
            found.push(path);
        }
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(found),
        }
    }
}

/// The value at a path; null where there is none.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, name| &value[name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let read = |mask| paths(mask).unwrap_or_default();
        assert_eq!(read("title,gridProperties.rowCount"), ["title", "gridProperties.rowCount"]);
        assert_eq!(read("a(b,c.d),e"), ["a.b", "a.c.d", "e"]);
        for bad in ["", "a(", "a(b", "a)", "a b", "a,,b"] {
            assert_eq!(paths(bad), None, "{bad}");
        }
    }
}
