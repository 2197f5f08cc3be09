//! Small pieces of text: ages, sizes, durations, and text of others made harmless for a terminal.

use schemas::clock::Millis;

/// Replaces control characters except line breaks and tabs: what a device calls itself, or a model says,
/// must not drive the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Returns `text` in one line of at most `width` characters.
pub(crate) fn short(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Returns how long ago `then` was.
pub(crate) fn ago(now: Millis, then: Millis) -> String {
    let seconds = (now - then).max(0) / 1000;
    match seconds {
        0..10 => "just now".into(),
        10..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// Returns a length of time in its two largest units.
pub(crate) fn length(millis: u64) -> String {
    let seconds = millis / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Returns a number of bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

/// Returns a time of day with its date, in the local time zone.
pub(crate) fn moment(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(stamp) => stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(ago(100_000, 98_000), "just now");
        assert_eq!(ago(7_200_000, 0), "2 h ago");
        assert_eq!(length(3_725_000), "1 h 2 min");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(3 * 1024 * 1024 * 1024), "3.0 GiB");
        assert_eq!(short("one\n two  three", 9), "one two …");
        assert_eq!(clean("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\n");
    }
}
