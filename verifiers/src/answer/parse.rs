//! From normalised text to a tree. Nothing is evaluated here, and depth and size are bounded.

use super::normal::argument;
use super::number::Ratio;

mod atoms;
mod digits;
mod named;

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
        let fraction = next == '.' && self.rest[1..].starts_with(|c: char| c.is_ascii_digit());
        fraction || next.is_ascii_digit() || matches!(next, '(' | '{' | '[')
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
}

/// A plain whole number.
fn is_plain(node: &Node) -> bool {
    matches!(node, Node::Number { value, decimal: false } if value.below == 1)
}

fn with_unit(node: Node, unit: String) -> Node {
    match node {
        Node::Text(first) => Node::Text(format!("{first} {unit}")),
        Node::Unit(value, first) => Node::Unit(value, format!("{first} {unit}")),
        other => Node::Unit(boxed(other), unit),
    }
}
