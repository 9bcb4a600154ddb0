//! Text for a terminal: nothing that a completion contains can move the cursor, and numbers are short.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::buffer::CellWidth;

/// One line of foreign text without anything a terminal would act on: control characters become pictures, tabs four
/// spaces, marks that change the direction of writing a dot.
#[must_use]
pub fn sanitise(line: &str) -> Cow<'_, str> {
    if !line.chars().any(is_harmful) {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        match c {
            '\t' => clean.push_str("    "),
            '\u{0}'..='\u{1f}' => clean.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('·')),
            '\u{7f}' => clean.push('\u{2421}'),
            c if is_harmful(c) => clean.push('·'),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Plain ASCII, for terminals that know nothing else.
#[must_use]
pub fn to_ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' '..='~' => c,
            '–' | '—' | '−' | '─' | '┄' | '╌' => '-',
            '│' | '▏' => '|',
            '·' | '•' | '…' => '.',
            '±' => '~',
            '→' | '▸' | '›' => '>',
            '←' => '<',
            '↑' | '▲' => '^',
            '↓' | '▼' => 'v',
            '█' | '▓' | '■' | '●' => '#',
            '’' => '\'',
            '“' | '”' => '"',
            _ => '?',
        })
        .collect()
}

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    usize::from(sanitise(text).cell_width())
}

/// The text cut to `columns`, with an ellipsis where something is lost.
#[must_use]
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    let text = sanitise(text);
    if width(&text) <= columns {
        return text;
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// Words in lines of at most `columns`.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let columns = columns.max(1);
    for word in text.split_whitespace().flat_map(|word| pieces(word, columns)) {
        let last = lines.last().map_or(0, |l| width(l));
        if last > 0 && last + 1 + width(&word) > columns {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

/// A word, broken where it is wider than a line.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in word.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > columns && used > 0 {
            pieces.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}

/// A count with thin groups: `1 234 567`; from ten millions on `12.3 M`.
#[must_use]
pub fn count(value: u64) -> String {
    if value >= 10_000_000 {
        return count_of(value as f64);
    }
    let digits = value.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in three digits: `950`, `12.3 k`, `1.20 M`.
#[must_use]
pub fn count_of(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        v if v >= 1e9 => (value / 1e9, " G"),
        v if v >= 1e6 => (value / 1e6, " M"),
        v if v >= 1e3 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let places = match scaled.abs() {
        v if v >= 100.0 || (unit.is_empty() && (v - v.round()).abs() < 1e-9) => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{scaled:.places$}{unit}")
}

/// A probability in per cent with one decimal; `--` where it is undefined.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "--".to_owned(), |v| format!("{:.1} %", v * 100.0))
}

/// Money; `--` where it is unknown.
#[must_use]
pub fn dollars(value: Option<f64>) -> String {
    match value {
        None => "--".to_owned(),
        Some(v) if v >= 100.0 => format!("${v:.0}"),
        Some(v) if v >= 1.0 || v <= 0.0 => format!("${v:.2}"),
        Some(v) if v >= 0.01 => format!("${v:.4}"),
        Some(v) => format!("${v:.6}"),
    }
}

/// A time span in its two largest units: `2 d 3 h`, `4 min 05 s`.
#[must_use]
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.is_zero() => "0 s".to_owned(),
        0..=9 => format!("{:.1} s", span.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..=86_399 => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// The span between two moments. Unit: ms.
#[must_use]
pub fn span(from_ms: i64, to_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(to_ms - from_ms).unwrap_or(0))
}

/// The time of day, UTC.
#[must_use]
pub fn clock(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds % 3600 / 60, seconds % 60)
}

/// The day and the time of day, UTC: `2026-03-01 09:30`.
#[must_use]
pub fn day(at_ms: i64) -> String {
    let days = at_ms.div_euclid(86_400_000);
    // days since 0000-03-01, in eras of 400 years (Howard Hinnant, "chrono-compatible low-level date algorithms")
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {}", &clock(at_ms)[..5])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_pictures() {
        let hostile = "a\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\tb\r\u{9b}31m\u{202e}x\u{200b}\u{0}";
        let clean = sanitise(hostile);
        assert!(clean.chars().all(|c| !is_harmful(c)), "{clean:?}");
        assert_eq!(clean, "a␛[2J␛]52;c;aGk=␇    b␍·31m·x·␀");
        assert!(matches!(sanitise("def f(): pass # ü 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn clipping_counts_columns() {
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("abcd", 3), "ab…");
        assert_eq!(clip("abcd", 0), "");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(count(12), "12");
        assert_eq!(count(123_456_789), "123 M");
        assert_eq!(count_of(1234.0), "1.23 k");
        assert_eq!(percent(Some(0.7123)), "71.2 %");
        assert_eq!(percent(None), "--");
        assert_eq!(duration(Duration::from_secs(3725)), "1 h 02 min");
        assert_eq!(duration(Duration::from_secs(65)), "1 min 05 s");
        assert_eq!(clock(1_000 * 3_661), "01:01:01");
        assert_eq!(day(1_772_357_400_000), "2026-03-01 09:30");
        assert_eq!(day(0), "1970-01-01 00:00");
    }

    #[test]
    fn words_wrap() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a /very/long/path b", 6), ["a", "/very/", "long/p", "ath b"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
