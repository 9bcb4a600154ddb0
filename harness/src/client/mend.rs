//! JSON that other programs wrote with less care than the format asks for.

use serde::de::DeserializeOwned;

/// Reads one JSON line of another program. Surrogates without their other half, which Python writes into JSON as they are,
/// become the replacement character.
///
/// # Errors
/// What is wrong with it, without the place.
pub(crate) fn parse_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, serde_json::Error> {
    let error = match serde_json::from_slice(line) {
        Ok(record) => return Ok(record),
        Err(error) => error,
    };
    let text = std::str::from_utf8(line)
        .map_err(|e| serde::de::Error::custom(format_args!("not UTF-8 at byte {} of the line", e.valid_up_to() + 1)));
    // what mending does not help is told as it was
    serde_json::from_str(&mended(text?)).map_err(|mended| if mended.is_data() { mended } else { error })
}

fn mended(text: &str) -> String {
    let escape = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('\\').map(|found| at + found) {
        out.push_str(&text[at..found]);
        let (length, shown) = match (escape(found), escape(found + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (12, None),
            (Some(0xd800..0xe000), _) => (6, Some("\\ufffd")),
            (Some(_), _) => (6, None),
            (None, _) => (1 + text[found + 1..].chars().next().map_or(0, char::len_utf8), None),
        };
        out.push_str(shown.unwrap_or(&text[found..found + length]));
        at = found + length;
    }
    out.push_str(&text[at..]);
    out
}

/// Reads an answer that is paid for: what is no text in it becomes the replacement character, a byte order mark is passed over.
///
/// # Errors
/// What is wrong with the answer as it came.
pub(crate) fn parse_paid<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|error| {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_str(&mended(&String::from_utf8_lossy(bytes))).map_err(|_unmended| error)
    })
}

/// A count of tokens; anything but a whole number that fits is unknown.
pub(crate) fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let value: Option<serde_json::Value> = serde::Deserialize::deserialize(deserializer)?;
    Ok(value.and_then(|value| {
        let whole = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0)?;
        // checked above to be whole and not negative; what is too large is cut off and found out by the comparison
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with what it came from")]
        let count = whole as u32;
        (f64::from(count) - whole).abs().lt(&0.5).then_some(count)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_for_is_read_if_it_can_be() {
        for bytes in [&b"\xef\xbb\xbf[\"a\"]"[..], b"[\"a\"]"] {
            assert_eq!(parse_paid::<Vec<String>>(bytes).unwrap(), ["a"]);
        }
        assert_eq!(parse_paid::<Vec<String>>(b"[\"\xe9 \\ud83d\"]").unwrap(), ["\u{fffd} \u{fffd}"]);
        assert!(parse_paid::<Vec<String>>(b"[\"a").is_err());
    }

    #[test]
    fn only_whole_numbers_count_tokens() {
        let read = |text: &str| count(&mut serde_json::Deserializer::from_str(text)).unwrap();
        assert_eq!([read("10"), read("10.0"), read("0"), read("null")], [Some(10), Some(10), Some(0), None]);
        assert_eq!([read("-5"), read("1.5"), read("1e12"), read("\"7\"")], [None; 4]);
    }
}
