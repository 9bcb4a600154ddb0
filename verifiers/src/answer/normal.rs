//! One spelling for what can be written in several ways: LaTeX macros, Unicode signs, spacing.

/// Longer texts are compared as text only.
pub(super) const MAX_LEN: usize = 4000;

/// Macros that only move or size things.
const SILENT: [&str; 30] = [
    "left",
    "right",
    "displaystyle",
    "textstyle",
    "limits",
    "nolimits",
    "big",
    "Big",
    "bigg",
    "Bigg",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "biggl",
    "biggr",
    "hfill",
    "quad",
    "qquad",
    "thinspace",
    "hspace*",
    "mathstrut",
    "strut",
    "phantom",
    "middle",
    "scriptstyle",
    "medspace",
    "rm",
    "bf",
    "it",
];

/// Macros whose backslash is sometimes doubled by an escape too many.
const DOUBLED: [&str; 14] =
    ["frac", "dfrac", "left", "right", "boxed", "text", "sqrt", "le", "ge", "pi", "pm", "infty", "cup", "in "];

/// Macros with one argument that is plain text.
const TEXT: [&str; 9] =
    ["text", "mbox", "textbf", "textit", "textrm", "texttt", "operatorname", "mathop", "textnormal"];

/// Macros with one argument that is mathematics in another font or frame.
const FONT: [&str; 9] = ["mathrm", "mathbf", "mathit", "mathsf", "boldsymbol", "boxed", "fbox", "underline", "bm"];

const CHARACTERS: [(char, &str); 44] = [
    ('−', "-"),
    ('–', "-"),
    ('—', "-"),
    ('×', "*"),
    ('·', "*"),
    ('⋅', "*"),
    ('÷', "/"),
    ('⁄', "/"),
    ('π', "\\pi "),
    ('∞', "\\infty "),
    ('≤', "\\le "),
    ('≥', "\\ge "),
    ('≠', "\\ne "),
    ('∪', "\\cup "),
    ('∩', "\\cap "),
    ('∈', "\\in "),
    ('²', "^2"),
    ('³', "^3"),
    ('⁴', "^4"),
    ('¹', "^1"),
    ('½', " 1/2"),
    ('¼', " 1/4"),
    ('¾', " 3/4"),
    ('⅓', " 1/3"),
    ('⅔', " 2/3"),
    ('√', "\\sqrt "),
    ('±', "\\pm "),
    ('°', "\\degree "),
    ('∅', "\\emptyset "),
    ('θ', "\\theta "),
    ('α', "\\alpha "),
    ('β', "\\beta "),
    ('λ', "\\lambda "),
    ('′', "'"),
    ('’', "'"),
    ('€', ""),
    ('£', ""),
    ('¥', ""),
    ('₹', ""),
    ('\u{a0}', " "),
    ('\u{202f}', " "),
    ('\u{2009}', " "),
    ('…', "\\ldots "),
    ('ℝ', "\\mathbb{R}"),
];

/// The same mathematics in fewer forms; text stands as `\text{...}`.
pub(super) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(word) = ["and", "or"].into_iter().find(|word| rest.starts_with(word))
            && out.ends_with(|c: char| c.is_ascii_digit() || c == ')')
            && rest[word.len()..]
                .starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '-'))
        {
            out.extend([" ", word, " "]);
            rest = &rest[word.len()..];
            continue;
        }
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => macro_name(after, &mut out),
            '$' | '~' | '\n' | '\r' | '\t' => {
                out.push(' ');
                after
            }
            '{' if after.starts_with(",}") => {
                out.push(',');
                let tail = &after[2..];
                tail.trim_start()
            }
            ',' if after.trim_start().starts_with("\\!") => {
                out.push(',');
                after.trim_start()[2..].trim_start()
            }
            '*' if after.starts_with('*') => {
                let stars = after.len() - after.trim_start_matches('*').len();
                out.push_str(if stars == 1 && out.ends_with(|c: char| c.is_alphanumeric() || c == ')' || c == '}') {
                    "^"
                } else {
                    ""
                });
                &after[stars..]
            }
            _ => {
                match CHARACTERS.iter().find(|(from, _)| *from == c) {
                    Some((_, to)) if !c.is_ascii() => out.push_str(to),
                    _ => out.push(c),
                }
                after
            }
        };
    }
    out
}

