//! Suggests a known key for an unknown one.

/// Most differing letters for a suggestion.
const NEAR: usize = 3;

/// The most similar known key, if it is similar enough.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (strsim::levenshtein(name, key), *key)).min()?;
    Some(near).filter(|(letters, key)| *letters <= NEAR && *letters < key.len()).map(|(_, key)| key)
}
