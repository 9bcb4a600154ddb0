//! Equations, inequalities and what they say.

use super::expression::{Expression, exact, traits};
use super::{Value, evaluate};
use crate::answer::parse::Node;

/// Whether it depends on a letter; without one, `2 + 3 = 5` says 5.
fn has_letters(node: &Node) -> bool {
    let (mut decimal, mut letters, mut words) = (false, false, false);
    traits(node, &mut decimal, &mut letters, &mut words);
    letters || words
}

/// Left sides that only name what is asked for: x, f(x), AB, |AB|, A:B, (p, q), x_1.
fn names(node: &Node) -> bool {
    match node {
        Node::Symbol(name) => !matches!(name.as_str(), "pi" | "e" | "infty"),
        Node::Text(_) => true,
        Node::Mul(a, b) | Node::Div(a, b) => names(a) && names(b),
        Node::Function { name, arguments } => {
            name.len() == 1 || (name == "abs" || name == "norm") && arguments.iter().all(names)
        }
        Node::Bracketed { items, .. } | Node::Set(items) | Node::List(items) => items.iter().all(names),
        Node::Degree(inner) | Node::Unit(inner, _) => names(inner),
        _ => false,
    }
}

/// f where it is f(x).
fn function(node: &Node) -> Option<String> {
    match node {
        Node::Function { name, arguments } if name.len() == 1 => {
            let letters = arguments.iter().all(|argument| matches!(argument, Node::Symbol(_)));
            letters.then(|| name.clone())
        }
        _ => None,
    }
}

pub(super) fn relation(items: &[Node], operators: &[&'static str], raw: &str) -> Value {
    let values = || items.iter().map(|item| evaluate(item, raw)).collect::<Vec<_>>();
    if operators == ["in"] {
        return evaluate(&items[1], raw);
    }
    if operators.iter().all(|op| *op == "=" || *op == "~") {
        // "x = 1/3 ~ 0.33": the last exact side
        let last = operators.iter().position(|op| *op == "~").filter(|&at| at > 0).unwrap_or(operators.len());
        let (left, right) = (&items[0], &items[last]);
        let difference = Node::Add(Box::new(left.clone()), Box::new(Node::Neg(Box::new(right.clone()))));
        let named = names(left) || items.len() > 2 || !has_letters(left) && !has_letters(right);
        return Value::Equation {
            left: Box::new(evaluate(left, raw)),
            right: Box::new(evaluate(right, raw)),
            difference: Expression::of(&difference),
            named,
            function: function(left),
        };
    }
    let up = operators.iter().all(|op| matches!(*op, "<" | "<="));
    let down = operators.iter().all(|op| matches!(*op, ">" | ">="));
    if up || down {
        // -x < 1 is -1 < x
        let turned = |node: &Node| matches!(node, Node::Neg(inner) if names(inner));
        let minus = |node: &Node| match node {
            Node::Neg(inner) => (**inner).clone(),
            node => Node::Neg(Box::new(node.clone())),
        };
        let negated = match items {
            [a, b] if turned(a) || turned(b) => Some([minus(b), minus(a)]),
            _ => None,
        };
        let mut items: Vec<&Node> = negated.as_ref().map_or(items, |pair| &pair[..]).iter().collect();
        let mut operators = operators.to_vec();
        if down {
            items.reverse();
            operators.reverse();
            for op in &mut operators {
                *op = if *op == ">" { "<" } else { "<=" };
            }
        }
        let bracket = |op: &str, closed: char, open: char| if op == "<=" { closed } else { open };
        let infinite = |sign: &str| Value::Text(format!("{sign}infty"));
        match (&items[..], &operators[..]) {
            ([low, middle, high], [first, second]) if names(middle) => {
                if let Some(both) = symmetric(middle, low, high, first, second, raw) {
                    return both;
                }
                return Value::Ordered {
                    open: bracket(first, '[', '('),
                    close: bracket(second, ']', ')'),
                    items: vec![evaluate(low, raw), evaluate(high, raw)],
                };
            }
            ([name, bound], [op]) if names(name) && !names(bound) => {
                return Value::Ordered {
                    open: '(',
                    close: bracket(op, ']', ')'),
                    items: vec![infinite("-"), evaluate(bound, raw)],
                };
            }
            ([bound, name], [op]) if names(name) && !names(bound) => {
                return Value::Ordered {
                    open: bracket(op, '[', '('),
                    close: ')',
                    items: vec![evaluate(bound, raw), infinite("")],
                };
            }
            _ => {}
        }
        return Value::Relation { items: items.iter().map(|item| evaluate(item, raw)).collect(), operators };
    }
    Value::Relation { items: values(), operators: operators.to_vec() }
}

/// a <= |z| <= b with 0 <= a: two intervals.
fn symmetric(middle: &Node, low: &Node, high: &Node, first: &str, second: &str, raw: &str) -> Option<Value> {
    let Node::Function { name, .. } = middle else { return None };
    if name != "abs" || exact(low)?.above < 0 {
        return None;
    }
    let minus = |node: &Node| evaluate(&Node::Neg(Box::new(node.clone())), raw);
    let closed = |op: &str| op == "<=";
    let left = Value::Ordered {
        open: if closed(second) { '[' } else { '(' },
        close: if closed(first) { ']' } else { ')' },
        items: vec![minus(high), minus(low)],
    };
    let right = Value::Ordered {
        open: if closed(first) { '[' } else { '(' },
        close: if closed(second) { ']' } else { ')' },
        items: vec![evaluate(low, raw), evaluate(high, raw)],
    };
    Some(Value::Union(vec![left, right]))
}
