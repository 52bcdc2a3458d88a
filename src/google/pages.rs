//! Fetches all pages of a list. An incomplete list is an error, to be tried again; a part is never taken for the
//! whole.

use std::collections::HashSet;

use serde_json::Value;

use super::{GoogleClient, GoogleError};

/// Most pages of one list. With 1,000 rows each this is more than a shared drive can hold (500,000 items), and it
/// ends a list that never reports a last page.
const PAGES_MAX: usize = 1_000;

impl GoogleClient {
    /// Returns all rows of a list. `field` names the rows in a page.
    pub(super) async fn pages(
        &self,
        url: &str,
        parameters: &[(&str, &str)],
        field: &str,
    ) -> Result<Vec<Value>, GoogleError> {
        let (mut rows, mut place) = (Vec::new(), Place::default());
        while !place.is_last {
            rows.append(&mut self.page(url, parameters, field, &mut place).await?);
        }
        Ok(rows)
    }

    /// Returns the rows of the page at this place, and moves the place to the next page.
    pub(super) async fn page(
        &self,
        url: &str,
        parameters: &[(&str, &str)],
        field: &str,
        place: &mut Place,
    ) -> Result<Vec<Value>, GoogleError> {
        let token = Some(("pageToken", place.token.as_str())).filter(|(_, token)| !token.is_empty());
        let parameters: Vec<(&str, &str)> = parameters.iter().copied().chain(token).collect();
        let mut answer = self.json(|client| client.get(url).query(&parameters)).await?;
        let rows = take_rows(&mut answer, field)?;
        match answer["nextPageToken"].as_str().filter(|next| !next.is_empty()) {
            None => place.is_last = true,
            Some(next) => {
                next.clone_into(&mut place.token);
                if place.turned.len() >= PAGES_MAX || !place.turned.insert(next.to_owned()) {
                    let pages = place.turned.len();
                    return Err(incomplete(&format!("the list does not end after {pages} pages")));
                }
            }
        }
        Ok(rows)
    }
}

/// A place in a list.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The token of the next page; empty before the first one.
    token: String,
    /// Every token so far: a list that repeats one does not end.
    turned: HashSet<String>,
    /// Whether the last page was read.
    pub(super) is_last: bool,
}

/// The rows of one page, if the page is complete.
fn take_rows(answer: &mut Value, field: &str) -> Result<Vec<Value>, GoogleError> {
    if answer["incompleteSearch"] == true {
        return Err(incomplete("Drive has searched only a part of its files"));
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
