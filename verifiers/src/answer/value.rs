//! What a tree stands for: numbers exactly or to rounding, letters by their values at fixed points, collections by their items.

use std::fmt::Write as _;

use super::parse::Node;

mod expression;
mod relation;
mod shape;

use expression::{Expression, proportional};
use relation::relation;
use shape::{matrix, signs};

/// A value that can be compared and named.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A number or an expression with letters.
    Expression(Expression),
    /// Words, or what could not be evaluated.
    Text(String),
    /// Items in order, with their brackets: a tuple, a point, an interval.
    Ordered { open: char, close: char, items: Vec<Value> },
    /// Items in any order: a set.
    Unordered(Vec<Value>),
    /// Several answers side by side: any order, but also a tuple without its brackets.
    Listed(Vec<Value>),
    /// Rows.
    Matrix(Vec<Vec<Value>>),
    /// An equation: its left side, its right side, their difference; the name of the function that its left side is a value of.
    Equation {
        left: Box<Value>,
        right: Box<Value>,
        difference: Option<Expression>,
        named: bool,
        function: Option<String>,
    },
    /// Any other relation, turned so that it ascends.
    Relation { items: Vec<Value>, operators: Vec<&'static str> },
    /// A union of intervals or sets.
    Union(Vec<Value>),
}

/// What a tree stands for.
pub(super) fn evaluate(node: &Node, raw: &str) -> Value {
    if let Some(both) = signs(node) {
        return Value::Unordered(both.iter().map(|node| evaluate(node, raw)).collect());
    }
    match node {
        Node::Text(text) => Value::Text(super::normal::squeeze(text)),
        Node::Symbol(name) if name == "infty" => Value::Text("infty".to_owned()),
        Node::Symbol(name) if name == "emptyset" => Value::Unordered(Vec::new()),
        Node::Neg(inner) if matches!(&**inner, Node::Symbol(name) if name == "infty") => {
            Value::Text("-infty".to_owned())
        }
        Node::Digits(digits) => Value::Text(format!("#{digits}")),
        Node::Unit(inner, _) if matches!(**inner, Node::Digits(_)) => evaluate(inner, raw),
        Node::Bracketed { open, close, items } => {
            Value::Ordered { open: *open, close: *close, items: items.iter().map(|item| evaluate(item, raw)).collect() }
        }
        Node::Set(items) | Node::List(items) => {
            let mut values = Vec::new();
            for item in items {
                match evaluate(item, raw) {
                    Value::Unordered(inner) if signs(item).is_some() => values.extend(inner),
                    value => values.push(value),
                }
            }
            if matches!(node, Node::Set(_)) { Value::Unordered(values) } else { Value::Listed(values) }
        }
        Node::Matrix(rows) => {
            Value::Matrix(rows.iter().map(|row| row.iter().map(|cell| evaluate(cell, raw)).collect()).collect())
        }
        Node::Union(items) => Value::Union(items.iter().map(|item| evaluate(item, raw)).collect()),
        Node::Relation { items, operators } => relation(items, operators, raw),
        node => Expression::of(node)
            .map(Value::Expression)
            .or_else(|| matrix(node).map(|rows| evaluate(&Node::Matrix(rows), raw)))
            .unwrap_or_else(|| Value::Text(super::normal::squeeze(raw))),
    }
}

impl Value {
    /// What an equation says when the question already names its left side.
    fn answer(&self) -> &Self {
        match self {
            Self::Equation { right, named: true, .. } => right.answer(),
            Self::Unordered(items) | Self::Listed(items) if items.len() == 1 => items[0].answer(),
            other => other,
        }
    }

