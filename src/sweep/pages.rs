//! How a list is read to its end: page by page, begun again when its token has expired, and never for ever.

use crate::zoom::{ListError, ZoomError};

/// Most pages of one list. 300 rows each: more users or recordings than anybody has, and an end for a Zoom
/// that never says "last".
const PAGES_MAX: u32 = 2_000;

/// How often one list is begun again. Tokens live 15 minutes: to lose several means that we are too slow.
const RESTARTS_MAX: u32 = 3;

/// Where we are in a list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    token: Option<String>,
    pages: u32,
    restarts: u32,
}

impl Pages {
    /// What opens the next page; nothing for the first.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A page was read. Tells whether there is another.
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

    /// The token has expired: from the beginning, unless that has been tried often enough.
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
