//! Trees that stand for several values: plus-minus, matrices.

use crate::answer::parse::Node;

/// `\pm` may double the values this often.
const MAX_SIGNS: usize = 6;

/// Both signs of every `\pm`, plus first.
pub(super) fn signs(node: &Node) -> Option<Vec<Node>> {
    fn resolve(node: &Node, plus: bool, found: &mut usize) -> Node {
        let mut go = |inner: &Node| Box::new(resolve(inner, plus, found));
        match node {
            Node::PlusMinus(a, b) => {
                let (a, b) = (go(a), go(b));
                *found += 1;
                if plus { Node::Add(a, b) } else { Node::Add(a, Box::new(Node::Neg(b))) }
            }
            Node::Neg(a) => Node::Neg(go(a)),
            Node::Percent(a) => Node::Percent(go(a)),
            Node::Degree(a) => Node::Degree(go(a)),
            Node::Unit(a, unit) => Node::Unit(go(a), unit.clone()),
            Node::Add(a, b) => Node::Add(go(a), go(b)),
            Node::Mul(a, b) => Node::Mul(go(a), go(b)),
            Node::Div(a, b) => Node::Div(go(a), go(b)),
            Node::Pow(a, b) => Node::Pow(go(a), go(b)),
            Node::Relation { items, operators } => {
                Node::Relation { items: items.iter().map(|item| *go(item)).collect(), operators: operators.clone() }
            }
            other => other.clone(),
        }
    }
    let mut found = 0;
    let plus = resolve(node, true, &mut found);
    if found == 0 || found > MAX_SIGNS {
        return None;
    }
    Some(vec![plus, resolve(node, false, &mut found)])
}

/// Sums, multiples and products of matrices.
pub(super) fn matrix(node: &Node) -> Option<Vec<Vec<Node>>> {
    match node {
        Node::Matrix(rows) => Some(rows.clone()),
        Node::Neg(inner) => Some(each(matrix(inner)?, |cell| Node::Neg(Box::new(cell)))),
        Node::Add(a, b) => {
            let (a, b) = (matrix(a)?, matrix(b)?);
            let shape = a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x.len() == y.len());
            let add = |(x, y): (Vec<Node>, Vec<Node>)| {
                x.into_iter().zip(y).map(|(x, y)| Node::Add(Box::new(x), Box::new(y))).collect()
            };
            shape.then(|| a.into_iter().zip(b).map(add).collect())
        }
        Node::Mul(a, b) => match (matrix(a), matrix(b)) {
            (Some(a), Some(b)) => {
                let (inner, width) = (b.len(), b.first()?.len());
                let small = a.len() <= 6 && width <= 6 && inner <= 6;
                if !small || a.iter().any(|row| row.len() != inner) || b.iter().any(|row| row.len() != width) {
                    return None;
                }
                let cell = |row: &[Node], column: usize| {
                    let terms =
                        row.iter().zip(&b).map(|(x, y)| Node::Mul(Box::new(x.clone()), Box::new(y[column].clone())));
                    terms.reduce(|x, y| Node::Add(Box::new(x), Box::new(y)))
                };
                a.iter().map(|row| (0..width).map(|column| cell(row, column)).collect()).collect()
            }
            (None, Some(m)) => Some(each(m, |cell| Node::Mul(a.clone(), Box::new(cell)))),
            (Some(m), None) => Some(each(m, |cell| Node::Mul(b.clone(), Box::new(cell)))),
            (None, None) => None,
        },
        _ => None,
    }
}

fn each(rows: Vec<Vec<Node>>, change: impl Fn(Node) -> Node) -> Vec<Vec<Node>> {
    rows.into_iter().map(|row| row.into_iter().map(&change).collect()).collect()
}