    /// Whether two answers are the same answer.
    pub(super) fn same(&self, other: &Self, tolerance: f64) -> bool {
        if let (
            Self::Equation { left: l1, right: r1, difference: Some(d1), .. },
            Self::Equation { left: l2, right: r2, difference: Some(d2), .. },
        ) = (self, other)
        {
            let direct = l1.same(l2, tolerance) && r1.same(r2, tolerance);
            return direct || proportional(d1, d2) || self.renamed(other, tolerance);
        }
        let (a, b) = (self.answer(), other.answer());
        match (a, b) {
            (Self::Expression(a), Self::Expression(b)) => a.same(b, tolerance),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Ordered { open, close, items }, Self::Ordered { open: o, close: c, items: others }) => {
                open == o && close == c && all_same(items, others, tolerance)
            }
            (Self::Unordered(a) | Self::Listed(a), Self::Unordered(b) | Self::Listed(b))
            | (Self::Union(a), Self::Union(b)) => matched(a, b, tolerance) || one_names_all(a, b, tolerance),
            // a tuple without its brackets
            (Self::Listed(a), Self::Ordered { open: '(', close: ')', items })
            | (Self::Ordered { open: '(', close: ')', items }, Self::Listed(a)) => all_same(a, items, tolerance),
            (Self::Matrix(a), Self::Matrix(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| all_same(a, b, tolerance))
            }
            // a column is a vector
            (Self::Matrix(rows), Self::Ordered { items, .. }) | (Self::Ordered { items, .. }, Self::Matrix(rows)) => {
                rows.len() == items.len()
                    && rows.iter().zip(items).all(|(row, item)| row.len() == 1 && row[0].same(item, tolerance))
            }
            (Self::Relation { items, operators }, Self::Relation { items: others, operators: ops }) => {
                operators == ops && all_same(items, others, tolerance)
            }
            (Self::Equation { left: a, right: b, .. }, Self::Equation { left: c, right: d, .. }) => {
                a.same(c, tolerance) && b.same(d, tolerance)
            }
            _ => false,
        }
    }

    /// y = 3 for x = 3: another name for the same thing; not where the names are compared in a list.
    fn renamed(&self, other: &Self, tolerance: f64) -> bool {
        match (self, other) {
            (
                Self::Equation { right: a, named: true, left: l, function: f, .. },
                Self::Equation { right: b, named: true, left: m, function: g, .. },
            ) => {
                // W(n) = 1 is W(x) = 1
                let constant = f.is_some() && f == g && !is_letter(a) && !is_letter(b);
                a.same(b, tolerance) && (constant || l.same(m, tolerance) || !is_letter(l) || !is_letter(m))
            }
            _ => false,
        }
    }

    /// A name that equal answers share, whatever their spelling; decimals keep their digits.
    pub(super) fn key(&self) -> String {
        let mut out = String::new();
        self.write_key(&mut out);
        out
    }

    fn write_key(&self, out: &mut String) {
        let sorted = |items: &[Self]| {
            let mut keys: Vec<String> = items.iter().map(Self::key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.join(";")
        };
        let listed = |items: &[Self]| items.iter().map(Self::key).collect::<Vec<_>>().join(";");
        match self.answer() {
            Self::Expression(expression) => expression.key(out),
            Self::Text(text) => {
                out.push('"');
                out.push_str(text);
            }
            Self::Ordered { open, close, items } => {
                let _ = write!(out, "{open}{}{close}", listed(items));
            }
            Self::Unordered(items) | Self::Listed(items) => {
                let _ = write!(out, "{{{}}}", sorted(items));
            }
            Self::Union(items) => {
                let _ = write!(out, "u{{{}}}", sorted(items));
            }
            Self::Matrix(rows) => {
                for row in rows {
                    let _ = write!(out, "|{}|", listed(row));
                }
            }
            Self::Equation { left, right, .. } => {
                let _ = write!(out, "{}={}", left.key(), right.key());
            }
            Self::Relation { items, operators } => {
                for (place, item) in items.iter().enumerate() {
                    let _ = write!(out, "{}{}", item.key(), operators.get(place).unwrap_or(&""));
                }
            }
        }
    }
}

fn is_letter(value: &Value) -> bool {
    matches!(value, Value::Expression(expression) if expression.letters)
}

fn all_same(a: &[Value], b: &[Value], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b, tolerance))
}

/// Every item has its partner; repeated items count once.
fn matched(a: &[Value], b: &[Value], tolerance: f64) -> bool {
    if a.len() > 200 || b.len() > 200 {
        return false;
    }
    let covers = |a: &[Value], b: &[Value]| a.iter().all(|x| b.iter().any(|y| x.same(y, tolerance)));
    covers(a, b) && covers(b, a)
}

/// `(x, y) = (1, 2), (3, 4)` as a list whose first item carries the name for all.
fn one_names_all(a: &[Value], b: &[Value], tolerance: f64) -> bool {
    let bare = |items: &[Value]| items.iter().map(|item| item.answer().clone()).collect::<Vec<_>>();
    let named = |items: &[Value]| items.iter().any(|item| matches!(item, Value::Equation { .. }));
    let mixed = named(a) != named(b);
    mixed && matched(&bare(a), &bare(b), tolerance)
}
