//! Which known key was meant by one that is not known.

/// A key that differs in at most this many letters is offered as the one that was meant.
const NEAR: usize = 3;

/// The known key that is written most like this one, if one is near enough.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (strsim::levenshtein(name, key), *key)).min()?;
    Some(near).filter(|(letters, key)| *letters <= NEAR && *letters < key.len()).map(|(_, key)| key)
}
