//! Lists, page by page and to their end. A part of a list is never taken for the whole: it is an error, to be tried
//! again.

use std::collections::HashSet;

use serde_json::Value;

use super::{GoogleClient, GoogleError};

/// Pages of one list: with 1,000 rows each more than a shared drive can hold (500,000 items), and an end for a list that
/// never says "last".
const PAGES_MAX: usize = 1_000;

impl GoogleClient {
    /// Every row of a list. `field` is where a page has its rows.
    pub(super) async fn pages(
        &self,
        url: &str,
        parameters: &[(&str, &str)],
        field: &str,
    ) -> Result<Vec<Value>, GoogleError> {
        let (mut rows, mut turned, mut page) = (Vec::new(), HashSet::new(), String::new());
        loop {
            let token = Some(("pageToken", page.as_str())).filter(|(_, token)| !token.is_empty());
            let parameters: Vec<(&str, &str)> = parameters.iter().copied().chain(token).collect();
            let mut answer = self.json(|client| client.get(url).query(&parameters)).await?;
            rows.append(&mut take_rows(&mut answer, field)?);
            match answer["nextPageToken"].as_str().filter(|next| !next.is_empty()) {
                None => return Ok(rows),
                Some(next) => page = next.to_owned(),
            }
            if turned.len() >= PAGES_MAX || !turned.insert(page.clone()) {
                return Err(incomplete(&format!("the list does not end after {} pages", turned.len())));
            }
        }
    }
}

/// The rows of one page, if it is whole.
fn take_rows(answer: &mut Value, field: &str) -> Result<Vec<Value>, GoogleError> {
    if answer["incompleteSearch"] == true {
        return Err(incomplete("Drive has searched a part of its files only"));
    }
    match answer.get_mut(field).map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(incomplete(&format!("an answer without `{field}`"))),
    }
}

fn incomplete(why: &str) -> GoogleError {
    GoogleError::Unreachable { what: format!("an incomplete list: {why}"), after: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_is_no_list() {
        let rows = |mut answer: Value| take_rows(&mut answer, "files").map(|rows| rows.len());
        assert_eq!(rows(json!({"files": [{}, {}], "incompleteSearch": false})), Ok(2));
        assert_eq!(rows(json!({"files": []})), Ok(0));
        for part in
            [json!({"files": [{}], "incompleteSearch": true}), json!({}), json!({"files": null}), json!([])]
        {
            assert!(matches!(rows(part), Err(GoogleError::Unreachable { .. })));
        }
    }
}
