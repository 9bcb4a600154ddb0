//! From normalised text to a tree. Nothing is evaluated here, and depth and size are bounded.

use super::normal::{argument, closing};
use super::number::Ratio;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 40;

/// A mathematical text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A number; `decimal` where it was written with a point.
    Number {
        value: Ratio,
        decimal: bool,
    },
    /// A number too long for a fraction: its digits without leading zeros.
    Digits(String),
    /// A number with a base as its index: 204_5.
    Based {
        digits: String,
        base: u32,
    },
    /// A letter, a named constant or an indexed letter.
    Symbol(String),
    /// Words.
    Text(String),
    Neg(Box<Node>),
    Add(Box<Node>, Box<Node>),
    Mul(Box<Node>, Box<Node>),
    Div(Box<Node>, Box<Node>),
    Pow(Box<Node>, Box<Node>),
    PlusMinus(Box<Node>, Box<Node>),
    Percent(Box<Node>),
    Degree(Box<Node>),
    Factorial(Box<Node>),
    Function {
        name: String,
        arguments: Vec<Node>,
    },
    /// Items in brackets: tuples, intervals.
    Bracketed {
        open: char,
        close: char,
        items: Vec<Node>,
    },
    /// A set in braces.
    Set(Vec<Node>),
    /// Items that stand side by side.
    List(Vec<Node>),
    Matrix(Vec<Vec<Node>>),
    /// `items[0] operators[0] items[1] ...`; operators are `=`, `<`, `<=`, `!=`, `in`, ...
    Relation {
        items: Vec<Node>,
        operators: Vec<&'static str>,
    },
    Union(Vec<Node>),
    /// A value with its unit.
    Unit(Box<Node>, String),
}

const FUNCTIONS: [&str; 22] = [
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "lg",
    "exp", "min", "max", "gcd", "lcm", "sqrt", "pi",
];

const UNITS: [&str; 28] = [
    "cm", "mm", "km", "kg", "mg", "ml", "ft", "mi", "in", "sq", "mph", "yd", "lb", "lbs", "oz", "hr", "hrs", "min",
    "sec", "am", "pm", "pct", "AM", "PM", "kWh", "mL", "Hz", "cents",
];

pub(super) struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

/// Reads a whole normalised text; `None` where it is no mathematics that is known here.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut parser = Parser { rest: text.trim().trim_end_matches(['.', ',', ';']), depth: 0 };
    let node = parser.list()?;
    parser.rest.trim().is_empty().then_some(node)
}

type Parsed = Option<Node>;

fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

