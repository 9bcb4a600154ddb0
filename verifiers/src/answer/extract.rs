//! Where in a text the final answer stands.

use regex::Regex;
use std::sync::LazyLock;

use super::normal::closing;

/// Only the end of a long text is searched.
const TAIL: usize = 100_000;
/// Of many boxes the last are read.
const MAX_BOXES: usize = 50;
/// At most this much between two boxes that belong together.
const CONNECTOR: usize = 30;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).unwrap_or_else(|error| panic!("{error}")));
    };
}

pattern!(PHRASE, r"(?i)(?:final\s+answer|answer|result)\**\s*(?:is|are|:|=|would\s+be|should\s+be)\s*:?\**\s*");
pattern!(
    NUMBER,
    r"-?(?:\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:[.,/]\d+)?|\.\d+)(?:[eE][-+]?\d{1,3}\b)?\s*(?:\\?%|percent\b|pct\b)?"
);
pattern!(CHOICE, r"\(([A-Ja-j])\)|\b([A-J])\b");
pattern!(
    CHOICE_PHRASE,
    r"(?im)(?:answer|choice|option|choose|pick|select)\**\s*(?:is|:)?\s*:?\**\s*(?:option\s*)?(?:\\boxed\{)?\s*(?:\\text\{)?\s*[\(\[\*]*(?-i:([A-HJ])\b|([a-j])(?:[)\].*}]|$))"
);
pattern!(MATH, r"(?s)\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|\$((?:[^$\\]|\\.)+?)\$");

/// The text after the model's thoughts, and no more of it than is searched.
fn spoken(text: &str) -> &str {
    let text = text.rsplit("</think>").next().unwrap_or(text);
    let mut from = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].trim()
}

/// Contents of the last `\boxed{...}`, with those right before it that belong to the same answer.
pub(super) fn boxes(text: &str) -> Option<String> {
    let text = spoken(text);
    let mut marks: Vec<(usize, &str)> = text.match_indices("\\boxed").chain(text.match_indices("\\fbox")).collect();
    marks.sort_unstable();
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    for &(at, mark) in &marks[marks.len().saturating_sub(MAX_BOXES)..] {
        if found.last().is_some_and(|(_, end, _)| at < *end) {
            continue;
        }
        let tail = &text[at + mark.len()..];
        let Some(inner) = tail.trim_start().strip_prefix('{') else { continue };
        let start = text.len() - inner.len();
        let Some(end) = closing(inner) else {
            // cut off or never closed: to the end of the line
            let line = inner.lines().next().unwrap_or(inner);
            found.push((at, start + line.len(), line.trim_end_matches(['$', '.', ' '])));
            continue;
        };
        found.push((at, start + end + 1, &inner[..end]));
    }
    let mut answer = vec![found.last()?.2.trim()];
    for pair in found.windows(2).rev() {
        if pair[0].2.trim() == pair[1].2.trim() || !connects(&text[pair[0].1..pair[1].0]) {
            break;
        }
        answer.push(pair[0].2.trim());
    }
    answer.reverse();
    Some(answer.join(", "))
}

/// Whether two boxes are parts of one answer: a comma, "and", "or" between them.
fn connects(between: &str) -> bool {
    if between.len() > CONNECTOR || between.contains("\n\n") || between.contains(". ") {
        return false;
    }
    let words = |word: &str| between.split(|c: char| !c.is_alphabetic()).any(|w| w.eq_ignore_ascii_case(word));
    let bare = !between.chars().any(char::is_alphanumeric);
    let touching = between.trim().is_empty() && !between.contains('\n');
    bare && (between.contains([',', ';', '+']) || touching) || words("and") || words("or")
}

/// What stands after the last `####`.
pub(super) fn hashes(text: &str) -> Option<String> {
    let (_, tail) = spoken(text).rsplit_once("####")?;
    let line = tail.trim_start().lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The last number, with its sign and percent.
pub(crate) fn last_number(text: &str) -> Option<String> {
    let text = spoken(text);
    NUMBER
        .find_iter(text)
        .filter(|found| {
            // part of a word or a name
            let before = &text[..found.start()];
            let difference = found.as_str().starts_with('-') && before.ends_with(|c: char| c.is_alphanumeric());
            !difference && !before.ends_with(|c: char| c.is_alphabetic() || c == '_')
        })
        .last()
        .map(|found| found.as_str().trim().to_owned())
}

/// The chosen letter, in upper case.
pub(super) fn choice(text: &str) -> Option<String> {
    let spoken = spoken(text);
    if let Some(inner) = boxes(spoken)
        && let Some(letter) = single_letter(&inner)
    {
        return Some(letter);
    }
    if let Some(found) = CHOICE_PHRASE.captures_iter(spoken).last() {
        return found.get(1).or(found.get(2)).map(|m| m.as_str().to_uppercase());
    }
    if let Some(letter) = single_letter(spoken.lines().next().unwrap_or_default()) {
        return Some(letter);
    }
    let last = CHOICE
        .captures_iter(spoken)
        .filter(|c| c.get(1).is_some() || c.get(2).is_some_and(|m| m.as_str() != "I"))
        .last()?;
    last.get(1).or(last.get(2)).map(|m| m.as_str().to_uppercase())
}

/// "A", "(b)", "C.", "D) because ..."
fn single_letter(text: &str) -> Option<String> {
    let plain = text.replace("\\text", "").replace("\\textbf", "").replace("\\mathrm", "");
    let plain = plain.trim_start_matches(['(', '{', '*', '[', ' ', '$']);
    let mut characters = plain.chars();
    let letter = characters.next().filter(|c| c.is_ascii_alphabetic() && c.to_ascii_uppercase() <= 'J')?;
    let marked = matches!(characters.next(), None | Some(')' | '.' | ':' | '}' | '*' | ']' | '$'));
    marked.then(|| letter.to_ascii_uppercase().to_string())
}

/// A field of the last JSON object in the text; dots go deeper.
pub(crate) fn json_field(text: &str, field: &str) -> Option<String> {
    let text = spoken(text);
    let starts: Vec<usize> = text.match_indices('{').map(|(at, _)| at).collect();
    for &start in starts.iter().rev().take(200) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<serde_json::Value>();
        let Some(Ok(value)) = values.next() else { continue };
        let mut found = Some(&value);
        for part in field.split('.') {
            found = found.and_then(|v| v.get(part));
        }
        if let Some(found) = found {
            return Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned));
        }
    }
    None
}

