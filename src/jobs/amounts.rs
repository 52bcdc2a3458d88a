//! Numbers for people: the same in commands, on pages and in messages.

use std::time::Duration;

/// A number of bytes.
pub fn data_size(bytes: u64) -> String {
    // A readable number: the precision beyond 53 bits is not visible.
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes_f / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes_f / 1_048_576.0),
        1_073_741_824..1_099_511_627_776 => format!("{:.2} GiB", bytes_f / 1_073_741_824.0),
        _ => format!("{:.2} TiB", bytes_f / 1_099_511_627_776.0),
    }
}

/// A rate in bytes per second.
pub fn rate(bytes: u64, took: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown without digits after the point")]
    let per_second = bytes as f64 / took.as_secs_f64().max(0.001);
    // A slow one must not look like none.
    if per_second < 1_048_576.0 {
        return format!("{:.0} KiB/s", per_second / 1024.0);
    }
    format!("{:.0} MiB/s", per_second / 1_048_576.0)
}

/// A duration, in its two largest units.
pub fn time(length: Duration) -> String {
    let seconds = length.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        (1, ..) => format!("1 day {hours} h"),
        _ => format!("{days} days {hours} h"),
    }
}

/// A number with thousands separators.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = if first > 0 { vec![&digits[..first]] } else { Vec::new() };
    parts.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    parts.join(",")
}

/// Parts of a unit of a currency: four digits after the point.
const PARTS: u64 = 10_000;

/// Digits after the point of a price.
const PARTS_DIGITS: usize = 4;

/// A price per GB and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Sign or name, as it was written.
    currency: String,
    /// In ten-thousandths of the currency.
    parts: u64,
}

impl Price {
    /// Reads `0.10`, `EUR 0.09` or `£0.08`. Without a currency it is in dollars.
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let (currency, number) = text.split_at(at);
        let (whole, digits) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_currency = currency.chars().count() <= 5 && !currency.contains(['-', '.', ',']);
        if !is_number(whole) || !is_number(digits) || digits.len() > PARTS_DIGITS || !is_currency {
            return None;
        }
        let parts = format!("{digits:0<PARTS_DIGITS$}").parse::<u64>().ok()?;
        let currency = Some(currency.trim()).filter(|currency| !currency.is_empty()).unwrap_or("$");
        let parts = whole.parse::<u64>().ok()?.checked_mul(PARTS)?.checked_add(parts)?;
        Some(Self { currency: currency.to_owned(), parts })
    }

    /// The price of this number of bytes, without cents where they do not matter: `$ 31`, `EUR 0.42`.
    pub fn of(&self, bytes: u64) -> String {
        let cents = u128::from(bytes) * u128::from(self.parts) / 1_000_000_000 / u128::from(PARTS / 100);
        let currency = &self.currency;
        match (cents / 100, cents % 100) {
            (whole @ 0..10, cents) => format!("{currency} {whole}.{cents:02}"),
            (whole, _) => format!("{currency} {}", count(u64::try_from(whole).unwrap_or(u64::MAX))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly_and_told_shortly() {
        let told = |text: &str, bytes| Price::parse(text).map(|price| price.of(bytes));
        assert_eq!(told("0.10", 314_000_000_000).as_deref(), Some("$ 31"));
        assert_eq!(told("EUR 0.09", 5_000_000_000).as_deref(), Some("EUR 0.45"));
        assert_eq!(told("£1", 1_234_000_000_000).as_deref(), Some("£ 1,234"));
        assert_eq!(told("0.0333", u64::MAX).as_deref(), Some("$ 614,276,577"));
        for text in ["", "EUR", "0,10", "-1", "0.12345", "1.", ".5", "1 EUR", "<script>1", "1e3"] {
            assert_eq!(told(text, 1), None, "{text}");
        }
    }

    #[test]
    fn figures_are_short_and_exact_enough() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let times = [0, 59, 60, 3_599, 3_600, 90_000, 200_000];
        let times = times.map(|seconds| time(Duration::from_secs(seconds)));
        assert_eq!(
            times,
            ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "1 day 1 h", "2 days 7 h"]
        );
        let sizes = [0, 1_023, 1_536, 5 << 20, 3 << 29, 9 << 40].map(data_size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "1.50 GiB", "9.00 TiB"]);
        assert_eq!(rate(10 << 20, Duration::from_secs(2)), "5 MiB/s");
        assert_eq!(rate(1 << 20, Duration::from_secs(2)), "512 KiB/s");
    }
}