impl<'t> Parser<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        // a macro's name must end there
        if token.starts_with('\\')
            && token.ends_with(|c: char| c.is_ascii_alphabetic())
            && rest.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return false;
        }
        self.rest = rest;
        true
    }

    fn peek(&mut self) -> Option<char> {
        self.space();
        self.rest.chars().next()
    }

    fn word(&mut self, words: &[&str]) -> bool {
        self.space();
        for word in words {
            if let Some(rest) = self.rest.strip_prefix(word)
                && !rest.starts_with(|c: char| c.is_alphanumeric())
            {
                self.rest = rest;
                return true;
            }
            if let Some(rest) =
                self.rest.strip_prefix("\\text{").and_then(|r| r.strip_prefix(word)).and_then(|r| r.strip_prefix('}'))
            {
                self.rest = rest;
                return true;
            }
        }
        false
    }

    /// `;` binds less than `,`; both less than relations.
    fn list(&mut self) -> Parsed {
        let mut groups = vec![self.commas()?];
        while self.take(";") {
            if self.peek().is_none() {
                break;
            }
            groups.push(self.commas()?);
        }
        if groups.len() == 1 {
            return groups.pop().map(|mut items| if items.len() == 1 { items.remove(0) } else { Node::List(items) });
        }
        let items = groups.into_iter().map(|mut items| {
            if items.len() == 1 { items.remove(0) } else { Node::Bracketed { open: '(', close: ')', items } }
        });
        Some(Node::List(items.collect()))
    }

    fn commas(&mut self) -> Option<Vec<Node>> {
        let mut items = vec![self.relation()?];
        loop {
            let comma = self.take(",");
            let word = self.word(&["and", "or", "en"]);
            if !(comma || word) || matches!(self.peek(), None | Some(';')) {
                return Some(items);
            }
            items.push(self.relation()?);
        }
    }

    fn relation(&mut self) -> Parsed {
        let mut items = vec![self.union()?];
        let mut operators = Vec::new();
        while let Some(operator) = self.operator() {
            operators.push(operator);
            items.push(self.union()?);
        }
        if operators.is_empty() { items.pop() } else { Some(Node::Relation { items, operators }) }
    }

    fn operator(&mut self) -> Option<&'static str> {
        const OPERATORS: [(&str, &str); 16] = [
            ("\\le", "<="),
            ("\\ge", ">="),
            ("\\ne", "!="),
            ("\\in", "in"),
            ("\\approx", "~"),
            ("\\equiv", "=="),
            ("\\sim", "~"),
            ("<=", "<="),
            (">=", ">="),
            ("!=", "!="),
            ("==", "="),
            ("=", "="),
            ("<", "<"),
            (">", ">"),
            ("\\to", "to"),
            ("\\cong", "~"),
        ];
        OPERATORS.iter().find(|(token, _)| self.take(token)).map(|(_, name)| *name)
    }

    fn union(&mut self) -> Parsed {
        let mut items = vec![self.sum()?];
        while self.take("\\cup") {
            items.push(self.sum()?);
        }
        if items.len() == 1 { items.pop() } else { Some(Node::Union(items)) }
    }

    fn sum(&mut self) -> Parsed {
        let mut node = if self.take("\\pm") {
            let right = self.term()?;
            Node::PlusMinus(boxed(Node::Number { value: Ratio::whole(0), decimal: false }), boxed(right))
        } else {
            self.term()?
        };
        loop {
            if self.take("+") {
                node = Node::Add(boxed(node), boxed(self.term()?));
            } else if self.take("-") {
                let right = self.term()?;
                node = Node::Add(boxed(node), boxed(Node::Neg(boxed(right))));
            } else if self.take("\\pm") {
                node = Node::PlusMinus(boxed(node), boxed(self.term()?));
            } else {
                return Some(node);
            }
        }
    }

    fn term(&mut self) -> Parsed {
        let mut node = self.signed()?;
        loop {
            if self.take("*") {
                node = Node::Mul(boxed(node), boxed(self.signed()?));
            } else if self.rest.trim_start().starts_with("//") {
                return None;
            } else if self.take("/") || self.take(":") {
                node = Node::Div(boxed(node), boxed(self.signed()?));
            } else if self.starts_factor() {
                let mixed = matches!(&node, Node::Number { value, decimal: false } if value.below == 1);
                let right = self.power()?;
                node = match right {
                    Node::Div(above, below) if mixed && is_plain(&above) && is_plain(&below) => {
                        Node::Add(boxed(node), Box::new(Node::Div(above, below)))
                    }
                    // "1 1/2"
                    right @ Node::Number { .. } if mixed && is_plain(&right) && self.rest.starts_with('/') => {
                        self.take("/");
                        let below = self.power()?;
                        Node::Add(boxed(node), boxed(Node::Div(boxed(right), boxed(below))))
                    }
                    Node::Number { .. } if matches!(node, Node::Number { .. }) => return None,
                    Node::Text(unit) => with_unit(node, unit),
                    Node::Pow(base, _) if matches!(*base, Node::Text(_)) => {
                        let Node::Text(unit) = *base else { return None };
                        with_unit(node, unit)
                    }
                    right => Node::Mul(boxed(node), boxed(right)),
                };
            } else {
                return Some(node);
            }
        }
    }

    /// Whether what follows is multiplied without a sign.
    fn starts_factor(&mut self) -> bool {
        let Some(next) = self.peek() else { return false };
        if self.rest.starts_with('\\') {
            const STOPS: [&str; 18] = [
                "\\le ",
                "\\ge ",
                "\\ne ",
                "\\in ",
                "\\approx",
                "\\cup",
                "\\cap",
                "\\pm",
                "\\}",
                "\\equiv",
                "\\to ",
                "\\sim",
                "\\|",
                "\\end",
                "\\\\",
                "\\text{and}",
                "\\text{or}",
                "\\cong",
            ];
            return !STOPS.iter().any(|stop| self.rest.starts_with(stop));
        }
        if next.is_alphabetic() {
            let word: &str = &self.rest[..self.rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.rest.len())];
            return !matches!(word, "and" | "or");
        }
        next.is_ascii_digit()
            || matches!(next, '(' | '{' | '[' | '.')
                && !(next == '.' && !self.rest[1..].starts_with(|c: char| c.is_ascii_digit()))
    }

    fn signed(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let node = if self.take("-") {
            let inner = self.signed()?;
            Some(Node::Neg(boxed(inner)))
        } else if self.take("+") {
            self.signed()
        } else {
            self.power()
        };
        self.depth -= 1;
        node
    }

    fn power(&mut self) -> Parsed {
        let mut node = self.postfix()?;
        while self.take("^") {
            node = if self.take("\\degree")
                || self.rest.starts_with("{\\degree }")
                || self.rest.starts_with("{\\degree  }")
            {
                if self.rest.starts_with('{') {
                    let (_, rest) = argument(self.rest);
                    self.rest = rest;
                }
                Node::Degree(boxed(node))
            } else if self.take("{\\prime }") || self.take("\\prime") {
                node
            } else {
                let exponent = self.script()?;
                Node::Pow(boxed(node), boxed(exponent))
            };
            node = self.suffix(node);
        }
        Some(node)
    }

    /// What stands after `^`: a group, a sign with a factor, or one thing.
    fn script(&mut self) -> Parsed {
        self.space();
        if self.rest.starts_with('{') { self.group() } else { self.signed_script() }
    }

    fn signed_script(&mut self) -> Parsed {
        if self.take("-") {
            return self.signed_script().map(|node| Node::Neg(boxed(node)));
        }
        if self.peek()?.is_ascii_digit() { self.number() } else { self.atom() }
    }

    fn group(&mut self) -> Parsed {
        let (inner, rest) = argument(self.rest);
        self.rest = rest;
        self.nested(inner)
    }

    fn nested(&mut self, inner: &'t str) -> Parsed {
        if self.depth + 1 > MAX_DEPTH {
            return None;
        }
        let mut parser = Parser { rest: inner, depth: self.depth + 1 };
        let node = parser.list()?;
        parser.rest.trim().is_empty().then_some(node)
    }

    fn postfix(&mut self) -> Parsed {
        let node = self.atom()?;
        Some(self.suffix(node))
    }

    fn suffix(&mut self, mut node: Node) -> Node {
        loop {
            if self.rest.starts_with('!') && !self.rest.starts_with("!=") {
                self.rest = &self.rest[1..];
                node = Node::Factorial(boxed(node));
            } else if self.take("%") || self.word(&["percent", "pct", "percentage"]) {
                node = Node::Percent(boxed(node));
            } else if self.take("\\degree")
                || (matches!(node, Node::Number { .. }) && self.word(&["degrees", "degree"]))
            {
                node = Node::Degree(boxed(node));
            } else if self.rest.starts_with('\'') {
                self.rest = &self.rest[1..];
            } else {
                return node;
            }
        }
    }

    /// One digit, letter, macro or group: how `\frac` and `\sqrt` take what follows.
    fn short_argument(&mut self) -> Parsed {
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

    fn atom(&mut self) -> Parsed {
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

    fn bracketed(&mut self, open: char) -> Parsed {
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

    fn number(&mut self) -> Parsed {
        self.space();
        let mut digits = String::new();
        let bytes = self.rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut at = 0;
        while digit(at) {
            at += 1;
        }
        digits.push_str(&self.rest[..at]);
        // thousands: groups of exactly three after one to three digits, by a comma or a space
        if (1..=3).contains(&at) && !self.rest.starts_with('0') {
            let separator = bytes.get(at).copied();
            if matches!(separator, Some(b',' | b' ')) {
                while bytes.get(at).copied() == separator && (1..=3).all(|k| digit(at + k)) && !digit(at + 4) {
                    digits.push_str(&self.rest[at + 1..at + 4]);
                    at += 4;
                }
            }
        }
        let mut places = 0_u32;
        let mut repeated = None;
        if bytes.get(at) == Some(&b'.') && (digit(at + 1) || self.rest[at + 1..].starts_with("\\overline") || at > 0) {
            at += 1;
            let start = at;
            while digit(at) {
                at += 1;
            }
            digits.push_str(&self.rest[start..at]);
            places = u32::try_from(at - start).ok()?;
            if let Some(tail) = self.rest[at..].strip_prefix("\\overline") {
                let (inner, rest) = argument(tail);
                if inner.is_empty() || !inner.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                repeated = Some(inner.to_owned());
                at = self.rest.len() - rest.len();
            }
        }
        if digits.is_empty() && repeated.is_none() {
            return None;
        }
        let mut exponent = 0_i32;
        let tail = &self.rest[at..];
        if let Some(power) = tail.strip_prefix(['e', 'E']) {
            let signs = usize::from(power.starts_with(['+', '-']));
            let length = power[signs..].bytes().take_while(u8::is_ascii_digit).count();
            if (1..=3).contains(&length) && !power[signs + length..].starts_with(|c: char| c.is_alphabetic()) {
                exponent = power[..signs + length].trim_start_matches('+').parse().ok()?;
                at += 1 + signs + length;
            }
        }
        self.rest = &self.rest[at..];
        let decimal = places > 0 && repeated.is_none();
        if places == 0
            && repeated.is_none()
            && exponent == 0
            && let Some(tail) = self.rest.strip_prefix('_')
        {
            let (inner, rest) = argument(tail);
            let base = inner.trim().trim_start_matches("\\text{").trim_end_matches('}').trim().parse::<u32>().ok()?;
            self.rest = rest;
            return Some(Node::Based { digits, base });
        }
        Self::value(&digits, places, repeated.as_deref(), exponent)
            .map(|value| Node::Number { value, decimal })
            .or_else(|| {
                (places == 0 && exponent == 0 && repeated.is_none())
                    .then(|| Node::Digits(digits.trim_start_matches('0').to_owned()))
            })
    }

    fn value(digits: &str, places: u32, repeated: Option<&str>, exponent: i32) -> Option<Ratio> {
        let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let mut value = Ratio::new(whole, 10_i128.checked_pow(places)?)?;
        if let Some(repeated) = repeated {
            let nines = 10_i128.checked_pow(u32::try_from(repeated.len()).ok()?)?.checked_sub(1)?;
            value = value.add(Ratio::new(repeated.parse().ok()?, nines.checked_mul(10_i128.checked_pow(places)?)?)?)?;
        }
        value.mul(Ratio::whole(10).pow(Ratio::whole(i128::from(exponent)))?)
    }

    fn macro_atom(&mut self) -> Parsed {
        if self.take("\\{") {
            let end = matching_set(self.rest)?;
            let inner = &self.rest[..end];
            self.rest = &self.rest[end + 2..];
            if inner.trim().is_empty() {
                return Some(Node::Symbol("emptyset".to_owned()));
            }
            return self.nested(inner).map(|node| match node {
                Node::List(items) => Node::Set(items),
                node => Node::Set(vec![node]),
            });
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

    fn letters(&mut self) -> Parsed {
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

/// A plain whole number.
fn is_plain(node: &Node) -> bool {
    matches!(node, Node::Number { value, decimal: false } if value.below == 1)
}

fn with_unit(node: Node, unit: String) -> Node {
    match node {
        Node::Text(first) => Node::Text(format!("{first} {unit}")),
        Node::Unit(value, first) => Node::Unit(value, format!("{first} {unit}")),
        Node::Mul(..)
        | Node::Number { .. }
        | Node::Div(..)
        | Node::Pow(..)
        | Node::Neg(_)
        | Node::Add(..)
        | Node::Symbol(_)
        | Node::Digits(_)
        | Node::Percent(_)
        | Node::Degree(_) => Node::Unit(boxed(node), unit),
        other => Node::Unit(boxed(other), unit),
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
