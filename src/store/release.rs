//! Checks the release of a database's tables for processes that must not migrate them.

use super::StoreError;

/// The applied migrations, on either database.
pub(super) const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

/// Fails unless exactly the migrations that this program knows were applied.
pub(super) fn check(applied: &[i64], known: &[i64]) -> Result<(), StoreError> {
    let last = |changes: &[i64]| changes.iter().max().copied().unwrap_or(0);
    let (applied_last, known_last) = (last(applied), last(known));
    let is_unknown = |change: &&i64| !known.contains(change);
    if let Some(newer) = applied.iter().find(is_unknown) {
        return Err(StoreError::NewerRelease { applied: *newer.max(&applied_last), known: known_last });
    }
    if known.iter().any(|change| !applied.contains(change)) {
        return Err(StoreError::OlderRelease { applied: applied_last, known: known_last });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_changes_are_the_same_release() {
        assert!(check(&[1, 2, 4], &[1, 2, 4]).is_ok());
        for older in [&[][..], &[1], &[1, 4], &[2, 4]] {
            assert!(matches!(check(older, &[1, 2, 4]), Err(StoreError::OlderRelease { .. })), "{older:?}");
        }
        for newer in [&[1, 2, 4, 5][..], &[1, 2, 3, 4], &[1, 9]] {
            assert!(matches!(check(newer, &[1, 2, 4]), Err(StoreError::NewerRelease { .. })), "{newer:?}");
        }
    }
}