/// Handles what stands after a backslash; gives what is left.
fn macro_name<'t>(after: &'t str, out: &mut String) -> &'t str {
    let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
    if end == 0 {
        let Some(sign) = after.chars().next() else { return after };
        match sign {
            ',' | ';' | ':' | '!' | ' ' | '>' | '(' | ')' | '[' | ']' | '\n' => out.push(' '),
            '$' => {}
            '%' | '#' | '&' | '_' => out.push(sign),
            // escaped once too often
            '\\' if DOUBLED.iter().any(|name| after[1..].starts_with(name)) => return &after[0..],
            '{' | '}' | '|' | '\\' => {
                out.push('\\');
                out.push(sign);
            }
            other => out.push(other),
        }
        return &after[sign.len_utf8()..];
    }
    let glued = ["qquad", "quad"].into_iter().find(|quad| after.starts_with(quad)).map_or(end, str::len);
    let (name, rest) = after.split_at(glued.min(end));
    if SILENT.contains(&name) {
        out.push(' ');
        // `\left.` is an empty bracket
        return if matches!(name, "left" | "right") { rest.strip_prefix('.').unwrap_or(rest) } else { rest };
    }
    if TEXT.contains(&name) {
        let (inner, rest) = argument(rest);
        let word = inner.replace('$', "");
        let trimmed = word.trim();
        if trimmed.chars().count() == 1 && trimmed.chars().all(char::is_alphabetic) {
            out.extend(["{", trimmed, "}"]);
        } else {
            out.extend(["\\text{", trimmed, "}"]);
        }
        return rest;
    }
    if FONT.contains(&name) {
        let (inner, rest) = argument(rest);
        let plain = normalise(inner);
        let word = plain.trim();
        let is_word = word.chars().count() > 1 && word.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
        if is_word && name.starts_with("math") {
            out.extend(["\\text{", word, "}"]);
        } else {
            out.extend(["{", plain.as_str(), "}"]);
        }
        return rest;
    }
    let name = match name {
        "dfrac" | "tfrac" | "cfrac" => "frac",
        "dbinom" | "tbinom" => "binom",
        "leq" | "leqslant" => "le",
        "geq" | "geqslant" => "ge",
        "neq" => "ne",
        "times" | "cdot" | "ast" => {
            out.push('*');
            return rest;
        }
        "div" => {
            out.push('/');
            return rest;
        }
        "lt" => {
            out.push('<');
            return rest;
        }
        "gt" => {
            out.push('>');
            return rest;
        }
        "lvert" | "rvert" | "vert" | "mid" => {
            out.push('|');
            return rest;
        }
        "lbrace" => {
            out.push_str("\\{");
            return rest;
        }
        "rbrace" => {
            out.push_str("\\}");
            return rest;
        }
        "langle" => "langle",
        "dots" | "cdots" | "dotsc" => "ldots",
        "varnothing" => "emptyset",
        "circ" => "degree",
        "bigcup" => "cup",
        "mp" => "pm",
        "ge" | "le" => name,
        other => other,
    };
    out.push('\\');
    out.push_str(name);
    out.push(' ');
    rest
}

/// A macro's argument: a braced group or one character; and what is left.
pub(super) fn argument(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('{') {
        if let Some(end) = closing(inner) {
            return (&inner[..end], &inner[end + 1..]);
        }
        return (inner, "");
    }
    let end = text.chars().next().map_or(0, char::len_utf8);
    text.split_at(end)
}

/// Where the brace that is open before `text` closes.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Letters, digits and signs only, in lower case: for comparing words.
pub(super) fn squeeze(text: &str) -> String {
    let plain = normalise(text).replace("\\text", "");
    let plain = plain.trim().trim_end_matches(['.', ',', ';', ':', '!']).trim();
    let inner =
        plain.trim_start_matches('{').trim_end_matches('}').strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let plain = inner.filter(|inner| inner.chars().all(char::is_alphabetic)).unwrap_or(plain);
    plain
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | '\\' | '"' | '`'))
        .flat_map(char::to_lowercase)
        .collect()
}
