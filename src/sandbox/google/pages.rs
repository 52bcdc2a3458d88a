//! Pages of the newer APIs: shorter than asked for, or empty with a token, and tokens that are bound to a question.

use std::ops::Range;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Google;

/// A page token that belongs to no page of this list.
pub(super) struct ForeignToken;

/// One page: which rows it has, and the token of the next one.
pub(super) type Page = (Range<usize>, Option<String>);

impl Google {
    /// Makes the first page of every list of Meet and Calendar an empty one, with a token.
    pub fn set_empty_pages(&self, first_is_empty: bool) {
        self.empty_pages.store(first_is_empty, Ordering::Relaxed);
    }

    /// A page of at most `size` of `count` rows. `question` is all that must stay the same from page to page.
    pub(super) fn page(
        &self,
        question: &str,
        token: Option<&str>,
        count: usize,
        size: usize,
    ) -> Result<Page, ForeignToken> {
        let is_first = token.is_none_or(str::is_empty);
        if is_first && count > 0 && self.empty_pages.load(Ordering::Relaxed) {
            return Ok((0..0, Some(page_token(question, 0))));
        }
        self.full_page(question, token, count, size)
    }

    /// The same for an API whose pages are never empty while more follow.
    pub(super) fn full_page(
        &self,
        question: &str,
        token: Option<&str>,
        count: usize,
        size: usize,
    ) -> Result<Page, ForeignToken> {
        let token = token.filter(|token| !token.is_empty());
        let start = match token {
            None => 0,
            Some(token) => start_of(question, token).ok_or(ForeignToken)?.min(count),
        };
        let end = count.min(start + size.min(self.page_limit()));
        Ok((start..end, (end < count).then(|| page_token(question, end))))
    }
}

fn page_token(question: &str, start: usize) -> String {
    let seal = hex::encode(&Sha256::digest(format!("{question}|{start}"))[..8]);
    URL_SAFE_NO_PAD.encode(format!("{start}.{seal}"))
}

fn start_of(question: &str, token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let start = text.split_once('.')?.0.parse().ok()?;
    (page_token(question, start) == token).then_some(start)
}
