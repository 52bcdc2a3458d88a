//! Pages of participants: each token is good once, for its parameters, and for a quarter of an hour.

use std::time::{Duration, Instant};

use super::super::super::faults::Canned;
use super::super::Zoom;
use super::super::api::bound_parameters;
use super::super::json::Json;
use super::super::reply;
use super::super::request::Asked;
use super::super::world::Page;
use super::model::PageOddity;

/// Rows on a page if nobody asks for another number, and at most.
const SIZES: (usize, usize) = (30, 300);

/// Lifetime of a page token.
const TOKEN_FOR: Duration = Duration::from_mins(15);

impl Zoom {
    /// The number of the first row that a request is for.
    pub(super) fn offset_of(&self, asked: &Asked) -> Result<usize, Canned> {
        let Some(token) = asked.param("next_page_token").filter(|token| !token.is_empty()) else {
            return Ok(0);
        };
        let page = self.world().pages.remove(token);
        let parameters = bound_parameters(asked);
        if page.as_ref().is_some_and(|page| page.parameters != parameters) {
            self.violation("a next_page_token was used with other parameters than it came with");
        }
        let page = page.filter(|page| page.parameters == parameters && page.expires > Instant::now());
        page.map(|page| page.offset).ok_or_else(expired)
    }

    /// The frame of a page, and its rows. `total` is what Zoom says there are.
    pub(super) fn participants_page(
        &self,
        uuid: &str,
        asked: &Asked,
        offset: usize,
        rows: Vec<Json>,
        total: usize,
    ) -> Result<(Json, Vec<Json>), Canned> {
        let size = self.page_size(asked)?;
        let count = total.div_ceil(size);
        let number = offset / size + 1;
        let mut world = self.world();
        let odd = world.reports.by_uuid.get_mut(uuid).and_then(|attendance| attendance.take_oddity(number));
        if odd == Some(PageOddity::Expired) {
            return Err(expired());
        }
        let all = rows.len();
        let mut on_page: Vec<Json> = rows.into_iter().skip(offset).take(size).collect();
        let next = offset + on_page.len();
        let token = if next < all { world.issuer.fresh("page") } else { String::new() };
        if next < all {
            let page = Page {
                parameters: bound_parameters(asked),
                offset: next,
                expires: Instant::now() + TOKEN_FOR,
            };
            world.pages.insert(token.clone(), page);
        }
        let (mut told_count, mut told_size, mut told_total) = (count, size, total);
        match odd {
            Some(PageOddity::PageCount(told)) => told_count = told,
            Some(PageOddity::PageSize(told)) => told_size = told,
            Some(PageOddity::Total(told)) => told_total = told,
            Some(PageOddity::MissingRow) => drop(on_page.pop()),
            Some(PageOddity::Expired) | None => {}
        }
        let frame = Json::object()
            .put("page_count", told_count)
            .put("page_size", told_size)
            .put("total_records", told_total)
            .put("next_page_token", token);
        Ok((frame, on_page))
    }

    fn page_size(&self, asked: &Asked) -> Result<usize, Canned> {
        let (default, most) = SIZES;
        let size = match asked.param("page_size").map(str::parse) {
            None => default,
            Some(Ok(size)) if (1..=most).contains(&size) => size,
            Some(_) => {
                self.violation(format!("page_size must be a number up to {most}"));
                return Err(reply::invalid("Invalid field: page_size."));
            }
        };
        Ok(self.world().rows_max.map_or(size, |rows| rows.min(size)))
    }
}

fn expired() -> Canned {
    reply::invalid("The next page token is invalid or expired.")
}
