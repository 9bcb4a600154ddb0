//! Signs of Python in lines of text. The interpreter is the only judge of what a program means; these only choose.

/// The name that a line at the margin defines with `def` or `class`.
pub(super) fn definition(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line);
    let rest = rest.strip_prefix("def ").or_else(|| rest.strip_prefix("class "))?.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

/// The name that a line at the margin assigns.
fn assignment(line: &str) -> Option<&str> {
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let assigns = rest.starts_with('=') && !rest.starts_with("==") || rest.starts_with(':') && rest.contains('=');
    (assigns && name.starts_with(|c: char| c.is_alphabetic() || c == '_')).then_some(name)
}

/// Names that an import binds.
fn imported(line: &str) -> Vec<&str> {
    let names = match (line.strip_prefix("from "), line.strip_prefix("import ")) {
        (Some(rest), _) => rest.split_once(" import ").map(|(_, names)| names),
        (_, names) => names,
    };
    let names = names.unwrap_or_default().split(',').filter_map(|part| {
        let name = part.rsplit(" as ").next()?.trim().trim_matches(['(', ')']);
        name.split('.').next().map(str::trim).filter(|name| !name.is_empty())
    });
    names.collect()
}

/// All names that the code's outermost level defines, assigns or imports.
pub(super) fn defined_names(code: &str) -> Vec<&str> {
    let one = |line| definition(line).or_else(|| assignment(line));
    code.lines().flat_map(|line| one(line).map_or_else(|| imported(line), |name| vec![name])).collect()
}

/// Whether the code defines the name, as a function, class or value, or as a method.
pub(super) fn defines(code: &str, name: &str) -> bool {
    code.lines().any(|line| {
        definition(line.trim_start()) == Some(name) || assignment(line) == Some(name) || imported(line).contains(&name)
    })
}

/// Whether the name stands in the code as a word.
pub(super) fn mentions(code: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(inside)
            && !code[at + name.len()..].chars().next().is_some_and(inside)
    })
}

/// A session of the interpreter, not a program.
pub(super) fn is_usage(code: &str) -> bool {
    code.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| {
        let line = line.trim_start();
        line.starts_with(">>>") || line.starts_with("$ ") || line.starts_with("In [")
    })
}

/// Whether the first line with something on it is indented: a function's body.
pub(super) fn opens_body(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with([' ', '\t']))
        && text.lines().any(|line| {
            let line = line.trim_start();
            [
                "return", "yield", "pass", "raise", "for ", "while ", "if ", "try:", "with ", "print(", "def ",
                "import ", "from ",
            ]
            .iter()
            .any(|word| line.starts_with(word))
                || assignment(line).is_some()
        })
}

/// A line at the margin with which code begins.
pub(super) fn opens_code(line: &str) -> bool {
    let line = line.trim_end();
    let import = || {
        let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
        rest.is_some_and(|rest| {
            line.starts_with("from ") == rest.contains(" import ")
                && rest.chars().all(|c| c.is_alphanumeric() || " ._,*()#\\".contains(c))
        })
    };
    let head = || definition(line).is_some() && (line.contains('(') || line.contains(':'));
    import() || head() || line.starts_with('@') && !line.contains(' ') || assignment(line).is_some()
}

/// A line at the margin that may stand in a program that has begun.
pub(super) fn stays_code(line: &str) -> bool {
    let words = [
        "if ", "for ", "while ", "try:", "except", "finally:", "else:", "elif ", "with ", "async ", "print(", "del ",
        "global ",
    ];
    let line = line.trim_end();
    opens_code(line)
        || line.starts_with(['#', ')', ']', '}', '"', '\''])
        || words.iter().any(|word| line.starts_with(word)) && line.ends_with([':', ')', ']'])
        || line.ends_with(')') && line.find('(').is_some_and(|at| at > 0 && !line[..at].contains(' '))
        || line.starts_with("assert ")
}

/// Whether the text is a program or the head of one, not prose.
pub(super) fn is_code(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        opens_code(line)
            || line.starts_with("\"\"\"")
            || line.starts_with("'''")
            || line.starts_with("r\"\"\"")
            || line.starts_with('#') && text.lines().any(opens_code)
    })
}

/// Whether the code only defines things: it may be put in front of other code without doing anything.
pub(super) fn part_of_program(code: &str) -> bool {
    code.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with([' ', '\t']))
        .all(|line| opens_code(line) || line.starts_with(['#', '@', ')', ']', '}', '"', '\'']))
}

/// Words that may stand beside a name in Python.
const KEYWORDS: [&str; 28] = [
    "and", "as", "assert", "async", "await", "case", "class", "def", "del", "elif", "else", "except", "for", "from",
    "global", "if", "import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "raise", "return", "type",
    "while",
];

/// Whether a line at the margin surely is no Python: two words side by side, or an apostrophe inside a word, in front of any text literal.
fn is_prose(line: &str) -> bool {
    let name = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphabetic())
            && !word.is_empty()
            && !KEYWORDS.contains(&word)
            && !["with", "yield", "print"].contains(&word)
    };
    let mut before = "";
    for word in line.split(' ') {
        if let Some((front, _)) = word.split_once(['"', '\'', '#']) {
            // longer than the prefix of a literal
            return word.contains('\'') && front.len() > 2 && name(front);
        }
        let bare = word.trim_end_matches([':', '.', ',', '!', '?']);
        if name(before) && name(bare) {
            return true;
        }
        before = word;
    }
    false
}

/// Whether the text begins or ends with a line of prose, and has Python code at the margin.
pub(super) fn has_prose_around(text: &str) -> bool {
    let head = |line: &str| {
        line.starts_with("def ") && line.contains(':') || line.starts_with("class ") && line.trim_end().ends_with(':')
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
    let literals = ["\"\"\"", "'''"].iter().all(|quotes| text.matches(quotes).count() % 2 == 0);
    let tail = literals && !last.starts_with([' ', '\t']) && !last.ends_with(['"', '\'']) && is_prose(last);
    (is_prose(first) && !first.starts_with([' ', '\t']) || tail) && text.lines().any(head)
}
