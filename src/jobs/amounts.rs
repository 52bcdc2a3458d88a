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
    let mib = bytes as f64 / 1_048_576.0;
    format!("{:.0} MiB/s", mib / took.as_secs_f64().max(0.001))
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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
