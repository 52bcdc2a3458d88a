//! Which known key was meant by one that is not known.

/// A key that differs in at most so many letters is offered as the one that was meant.
const NEAR: usize = 3;

/// The known key that is written most like this one, if one is near enough.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (differing(name, key), *key)).min()?;
    Some(near).filter(|(letters, key)| *letters <= NEAR && *letters < key.len()).map(|(_, key)| key)
}

/// How many letters must be changed, added or taken away to make one of the other.
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
