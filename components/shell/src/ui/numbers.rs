//! Numbers as people read them, and text that cannot drive a terminal.

use std::fmt::Write as _;
use std::time::Duration;

/// Bytes with a unit: `1.5 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // What would be rounded to 1024.0 is 1.0 of the next unit.
        if value < 1023.95 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// A whole number with commas between thousands: `67,108,864`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A duration to the second, with at most two units: `2 min 5 s`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    // Rounded up: "0 s left" while something is left reads like a lie.
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// `text` with everything made visible that a terminal would obey (control characters) or that would reorder
/// what is shown (bidirectional controls). Line ends and tabs stay if `lines` says so, and become blanks if not.
#[must_use]
pub fn harmless(text: &str, lines: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' if lines => shown.push(c),
            '\n' | '\t' | '\r' => shown.push(' '),
            _ if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                // Writing to a String cannot fail.
                let _written = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit() {
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (67_108_864, "64.0 MiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 67_108_864].map(grouped), ["0", "999", "1,000", "67,108,864"]);
    }

    #[test]
    fn durations_have_two_units() {
        let texts =
            [0, 1, 59_001, 60_000, 125_000, 3_725_000, 90_000_000].map(Duration::from_millis).map(duration);
        assert_eq!(texts, ["0 s", "1 s", "1 min 0 s", "1 min 0 s", "2 min 5 s", "1 h 2 min", "1 d 1 h"]);
    }

    #[test]
    fn a_title_cannot_drive_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\nc\u{202e}d", false), "a\\u{1b}[2Jb  c\\u{202e}d");
        assert_eq!(harmless("line\n\tnext\u{7}", true), "line\n\tnext\\u{7}");
        assert_eq!(harmless("Ünïcode ✓", false), "Ünïcode ✓");
    }
}