/// The last match: its first group, or all of it.
pub(crate) fn by_pattern(text: &str, pattern: &Regex) -> Option<String> {
    let found = pattern.captures_iter(spoken(text)).last()?;
    found.get(1).or(found.get(0)).map(|m| m.as_str().trim().to_owned())
}

/// The final answer by the first that is there: boxes, `####`, a sentence that names it, the whole of a short text, the last formula
/// or number.
pub(super) fn automatic(text: &str) -> Option<String> {
    let spoken = spoken(text);
    let phrase = PHRASE.find_iter(spoken).last();
    let last_box = spoken.rfind("\\boxed").unwrap_or_default();
    // boxes around intermediate results, then a sentence
    let said_last =
        phrase.is_some_and(|found| found.start() > last_box && found.as_str().to_lowercase().starts_with("final"));
    if !said_last && let Some(answer) = boxes(spoken).or_else(|| hashes(spoken)) {
        return Some(answer);
    }
    if let Some(phrase) = phrase {
        let sentence = sentence(&spoken[phrase.end()..]);
        if !sentence.is_empty() {
            if !is_prose(sentence) {
                return Some(sentence.to_owned());
            }
            if let Some(answer) = last_in(sentence) {
                return Some(answer);
            }
        }
    }
    if let Some(answer) = boxes(spoken) {
        return Some(answer);
    }
    if spoken.len() <= 200 && !spoken.contains("\n\n") && !is_prose(spoken) {
        return (!spoken.is_empty()).then(|| spoken.to_owned());
    }
    last_in(spoken)
}

/// The last formula or, if it stands behind, the last number.
fn last_in(text: &str) -> Option<String> {
    let formula = mathematics(text);
    let behind = formula.as_ref().map_or(0, |(_, end)| *end);
    last_number(&text[behind..]).or(formula.map(|(answer, _)| answer)).or_else(|| last_number(text))
}

/// Whether there are words around the mathematics, other than units.
fn is_prose(text: &str) -> bool {
    const MEASURES: [&str; 12] =
        ["and", "or", "percent", "percentage", "pct", "sin", "cos", "tan", "log", "sqrt", "infinity", "boxed"];
    let first = text.find(|c: char| c.is_ascii_digit() || c == '$' || c == '\\').unwrap_or(text.len());
    let formula = first < text.len();
    let (mut rest, mut words, mut leading) = (text, 0, false);
    while let Some(c) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("\\text{").or_else(|| rest.strip_prefix("\\mbox{")) {
            rest = closing(inner).map_or("", |end| &inner[end..]);
        } else if let Some(name) = rest.strip_prefix('\\') {
            rest = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if rest.len() == name.len() {
                rest = &name[name.chars().next().map_or(0, char::len_utf8)..];
            }
        } else if c.is_alphabetic() {
            let word = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
            if word.len() >= 2 && !MEASURES.contains(&word) && word.chars().any(char::is_lowercase) {
                words += 1;
                leading |= word.len() >= 3 && text.len() - rest.len() < first && formula;
            }
            rest = &rest[word.len()..];
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    leading || words >= 3 && formula
}

/// Up to the end of the line or of the sentence.
fn sentence(text: &str) -> &str {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut depth = 0_i32;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '$' => depth ^= 1,
            '.' if depth == 0 && !previous.is_ascii_digit() && line[at + 1..].starts_with([' ', '\n']) => {
                return line[..at].trim();
            }
            '.' if depth == 0 && line[at + 1..].starts_with(' ') => return line[..at].trim(),
            _ => {}
        }
        previous = c;
    }
    line.trim().trim_end_matches(['.', '*'])
}

/// The last formulas that stand together, joined, and where they end.
fn mathematics(text: &str) -> Option<(String, usize)> {
    let mut parts: Vec<(usize, usize, &str)> = Vec::new();
    for found in MATH.captures_iter(text) {
        let (Some(all), Some(inner)) = (found.get(0), (1..=4).find_map(|group| found.get(group))) else { continue };
        let inline = found.get(3).is_some() || found.get(4).is_some();
        if inline && inner.as_str().contains('\n') {
            continue;
        }
        parts.push((all.start(), all.end(), inner.as_str()));
    }
    let (_, end, last) = *parts.last()?;
    let mut answer = vec![last.trim()];
    for pair in parts.windows(2).rev() {
        if !connects(&text[pair[0].1..pair[1].0]) {
            break;
        }
        answer.push(pair[0].2.trim());
    }
    answer.reverse();
    let mut joined = answer.join(", ");
    let after = text[end..].trim_start();
    if ["%", "percent", "pct"].iter().any(|sign| after.starts_with(sign)) {
        joined.push('%');
    }
    Some((joined, end))
}
