//! Asks many users, some at a time. One user's failure never hides the others.

use futures::{StreamExt, stream};

use super::MeetError;

/// Most users who are asked at once. Google allows 6,000 reads a minute for a project.
pub const AT_ONCE: usize = 8;

/// The answers of the users who could be asked, in the order in which they were named, and the others.
#[derive(Debug)]
pub struct Answers<T> {
    pub answers: Vec<(String, T)>,
    pub failures: Vec<(String, MeetError)>,
}

/// Asks each user. The answers are in the order of the users.
///
/// # Errors
/// A failure that every user would have, such as an API that is off: the others are not asked then.
pub async fn ask_all<T, F>(users: &[String], ask: impl Fn(String) -> F) -> Result<Answers<T>, MeetError>
where
    F: Future<Output = Result<T, MeetError>>,
{
    // Owned: a future that borrows from the list cannot be sent between threads.
    let users: Vec<String> = users.to_vec();
    let asked = users.into_iter().map(|user| {
        let answer = ask(user.clone());
        async move { (user, answer.await) }
    });
    let mut asked = stream::iter(asked).buffered(AT_ONCE);
    let (mut answers, mut failures) = (Vec::new(), Vec::new());
    while let Some((user, answer)) = asked.next().await {
        match answer {
            Ok(answer) => answers.push((user, answer)),
            Err(error) if error.is_about_all() => return Err(error),
            Err(error) => failures.push((user, error)),
        }
    }
    Ok(Answers { answers, failures })
}
