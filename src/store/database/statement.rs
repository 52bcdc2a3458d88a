//! The values of a statement, and how they are bound.

use std::time::Duration;

use sqlx::query::Query;
use sqlx::{Encode, SqlSafeStr, Type};

/// A value of a statement.
#[derive(Debug, Clone)]
pub(in crate::store) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    /// Both databases store flags as 0 and 1.
    fn from(flag: bool) -> Self {
        Self::Integer(Some(i64::from(flag)))
    }
}

impl From<Duration> for Value {
    /// Milliseconds.
    fn from(duration: Duration) -> Self {
        // At most a quarter of the range, so that it can be added to a point in time.
        Self::Integer(Some(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(Some(text))
    }
}

impl From<Option<String>> for Value {
    /// PostgreSQL accepts no text with a NUL, and an event must not be refused because of one in a name.
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(|text| if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The values of a statement, in the order of its `$1`, `$2`, ...
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::database::Value::from($value)),*] };
}
pub(in crate::store) use values;

pub(super) fn bound<'q, DB>(text: impl SqlSafeStr, values: Vec<Value>) -> Query<'q, DB, DB::Arguments>
where
    DB: sqlx::Database,
    Option<i64>: Encode<'q, DB> + Type<DB> + 'q,
    Option<String>: Encode<'q, DB> + Type<DB> + 'q,
    Vec<u8>: Encode<'q, DB> + Type<DB> + 'q,
{
    values.into_iter().fold(sqlx::query(text), |query, value| match value {
        Value::Integer(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_can_be_added_to_a_point_in_time() {
        let Value::Integer(Some(longest)) = Value::from(Duration::MAX) else { panic!() };
        assert!(longest.checked_add(i64::MAX / 2).is_some());
    }
}
