//! What has a name: macros, functions, letters, words, matrices.

use super::{Node, Parsed, Parser, boxed};
use crate::answer::normal::{argument, closing};
use crate::answer::number::Ratio;

const FUNCTIONS: [&str; 22] = [
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "lg",
    "exp", "min", "max", "gcd", "lcm", "sqrt", "pi",
];

const UNITS: [&str; 28] = [
    "cm", "mm", "km", "kg", "mg", "ml", "ft", "mi", "in", "sq", "mph", "yd", "lb", "lbs", "oz", "hr", "hrs", "min",
    "sec", "am", "pm", "pct", "AM", "PM", "kWh", "mL", "Hz", "cents",
];

impl Parser<'_> {
    /// What stands between `\{` and `\}`.
    fn set(&mut self) -> Parsed {
        let end = matching_set(self.rest)?;
        let inner = &self.rest[..end];
        self.rest = &self.rest[end + 2..];
        if inner.trim().is_empty() {
            return Some(Node::Symbol("emptyset".to_owned()));
        }
        self.nested(inner).map(|node| match node {
            Node::List(items) => Node::Set(items),
            node => Node::Set(vec![node]),
        })
    }

    pub(super) fn macro_atom(&mut self) -> Parsed {
        if self.take("\\{") {
            return self.set();
        }
        if self.take("\\frac") {
            let above = self.short_argument()?;
            let below = self.short_argument()?;
            return Some(Node::Div(boxed(above), boxed(below)));
        }
        if self.take("\\sqrt") {
            self.space();
            let mut degree = Node::Number { value: Ratio::whole(2), decimal: false };
            if let Some(tail) = self.rest.strip_prefix('[') {
                let end = tail.find(']')?;
                self.rest = &tail[end + 1..];
                degree = self.nested(&tail[..end])?;
            }
            let inside = self.short_argument()?;
            let one = Node::Number { value: Ratio::ONE, decimal: false };
            return Some(Node::Pow(boxed(inside), boxed(Node::Div(boxed(one), boxed(degree)))));
        }
        if self.take("\\binom") {
            let arguments = vec![self.short_argument()?, self.short_argument()?];
            return Some(Node::Function { name: "binom".to_owned(), arguments });
        }
        if let Some(tail) = self.rest.strip_prefix("\\text{") {
            let end = closing(tail)?;
            self.rest = &tail[end + 1..];
            return Some(Node::Text(tail[..end].trim().to_owned()));
        }
        for (open, close, name) in [
            ("\\lfloor", "\\rfloor", "floor"),
            ("\\lceil", "\\rceil", "ceil"),
            ("\\|", "\\|", "norm"),
            ("\\langle", "\\rangle", "angle"),
        ] {
            if self.take(open) {
                let end = self.rest.find(close)?;
                let inner = &self.rest[..end];
                self.rest = &self.rest[end + close.len()..];
                let node = self.nested(inner)?;
                return Some(match node {
                    Node::List(items) if name == "angle" => Node::Bracketed { open: '(', close: ')', items },
                    node => Node::Function { name: name.to_owned(), arguments: vec![node] },
                });
            }
        }
        if self.take("\\begin") {
            return self.matrix();
        }
        let tail = self.rest.strip_prefix('\\')?;
        let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let name = &tail[..end];
        if name == "overline"
            || name == "bar"
            || name == "vec"
            || name == "hat"
            || name == "widehat"
            || name == "overrightarrow"
        {
            let (inner, rest) = argument(&tail[end..]);
            self.rest = rest;
            return Some(Node::Symbol(format!("{name} {}", inner.trim())));
        }
        if name == "mathbb" || name == "mathcal" {
            let (inner, rest) = argument(&tail[end..]);
            self.rest = rest;
            let symbol = format!("{name} {}", inner.trim());
            return Some(self.indexed(symbol));
        }
        if FUNCTIONS.contains(&name) && name != "pi" {
            self.rest = &tail[end..];
            return self.function(name);
        }
        let opaque = [
            "sum",
            "prod",
            "int",
            "lim",
            "oint",
            "iint",
            "end",
            "substack",
            "underbrace",
            "overbrace",
            "rfloor",
            "rceil",
        ];
        if end == 0 || opaque.contains(&name) {
            return None;
        }
        self.rest = &tail[end..];
        Some(self.indexed(name.to_owned()))
    }

    fn indexed(&mut self, mut symbol: String) -> Node {
        while let Some(tail) = self.rest.strip_prefix('_') {
            let (inner, rest) = argument(tail);
            self.rest = rest;
            symbol.push('_');
            symbol.extend(inner.chars().filter(|c| !c.is_whitespace()));
        }
        Node::Symbol(symbol)
    }

    fn function(&mut self, name: &str) -> Parsed {
        let mut base = None;
        let mut exponent = None;
        loop {
            if let Some(tail) = self.rest.trim_start().strip_prefix('_') {
                self.rest = tail;
                base = Some(self.short_argument()?);
            } else if self.rest.trim_start().starts_with('^') {
                self.take("^");
                exponent = Some(self.script()?);
            } else {
                break;
            }
        }
        let argument = match self.peek()? {
            '(' => self.bracketed('(')?,
            '{' => self.group()?,
            _ => {
                let negative = self.take("-");
                let mut node = self.power()?;
                while self.starts_factor() && !self.rest.starts_with('(') && !self.starts_function() {
                    node = Node::Mul(boxed(node), boxed(self.power()?));
                }
                if negative { Node::Neg(boxed(node)) } else { node }
            }
        };
        let mut arguments = match argument {
            Node::List(items) | Node::Bracketed { items, .. } => items,
            node => vec![node],
        };
        arguments.extend(base);
        let node = if name == "sqrt" {
            let half = Node::Number { value: Ratio { above: 1, below: 2 }, decimal: false };
            Node::Pow(boxed(arguments.pop()?), boxed(half))
        } else {
            Node::Function { name: name.to_owned(), arguments }
        };
        Some(match exponent {
            Some(power) => Node::Pow(boxed(node), boxed(power)),
            None => node,
        })
    }

    fn starts_function(&self) -> bool {
        let rest = self.rest.strip_prefix('\\').unwrap_or(self.rest);
        FUNCTIONS.iter().any(|name| *name != "pi" && rest.starts_with(name))
    }

    pub(super) fn letters(&mut self) -> Parsed {
        let end = self.rest.find(|c: char| !c.is_alphabetic()).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        if let Some(name) = FUNCTIONS.iter().find(|name| word == **name) {
            self.rest = &self.rest[end..];
            return if *name == "pi" { Some(Node::Symbol("pi".to_owned())) } else { self.function(name) };
        }
        if matches!(word, "infinity" | "inf" | "oo") {
            self.rest = &self.rest[end..];
            return Some(Node::Symbol("infty".to_owned()));
        }
        let vowel = word.contains(['a', 'e', 'i', 'o', 'u', 'y']);
        let plain = word.chars().skip(1).all(char::is_lowercase);
        if UNITS.contains(&word)
            || (word.chars().count() >= 4 && plain && vowel)
            || (word.chars().count() == 3 && plain && vowel && self.rest.len() == end)
        {
            // a word goes to the end of its words
            let mut text = word.to_owned();
            let mut rest = &self.rest[end..];
            while let Some(more) = rest.strip_prefix(' ') {
                let stop = more.find(|c: char| !c.is_alphabetic()).unwrap_or(more.len());
                if stop == 0 || matches!(&more[..stop], "and" | "or") {
                    break;
                }
                text.push(' ');
                text.push_str(&more[..stop]);
                rest = &more[stop..];
            }
            self.rest = rest;
            return Some(Node::Text(text));
        }
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        let symbol = self.indexed(letter.to_string());
        let is_function = matches!(letter, 'f' | 'g' | 'h' | 'F' | 'G' | 'H' | 'P' | 'Q' | 'W' | 'T' | 'p' | 'q');
        if is_function
            && self.rest.starts_with('(')
            && let Node::Symbol(name) = &symbol
        {
            let arguments = match self.bracketed('(')? {
                Node::Bracketed { items, .. } => items,
                node => vec![node],
            };
            return Some(Node::Function { name: name.clone(), arguments });
        }
        Some(symbol)
    }

    fn matrix(&mut self) -> Parsed {
        let (kind, rest) = argument(self.rest);
        if !matches!(kind, "pmatrix" | "bmatrix" | "vmatrix" | "Bmatrix" | "matrix" | "array" | "smallmatrix") {
            return None;
        }
        let rest = if kind == "array" { argument(rest).1 } else { rest };
        let end_mark = format!("\\end {{{kind}}}");
        let (body, tail) = rest.split_once(&end_mark)?;
        self.rest = tail;
        let rows = body.split("\\\\").filter(|row| !row.trim().is_empty());
        let rows: Option<Vec<Vec<Node>>> =
            rows.map(|row| row.split('&').map(|cell| self.nested(cell)).collect()).collect();
        rows.map(Node::Matrix)
    }
}

/// Where `\}` closes a set whose `\{` is before `text`.
fn matching_set(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut at = 0;
    while let Some(next) = text[at..].find('\\') {
        at += next;
        if text[at..].starts_with("\\{") {
            depth += 1;
        } else if text[at..].starts_with("\\}") {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
        at += 2.min(text.len() - at);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    None
}
