//! The search in an address: read strictly, and written again for the links to other pages.

use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::links;
use super::super::refusal::Refusal;
use crate::jobs::Millis;
use crate::jobs::shelf::{HOST_BYTES_MAX, ShelfCursor, ShelfState, folded, words};
use crate::store::shelf::ShelfFilter;

/// Digits of a group's digest.
const ALIKE_CHARS: usize = 8;

/// The address's names. A form sends empty values for fields that are left empty; an unknown name is refused, because
/// a mistyped filter would show too much.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SearchQuery {
    q: String,
    state: String,
    from: String,
    to: String,
    host: String,
    alike: String,
    before: String,
}

/// A search, with the texts of its form.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) filter: ShelfFilter,
    pub(super) q: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) host: String,
    /// Whether there is anything to clear.
    pub(super) is_narrow: bool,
}

impl Search {
    /// Reads the search. Days are those of the zone.
    pub(super) fn read(query: SearchQuery, zone: &TimeZone) -> Result<Self, Refusal> {
        let SearchQuery { q, state, from, to, host, alike, before } = query;
        let words = words(&q).ok_or_else(|| {
            refused("A search has at most four words and 200 characters: leave some words out.")
        })?;
        let state = given(&state)
            .map(|state| ShelfState::from_name(state).ok_or_else(|| refused("There is no such state.")))
            .transpose()?;
        let from_day = given(&from).map(day).transpose()?;
        let to_day = given(&to).map(day).transpose()?;
        let before = given(&before)
            .map(|before| {
                before.parse::<ShelfCursor>().map_err(|_| refused("There is no such page of the list."))
            })
            .transpose()?;
        let is_digest = |text: &&str| {
            text.len() == ALIKE_CHARS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if given(&alike).is_some_and(|alike| !is_digest(&alike)) {
            return Err(refused("There is no such group of recordings."));
        }
        let is_narrow =
            [&q, &from, &to, &host, &alike].iter().any(|text| given(text).is_some()) || state.is_some();
        let filter = ShelfFilter {
            words,
            state,
            from: from_day.map(|day| begins(day, zone)).transpose()?,
            until: to_day.map(|day| ends(day, zone)).transpose()?,
            host: given(&host).map(|host| folded(host, HOST_BYTES_MAX)),
            alike: given(&alike).map(str::to_owned),
            before,
        };
        Ok(Self { filter, q: q.trim().to_owned(), from, to, host, is_narrow })
    }

    /// The address of this search from a position on.
    pub(super) fn address(&self, before: Option<ShelfCursor>) -> String {
        let state = self.filter.state.map_or("", ShelfState::name);
        let alike = self.filter.alike.as_deref().unwrap_or_default();
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        let pairs = [
            ("q", self.q.as_str()),
            ("state", state),
            ("from", &self.from),
            ("to", &self.to),
            ("host", &self.host),
            ("alike", alike),
            ("before", &before),
        ];
        let pairs: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| given(value).is_some())
            .map(|(name, value)| format!("{name}={}", links::value(value)))
            .collect();
        if pairs.is_empty() {
            return super::ADDRESS.to_owned();
        }
        format!("{}?{}", super::ADDRESS, pairs.join("&"))
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn refused(why: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, why)
}

fn day(text: &str) -> Result<Date, Refusal> {
    // Only the form's own format: jiff reads others as well.
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let read = text.parse::<Date>().ok().filter(|_| is_plain);
    read.ok_or_else(|| refused("A day is written as in 2026-03-01."))
}

fn begins(day: Date, zone: &TimeZone) -> Result<Millis, Refusal> {
    let begin = day.to_zoned(zone.clone()).map_err(|_| refused("This day is too far away."))?;
    Ok(begin.timestamp().as_millisecond())
}

/// The beginning of the day after.
fn ends(day: Date, zone: &TimeZone) -> Result<Millis, Refusal> {
    begins(day.checked_add(1.day()).map_err(|_| refused("This day is too far away."))?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> SearchQuery {
        let mut query = SearchQuery::default();
        for (name, value) in pairs {
            let field = match *name {
                "q" => &mut query.q,
                "state" => &mut query.state,
                "from" => &mut query.from,
                "to" => &mut query.to,
                "host" => &mut query.host,
                "alike" => &mut query.alike,
                "before" => &mut query.before,
                other => panic!("{other}"),
            };
            *field = (*value).to_owned();
        }
        query
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let search = Search::read(query(&[("from", "2026-03-29"), ("to", "2026-03-29")]), &berlin).unwrap();
        let (from, until) = (search.filter.from.unwrap(), search.filter.until.unwrap());
        assert_eq!(until - from, 23 * 3600 * 1000, "on this day clocks go forward");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (name, value) in [
            ("state", "green"),
            ("state", "ARCHIVED"),
            ("from", "2026-02-30"),
            ("from", "yesterday"),
            ("to", "9999-12-31"),
            ("to", "20260301"),
            ("before", "7"),
            ("before", "<b>"),
            ("alike", "xyz"),
            ("alike", "ABCDEF01"),
            ("q", "a b c d e"),
        ] {
            assert!(Search::read(query(&[(name, value)]), &TimeZone::UTC).is_err(), "{name}={value}");
        }
        let empty = Search::read(query(&[]), &TimeZone::UTC).unwrap();
        assert_eq!((empty.is_narrow, empty.filter), (false, ShelfFilter::default()));
    }

    #[test]
    fn an_address_leads_to_the_same_search() {
        let pairs =
            [("q", "a&b=%\" <"), ("state", "needs-you"), ("from", "2026-03-01"), ("alike", "0123abcd")];
        let search = Search::read(query(&pairs), &TimeZone::UTC).unwrap();
        let address = search.address(Some("5-7".parse().unwrap()));
        assert_eq!(
            address,
            "/dashboard/recordings?q=a%26b%3D%25%22%20%3C&state=needs-you&from=2026-03-01&alike=0123abcd&before=5-7"
        );
    }
}
