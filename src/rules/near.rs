//! Suggests a known key for an unknown one.

/// Most differing letters for a suggestion.
const NEAR: usize = 3;

/// The most similar known key, if it is similar enough.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (differing(name, key), *key)).min()?;
    Some(near).filter(|(letters, key)| *letters <= NEAR && *letters < key.len()).map(|(_, key)| key)
}

/// The number of letters to change, add or remove to turn one text into the other.
fn differing(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], index + 1);
        for column in 0..other.len() {
            let changed = before + usize::from(other[column] != letter);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
