//! Single things: digits, brackets, bars.

use super::{MAX_DEPTH, Node, Parsed, Parser};
use crate::answer::number::Ratio;

impl Parser<'_> {
    /// One digit, letter, macro or group: how `\frac` and `\sqrt` take what follows.
    pub(super) fn short_argument(&mut self) -> Parsed {
        let next = self.peek()?;
        if next == '{' {
            return self.group();
        }
        if next.is_ascii_digit() {
            self.rest = &self.rest[1..];
            return Some(Node::Number { value: Ratio::whole(i128::from(next.to_digit(10)?)), decimal: false });
        }
        self.atom()
    }

    pub(super) fn atom(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let node = self.atom_within();
        self.depth -= 1;
        node
    }

    fn atom_within(&mut self) -> Parsed {
        let next = self.peek()?;
        match next {
            '0'..='9' | '.' => self.number(),
            '(' | '[' => self.bracketed(next),
            '{' => {
                let node = self.group()?;
                // braces around a list are a set, also without backslashes
                Some(node)
            }
            '|' => {
                let inner = &self.rest[1..];
                let end = inner.find('|')?;
                self.rest = &inner[end + 1..];
                let node = self.nested(&inner[..end])?;
                Some(Node::Function { name: "abs".to_owned(), arguments: vec![node] })
            }
            '\\' => self.macro_atom(),
            c if c.is_alphabetic() => self.letters(),
            _ => None,
        }
    }

    pub(super) fn bracketed(&mut self, open: char) -> Parsed {
        let mut depth = 0_i32;
        let mut end = None;
        for (at, c) in self.rest.char_indices() {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    depth -= 1;
                    if depth == 0 {
                        end = Some((at, c));
                        break;
                    }
                }
                _ => {}
            }
        }
        let (end, close) = end?;
        let inner = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        if self.depth + 1 > MAX_DEPTH {
            return None;
        }
        let mut parser = Parser { rest: inner, depth: self.depth + 1 };
        let mut items = parser.commas()?;
        while parser.take(";") {
            items.extend(parser.commas()?);
        }
        if !parser.rest.trim().is_empty() {
            return None;
        }
        if items.len() == 1 && (open == '(' && close == ')' || matches!(items[0], Node::Matrix(_))) {
            return items.pop();
        }
        Some(Node::Bracketed { open, close, items })
    }
}
