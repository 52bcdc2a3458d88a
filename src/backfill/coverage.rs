//! What a backfill proves about its days. Pure.

use super::classification::Reason;
use super::scope::Scope;
use super::survey::Survey;
use crate::jobs::{BackfilledDays, Millis};

/// The days that this backfill has looked at as a sweep does: everybody's lists, to their ends, and nothing left out
/// but by the service's rules and by operators. `None` if it proves nothing about whole days. `began_at` is before its
/// first list; `unseen` are the lists that could not be read when the jobs were begun.
pub fn proved(scope: &Scope, survey: &Survey, began_at: Millis, unseen: u64) -> Option<BackfilledDays> {
    let is_everybody = scope.users.is_empty() && scope.skip.is_empty();
    // A recording that Zoom still processes gets no job here.
    let is_processed = !survey.skipped.contains_key(&Reason::Processing);
    let left_out = survey.skipped.iter().filter(|(reason, _)| matches!(reason, Reason::Unwanted(_)));
    (is_everybody && is_processed && survey.unseen == 0 && unseen == 0).then(|| BackfilledDays {
        at: began_at,
        from: scope.days.from,
        to: scope.days.to,
        is_whole: survey.unlisted.is_empty(),
        left_out: left_out.map(|(_, tally)| tally.recordings).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backfill::estimate::Tally;
    use crate::rules::{Glob, Rules};
    use crate::zoom::Days;

    fn scope() -> Scope {
        let day = |text: &str| text.parse().unwrap();
        let days = Days { from: day("2026-01-01"), to: day("2026-01-31") };
        Scope { days, users: Vec::new(), skip: Vec::new(), rules: Rules::default() }
    }

    fn survey_with(reason: Reason) -> Survey {
        let tally = Tally { recordings: 3, ..Tally::default() };
        Survey { skipped: [(reason, tally)].into(), ..Survey::default() }
    }

    #[test]
    fn only_a_whole_account_is_proved() {
        let whole = proved(&scope(), &Survey::default(), 7, 0).unwrap();
        assert_eq!((whole.at, whole.is_whole, whole.left_out), (7, true, 0));
        let some = Scope { users: vec!["ann@example.com".to_owned()], ..scope() };
        assert_eq!(proved(&some, &Survey::default(), 7, 0), None);
        let some = Scope { skip: vec![Glob::new("*stand-up*")], ..scope() };
        assert_eq!(proved(&some, &Survey::default(), 7, 0), None);
        assert_eq!(proved(&scope(), &Survey { unseen: 1, ..Survey::default() }, 7, 0), None);
        assert_eq!(proved(&scope(), &Survey::default(), 7, 1), None);
        assert_eq!(proved(&scope(), &survey_with(Reason::Processing), 7, 0), None);
    }

    #[test]
    fn what_rules_left_out_is_counted_and_rooms_are_not_claimed() {
        let rule = survey_with(Reason::Unwanted("rule 2".to_owned()));
        assert_eq!(proved(&scope(), &rule, 7, 0).unwrap().left_out, 3);
        assert_eq!(proved(&scope(), &survey_with(Reason::Archived), 7, 0).unwrap().left_out, 0);
        let users = Survey { unlisted: "a scope is missing".to_owned(), ..Survey::default() };
        assert!(!proved(&scope(), &users, 7, 0).unwrap().is_whole);
    }
}
