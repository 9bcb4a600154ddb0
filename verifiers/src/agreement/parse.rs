//! Assert lines of a text as calls with what they should give.

use crate::program::outcomes::{Wanted, literal};

/// The assert statements of a text that call the function; lines of one statement are joined. The text may start within the first
/// assert, as a continuation of the prompt "assert".
pub(super) fn asserts(text: &str, function: &str) -> Vec<String> {
    let mut found = Vec::new();
    let call = format!("{function}(");
    for (number, piece) in format!("\n{text}").split("\nassert").enumerate() {
        let mut statement = String::new();
        let (mut depth, mut quote) = (0_i32, None);
        for c in piece.chars() {
            match (quote, c) {
                (None, '\n') if depth <= 0 && !statement.trim().is_empty() => break,
                (None, '\'' | '"') => quote = Some(c),
                (Some(q), c) if c == q => quote = None,
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth -= 1,
                (None, '#') => break,
                _ => {}
            }
            statement.push(if c == '\n' { ' ' } else { c });
        }
        let statement = statement.trim().trim_start_matches("assert ").trim().to_owned();
        if statement.contains(&call) && (number > 0 || statement.starts_with(&call)) {
            found.push(statement);
        }
    }
    found
}

/// `f(1, 2) == 3, "message"`, `3 == f(1, 2)`, `f(1) is None`, `f(1)`, `not f(1)`, with literal arguments.
pub(super) fn parse_assert(statement: &str, function: &str) -> Option<(Vec<crate::value::Value>, Wanted)> {
    let statement = strip_parentheses(top_level(statement, ",").next()?.trim());
    if let Some(inner) = statement.strip_prefix("not ") {
        return Some((call(inner, function)?, Wanted::Truth(false)));
    }
    for operator in ["==", " is "] {
        let sides: Vec<&str> = top_level(statement, operator).collect();
        if let [left, right] = sides[..] {
            let (arguments, value) = match call(left, function) {
                Some(arguments) => (arguments, right),
                None => (call(right, function)?, left),
            };
            let value = literal(strip_parentheses(value.trim()))?;
            return Some((arguments, Wanted::Equal(value)));
        }
    }
    Some((call(statement, function)?, Wanted::Truth(true)))
}

fn strip_parentheses(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if top_level(inner, ",").count() == 1 && balanced(inner) => inner.trim(),
        _ => text,
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn call(text: &str, function: &str) -> Option<Vec<crate::value::Value>> {
    let inner = text.trim().strip_prefix(function)?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    if !balanced(inner) {
        return None;
    }
    match literal(&format!("[{inner}]"))? {
        crate::value::Value::List(arguments) => Some(arguments),
        _ => None,
    }
}

/// Pieces between separators that stand outside of brackets and quotes.
fn top_level<'t>(text: &'t str, separator: &'t str) -> impl Iterator<Item = &'t str> {
    let mut cuts = vec![0];
    let (mut depth, mut quote, mut skip) = (0_i32, None, 0);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if at < skip {
            previous = c;
            continue;
        }
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if c == q && previous != '\\' => quote = None,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 && quote.is_none() && text[at..].starts_with(separator) {
            cuts.push(at);
            skip = at + separator.len();
        }
        previous = c;
    }
    let width = separator.len();
    let ends: Vec<usize> = cuts.iter().skip(1).copied().chain([text.len()]).collect();
    cuts.into_iter()
        .zip(ends)
        .enumerate()
        .map(move |(n, (start, end))| &text[if n == 0 { start } else { start + width }..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asserts_are_found_and_read() {
        let text = " f(1, [2, 3]) == 5\nassert f('a,b', (1,)) == {'k': [1]}, \"why, so\"\nassert not f(0)\nassert f(2)\nassert True == f(-1.5)\n\
                    assert g(1) == 2\nassert f(x) == 1\nassert f(\n    1,\n    2) == 3\nassert f(1) is None # yes\nassert (f(3) == (1, 2))\n\
                    assert f(1) == f(2)";
        let found = asserts(text, "f");
        assert_eq!(found.len(), 10, "{found:#?}");
        let usable: Vec<_> = found.iter().filter_map(|line| parse_assert(line, "f")).collect();
        assert_eq!(usable.len(), 8, "{usable:?}");
        let shown = |n: usize| {
            let arguments: Vec<String> = usable[n].0.iter().map(crate::value::Value::literal).collect();
            (arguments.join(";"), format!("{:?}", usable[n].1))
        };
        assert_eq!(shown(0).0, "1;[2, 3]");
        assert_eq!(shown(1).0, "'a,b';(1,)");
        assert!(shown(2).1.contains("false") && shown(3).1.contains("true"));
        assert_eq!(shown(4).0, "-1.5");
        assert!(matches!(&usable[7].1, Wanted::Equal(value) if value.literal() == "(1, 2)"));
    }
}
