//! Python in colours: a small lexer that never fails, line by line.

/// What a piece of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Anything else.
    Plain,
    /// A reserved word.
    Keyword,
    /// A string, or a part of one.
    String,
    /// A number.
    Number,
    /// From `#` to the end of the line.
    Comment,
    /// What is being defined, a decorator, a builtin constant.
    Name,
}

/// Pieces of one line, in order; put together they are the line.
pub type Pieces = Vec<(Token, String)>;

const KEYWORDS: [&str; 33] = [
    "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with",
];

/// Reads lines one after the other; remembers a string that goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lexer {
    open: Option<&'static str>,
}

impl Lexer {
    /// The pieces of the next line.
    pub fn line(&mut self, line: &str) -> Pieces {
        let mut pieces = Pieces::new();
        let mut rest = line;
        let mut defines = false;
        if let Some(quote) = self.open {
            rest = self.string(rest, 0, quote, &mut pieces);
        }
        while let Some(first) = rest.chars().next() {
            if first == '#' {
                push(&mut pieces, Token::Comment, rest);
                break;
            }
            if let Some((start, quote)) = opening(rest) {
                rest = self.string(rest, start, quote, &mut pieces);
            } else if first.is_alphabetic() || first == '_' || first == '@' {
                let end = rest[first.len_utf8()..]
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .map_or(rest.len(), |i| i + first.len_utf8());
                let word = &rest[..end];
                let token = match word {
                    _ if defines || first == '@' || matches!(word, "None" | "True" | "False" | "self") => Token::Name,
                    word if KEYWORDS.binary_search(&word).is_ok() || word == "yield" => Token::Keyword,
                    _ => Token::Plain,
                };
                defines = matches!(word, "def" | "class");
                push(&mut pieces, token, word);
                rest = &rest[end..];
            } else if first.is_ascii_digit() {
                let end =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(rest.len());
                push(&mut pieces, Token::Number, &rest[..end]);
                rest = &rest[end..];
            } else {
                defines &= first == ' ';
                push(&mut pieces, Token::Plain, &rest[..first.len_utf8()]);
                rest = &rest[first.len_utf8()..];
            }
        }
        pieces
    }

    /// Takes a string whose text starts at `start`, to its end or the line's; returns what is left.
    fn string<'a>(&mut self, text: &'a str, start: usize, quote: &'static str, pieces: &mut Pieces) -> &'a str {
        let mut at = start;
        while let Some(next) = text[at..].find(['\\', quote.as_bytes()[0] as char]).map(|i| at + i) {
            if text[next..].starts_with('\\') {
                at = next + 1 + text[next + 1..].chars().next().map_or(0, char::len_utf8);
            } else if text[next..].starts_with(quote) {
                let end = next + quote.len();
                push(pieces, Token::String, &text[..end]);
                self.open = None;
                return &text[end..];
            } else {
                at = next + 1;
            }
        }
        push(pieces, Token::String, text);
        self.open = (quote.len() == 3).then_some(quote);
        ""
    }
}

/// The place after the opening quote and the quote, where a string starts here (with its prefix letters).
fn opening(text: &str) -> Option<(usize, &'static str)> {
    let letters = text.bytes().take_while(|b| b"rbfuRBFU".contains(b)).count();
    if letters > 2 {
        return None;
    }
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| text[letters..].starts_with(q))?;
    Some((letters + quote.len(), quote))
}

fn push(pieces: &mut Pieces, token: Token, text: &str) {
    match pieces.last_mut() {
        Some((last, joined)) if *last == token => joined.push_str(text),
        _ => pieces.push((token, text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(line: &str) -> Vec<(Token, String)> {
        Lexer::default().line(line).into_iter().filter(|(t, _)| *t != Token::Plain).collect()
    }

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn a_definition() {
        let found = tokens("def add(a, b=1.5):  # sum");
        let expected =
            [(Token::Keyword, "def"), (Token::Name, "add"), (Token::Number, "1.5"), (Token::Comment, "# sum")];
        assert_eq!(found, expected.map(|(t, s)| (t, s.to_owned())));
    }

    #[test]
    fn strings_with_escapes_and_prefixes() {
        assert_eq!(
            tokens(r#"x = rb"a\"b" + 'c'"#),
            [(Token::String, r#"rb"a\"b""#.to_owned()), (Token::String, "'c'".to_owned())]
        );
        assert_eq!(tokens("'open"), [(Token::String, "'open".to_owned())]);
        assert_eq!(tokens("'back\\"), [(Token::String, "'back\\".to_owned())]);
    }

    #[test]
    fn long_strings_go_on() {
        let mut lexer = Lexer::default();
        assert_eq!(lexer.line("\"\"\"doc"), [(Token::String, "\"\"\"doc".to_owned())]);
        assert_eq!(lexer.line("return 1"), [(Token::String, "return 1".to_owned())]);
        let last = lexer.line("end\"\"\" + 1");
        assert_eq!(last[0], (Token::String, "end\"\"\"".to_owned()));
        assert_eq!(lexer.line("return")[0].0, Token::Keyword);
    }

    #[test]
    fn nothing_is_lost() {
        for line in ["", "üñï = '日本' # é", "a'b\"c'''d", "@x.y\t1e5j ~", "\\ '\\", "f'{x!r}'"] {
            let joined: String = Lexer::default().line(line).into_iter().map(|p| p.1).collect();
            assert_eq!(joined, line);
        }
    }
}
