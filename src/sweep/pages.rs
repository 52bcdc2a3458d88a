//! Reads a list to its end: page by page, again from the start when its token has expired, with limits.

use crate::zoom::{ListError, ZoomError};

/// Most pages of one list. With 300 rows each this is more than any account has, and it ends a list that never
/// reports a last page.
const PAGES_MAX: u32 = 2_000;

/// Most restarts of one list. Page tokens live 15 minutes: if several expire, we are too slow.
const RESTARTS_MAX: u32 = 3;

/// Position in a list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    token: Option<String>,
    pages: u32,
    restarts: u32,
}

impl Pages {
    /// The next page's token; `None` for the first page.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Advances to the next page. Returns false after the last one.
    pub(super) fn singleton(&mut self, next: Option<String>) -> Result<bool, ListError> {
        self.pages += 1;
        let is_endless = self.pages >= PAGES_MAX || next == self.token;
        if next.is_some() && is_endless {
            let what = format!("a list that does not end after {} pages", self.pages);
            return Err(ZoomError::Unreachable { what, after: None }.into());
        }
        self.token = next;
        Ok(self.token.is_some())
    }

    /// The token has expired: starts again, unless the limit is reached.
    pub(super) fn restart(&mut self, expired: ListError) -> Result<(), ListError> {
        if self.restarts == RESTARTS_MAX {
            return Err(expired);
        }
        *self = Self { restarts: self.restarts + 1, ..Self::default() };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(token: &str) -> Option<String> {
        Some(token.to_owned())
    }

    #[test]
    fn a_list_ends_with_the_page_that_names_no_next() {
        let mut pages = Pages::default();
        assert!(pages.token().is_none() && pages.singleton(next("a")).unwrap());
        assert_eq!(pages.token(), Some("a"));
        assert!(!pages.singleton(None).unwrap());
    }

    #[test]
    fn endless_lists_have_an_end() {
        let mut pages = Pages::default();
        pages.singleton(next("a")).unwrap();
        assert!(pages.singleton(next("a")).is_err());
        let mut pages = Pages::default();
        let read = (0..PAGES_MAX + 1)
            .take_while(|number| pages.singleton(next(&number.to_string())).is_ok())
            .count();
        assert_eq!(read, usize::try_from(PAGES_MAX - 1).unwrap());
    }

    #[test]
    fn a_list_is_begun_again_only_so_often() {
        let mut pages = Pages::default();
        let expired = || ListError::PageExpired(String::new());
        for _restart in 0..RESTARTS_MAX {
            pages.singleton(next("a")).unwrap();
            pages.restart(expired()).unwrap();
            assert_eq!(pages.token(), None);
        }
        assert!(pages.restart(expired()).is_err());
    }
}
