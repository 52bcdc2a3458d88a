//! Decides if a recording may be shared with its host, and if the rules need to know the host. Pure.

use std::fmt;

use url::Host;

use super::list::Subject;
use super::{DestinationRule, Rules};
use crate::recording::Recording;

/// An email domain in DNS form: lower case, and punycode for other letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domain(String);

impl Domain {
    /// Parses a domain such as `example.org` or `bücher.example`. `None` for anything else: an IP address, a single
    /// word, special characters.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
        match Host::parse(text).ok().filter(|_| is_plain)? {
            Host::Domain(name) if name.contains('.') && !name.starts_with('.') && !name.ends_with('.') => {
                Some(Self(name))
            }
            _ => None,
        }
    }

    /// The domain of an email address; `None` if its form is not `name@domain`. If two programs may interpret an
    /// address differently, nothing is shared with it.
    fn of(email: &str) -> Option<Self> {
        let (name, domain) = email.split_once('@')?;
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'<>()[],;:\\@".contains(c);
        (!name.is_empty() && name.chars().all(is_plain)).then(|| Self::parse(domain))?
    }
}

/// Why a recording is not shared with its host, although the rules say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// The address has no valid form.
    NoAddress,
    /// Its domain is not in the list on this line.
    Domain(usize),
    /// Only an event names the host, and no list says which addresses to trust.
    OnlyAnEvent,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("the host's address is not an email address"),
            Self::Domain(line) => {
                write!(f, "the domain of the host's address is not in share_domains (rules, line {line})")
            }
            Self::OnlyAnEvent => f.write_str(
                "without API credentials only an event names the host: share_domains must say which addresses may be \
                 given access",
            ),
        }
    }
}

impl Rules {
    /// True if any recording is shared with its host.
    pub fn shares(&self) -> bool {
        self.share_with_host || self.places.iter().any(|place| place.share_with_host == Some(true))
    }

    /// True if a list restricts the addresses that may get access.
    pub fn has_share_domains(&self) -> bool {
        self.share_domains.is_some()
    }

    /// Checks if this address may get access. `is_confirmed` is true if Zoom's API named it, and not only an event.
    ///
    /// # Errors
    /// Why it may not.
    pub fn may_share_with(&self, email: &str, is_confirmed: bool) -> Result<(), Withheld> {
        let domain = Domain::of(email).ok_or(Withheld::NoAddress)?;
        match &self.share_domains {
            Some((domains, _)) if domains.contains(&domain) => Ok(()),
            Some((_, line)) => Err(Withheld::Domain(*line)),
            None if is_confirmed => Ok(()),
            None => Err(Withheld::OnlyAnEvent),
        }
    }

    /// True if any decision depends on the host.
    pub fn name_hosts(&self) -> bool {
        self.others_skipped.is_some() || self.host_lists().any(|lists| lists.of(Subject::Host).is_some())
    }

    /// True if these rules cannot be applied to a recording whose host is known only by id: they name hosts, and
    /// none of their lists contains this id.
    pub fn need_the_address_of(&self, recording: &Recording) -> bool {
        let id = [recording.host_id.clone()].into_iter().filter(|id| !id.is_empty()).collect::<Vec<_>>();
        self.name_hosts() && !self.host_lists().any(|lists| lists.names(Subject::Host, &id))
    }

    fn host_lists(&self) -> impl Iterator<Item = &super::Lists> {
        let places = self.places.iter().map(|place: &DestinationRule| &place.who);
        [&self.only, &self.skip].into_iter().chain(places)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::listing;
    use crate::rules::read;

    fn rules(text: &str) -> Rules {
        read(text).unwrap()
    }

    #[test]
    fn a_domain_is_matched_as_a_whole_in_any_case_and_writing() {
        let rules = rules("share_with_host = true\nshare_domains = ['Example.org', 'bücher.example']");
        for email in ["ann@example.org", "ann@EXAMPLE.ORG", "b@bücher.example", "b@xn--bcher-kva.example"] {
            assert_eq!(rules.may_share_with(email, false), Ok(()), "{email}");
        }
        for email in [
            "ann@sub.example.org",
            "ann@example.org.evil.net",
            "ann@notexample.org",
            "ann@example.com",
            "ann@ex\u{430}mple.org",
            "ann@org",
        ] {
            let verdict = rules.may_share_with(email, true);
            assert!(
                matches!(verdict, Err(Withheld::Domain(2) | Withheld::NoAddress)),
                "{email}: {verdict:?}"
            );
        }
    }

    #[test]
    fn an_address_that_two_programs_may_read_differently_is_none() {
        for text in ["", "share_domains = ['example.org']"] {
            let rules = rules(&format!("share_with_host = true\n{text}"));
            for email in [
                "",
                "ann",
                "@example.org",
                "ann@",
                "eve@evil.net@example.org",
                "\"eve@evil.net\"@example.org",
                "ann@example.org.",
                "ann@ex%61mple.org",
                "ann@[127.0.0.1]",
                "ann@127.0.0.1",
                "ann@example.org,eve@evil.net",
                "eve@evil.net <ann@example.org>",
                "a\u{0}nn@example.org",
                "ann @example.org",
                "ann@example.org\n",
            ] {
                assert_eq!(rules.may_share_with(email, true), Err(Withheld::NoAddress), "{email:?}");
            }
        }
    }

    #[test]
    fn an_event_alone_opens_nothing_without_a_list() {
        let rules = rules("share_with_host = true");
        assert_eq!(rules.may_share_with("ann@example.org", true), Ok(()));
        assert_eq!(rules.may_share_with("ann@example.org", false), Err(Withheld::OnlyAnEvent));
    }

    #[test]
    fn what_is_no_domain_is_said_with_its_line() {
        for bad in ["'*.example.org'", "'@example.org'", "'org'", "'127.0.0.1'", "7", "''", "'a b.org'"] {
            let faults = read(&format!("share_with_host = true\nshare_domains = [{bad}]")).unwrap_err();
            assert_eq!(faults.len(), 1, "{bad}");
            assert!(faults[0].line == 2 && faults[0].what.contains("example.org"), "{}", faults[0]);
        }
        for bad in ["[]", "'example.org'", "true"] {
            assert_eq!(read(&format!("share_domains = {bad}")).unwrap_err().len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_host_who_is_named_by_id_needs_no_address() {
        let of = |id: &str| listing::read(&json!({"uuid": "u", "host_id": id})).unwrap();
        for text in [
            "[only]\nhosts = ['*@a.org', 'known']",
            "[skip]\nhosts = ['*@a.org', 'known']",
            "[[where]]\nhosts = ['*@a.org', 'known']\nfolder_id = 'abc'",
        ] {
            assert!(rules(text).need_the_address_of(&of("other")), "{text}");
            assert!(!rules(text).need_the_address_of(&of("known")), "{text}");
        }
        assert!(rules("other_hosts = 'skip'").need_the_address_of(&of("other")));
        assert!(!rules("[skip]\ntopics = ['x']\n").need_the_address_of(&of("")));
    }

    #[test]
    fn sharing_may_be_asked_for_in_one_place_only() {
        assert!(!rules("").shares() && rules("share_with_host = true").shares());
        assert!(rules("[[where]]\ntopics = ['x']\nshare_with_host = true").shares());
        assert!(!rules("[[where]]\ntopics = ['x']\nshare_with_host = false").shares());
    }
}
