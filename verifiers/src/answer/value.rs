//! What a tree stands for: numbers exactly or to rounding, letters by their values at fixed points, collections by their items.

use std::fmt::Write as _;

use super::number::{Complex, Ratio};
use super::parse::Node;

/// Points at which letters get values.
const POINTS: usize = 3;
/// Two ways to compute the same number differ by less than this, relative to its size.
const ROUNDING: f64 = 1e-10;
/// `\pm` may double the values this often.
const MAX_SIGNS: usize = 6;

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
    /// An equation: its left side, its right side, their difference.
    Equation { left: Box<Value>, right: Box<Value>, difference: Option<Expression>, named: bool },
    /// Any other relation, turned so that it ascends.
    Relation { items: Vec<Value>, operators: Vec<&'static str> },
    /// A union of intervals or sets.
    Union(Vec<Value>),
}

/// A number, or an expression by its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    /// The number itself where it is a fraction.
    exact: Option<Ratio>,
    /// Its values at the points; all equal where there are no letters.
    points: [Complex; POINTS],
    /// Whether a decimal number is in it: then a tolerance applies.
    decimal: bool,
    percent: bool,
    letters: bool,
    unit: Option<String>,
}

fn letter_at(name: &str, point: usize) -> Complex {
    match name {
        "pi" => return Complex::real(std::f64::consts::PI),
        "e" => return Complex::real(std::f64::consts::E),
        "i" => return Complex { re: 0.0, im: 1.0 },
        "infty" | "emptyset" => return Complex::NAN,
        _ => {}
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (point as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^= hash >> 32;
    Complex::real(0.37 + 2.1 * f64::from((hash & 0xffff_ffff) as u32) / f64::from(u32::MAX))
}

/// The exact value, where it is a fraction of moderate size.
fn exact(node: &Node) -> Option<Ratio> {
    match node {
        Node::Number { value, .. } => Some(*value),
        Node::Based { digits, base } => {
            i128::from_str_radix(digits, *base).ok().filter(|_| (2..=36).contains(base)).map(Ratio::whole)
        }
        Node::Neg(inner) => exact(inner)?.neg(),
        Node::Add(a, b) => exact(a)?.add(exact(b)?),
        Node::Mul(a, b) => exact(a)?.mul(exact(b)?),
        Node::Div(a, b) => exact(a)?.mul(exact(b)?.inverse()?),
        Node::Pow(a, b) => exact(a)?.pow(exact(b)?),
        Node::Percent(inner) | Node::Degree(inner) | Node::Unit(inner, _) => exact(inner),
        Node::Factorial(inner) => {
            let n = exact(inner)?;
            (n.below == 1 && (0..=33).contains(&n.above)).then(|| Ratio::whole((1..=n.above).product()))
        }
        Node::Function { name, arguments } if name == "abs" => {
            exact(arguments.first()?).map(|value| Ratio { above: value.above.abs(), below: value.below })
        }
        _ => None,
    }
}

fn at(node: &Node, point: usize) -> Complex {
    match node {
        Node::Number { value, .. } => Complex::real(value.to_f64()),
        Node::Digits(digits) => Complex::real(digits.parse().unwrap_or(f64::NAN)),
        Node::Based { .. } => exact(node).map_or(Complex::NAN, |value| Complex::real(value.to_f64())),
        Node::Symbol(name) => letter_at(name, point),
        Node::Neg(inner) => at(inner, point).neg(),
        Node::Add(a, b) => at(a, point).add(at(b, point)),
        Node::Mul(a, b) => at(a, point).mul(at(b, point)),
        Node::Div(a, b) => at(a, point).mul(at(b, point).inverse()),
        Node::Pow(a, b) => {
            // real roots of negative numbers stay real
            if let Some(root) = exact(b)
                && root.below % 2 == 1
                && root.below > 1
            {
                let base = at(a, point);
                if base.is_real() && base.re < 0.0 {
                    let size = Complex::real(-base.re).pow(Complex::real(root.to_f64()));
                    return if root.above % 2 == 0 { size } else { size.neg() };
                }
            }
            at(a, point).pow(at(b, point))
        }
        Node::Percent(inner) | Node::Degree(inner) | Node::Unit(inner, _) => at(inner, point),
        Node::Factorial(inner) => {
            let n = at(inner, point);
            let whole = n.is_real() && n.re >= 0.0 && n.re <= 170.0 && (n.re - n.re.round()).abs() < 1e-9;
            if whole {
                let mut product = 1.0;
                let mut k = 2.0;
                while k <= n.re + 0.5 {
                    product *= k;
                    k += 1.0;
                }
                Complex::real(product)
            } else if n.is_finite() && n.re < 20.0 && n.re > 0.0 {
                // letters: any fixed smooth function will do
                n.mul(Complex::real(1.7)).apply("sin").add(Complex::real(3.1)).mul(n)
            } else {
                Complex::NAN
            }
        }
        Node::Function { name, arguments } => function_at(name, arguments, point),
        _ => Complex::NAN,
    }
}

fn function_at(name: &str, arguments: &[Node], point: usize) -> Complex {
    let radians = |node: &Node| match node {
        Node::Degree(inner) => at(inner, point).mul(Complex::real(std::f64::consts::PI / 180.0)),
        node => at(node, point),
    };
    let values: Vec<Complex> = arguments.iter().map(radians).collect();
    let [first, rest @ ..] = &values[..] else { return Complex::NAN };
    match (name, rest) {
        ("log", []) => first.apply("ln"),
        ("log", [base]) => first.apply("ln").mul(base.apply("ln").inverse()),
        ("binom", [k]) if first.is_real() && k.is_real() && k.re >= 0.0 && k.re <= 300.0 && first.re >= k.re => {
            let mut value = 1.0;
            let mut step = 0.0;
            while step + 0.5 < k.re {
                value *= (first.re - step) / (step + 1.0);
                step += 1.0;
            }
            Complex::real(value)
        }
        ("min" | "max", _) => {
            values.iter().skip(1).fold(*first, |a, b| if (a.re < b.re) == (name == "min") { a } else { *b })
        }
        (
            "sin" | "cos" | "tan" | "cot" | "sec" | "csc" | "arcsin" | "arccos" | "arctan" | "sinh" | "cosh" | "tanh"
            | "ln" | "lg" | "exp" | "abs" | "floor" | "ceil",
            [],
        ) => first.apply(name),
        // an unknown function: a fixed mixture of its name and arguments
        _ => values.iter().fold(letter_at(name, point), |mixed, value| {
            mixed
                .mul(Complex::real(1.3))
                .add(value.mul(Complex::real(0.7)).apply("sin"))
                .add(value.mul(Complex::real(0.11)))
        }),
    }
}

/// Whether a decimal, a letter stands anywhere in it.
fn traits(node: &Node, decimal: &mut bool, letters: &mut bool, words: &mut bool) {
    match node {
        Node::Number { decimal: true, .. } => *decimal = true,
        Node::Symbol(name) if !matches!(name.as_str(), "pi" | "e" | "i") => *letters = true,
        Node::Neg(a) | Node::Percent(a) | Node::Degree(a) | Node::Factorial(a) | Node::Unit(a, _) => {
            traits(a, decimal, letters, words)
        }
        Node::Add(a, b) | Node::Mul(a, b) | Node::Div(a, b) | Node::Pow(a, b) => {
            traits(a, decimal, letters, words);
            traits(b, decimal, letters, words);
        }
        Node::Function { name, arguments } => {
            *letters |= name.len() == 1;
            arguments.iter().for_each(|a| traits(a, decimal, letters, words));
        }
        Node::Number { .. } | Node::Based { .. } | Node::Symbol(_) => {}
        _ => *words = true,
    }
}

impl Expression {
    /// `None` where it has no finite value.
    fn of(node: &Node) -> Option<Self> {
        let (mut decimal, mut letters, mut words) = (false, false, false);
        traits(node, &mut decimal, &mut letters, &mut words);
        if words {
            return None;
        }
        let mut percent = false;
        let mut unit = None;
        let mut inner = node;
        loop {
            inner = match inner {
                Node::Percent(value) => {
                    percent = true;
                    value
                }
                Node::Unit(value, name) => {
                    unit = Some(name.to_lowercase());
                    value
                }
                Node::Neg(value) if matches!(**value, Node::Percent(_)) => {
                    percent = true;
                    break;
                }
                _ => break,
            };
        }
        let fraction = if letters { None } else { exact(node) };
        let points = match fraction {
            Some(value) => [Complex::real(value.to_f64()); POINTS],
            None if letters => std::array::from_fn(|point| at(node, point)),
            None => [at(node, 0); POINTS],
        };
        points.iter().all(|value| value.is_finite()).then_some(Self {
            exact: fraction,
            points,
            decimal,
            percent,
            letters,
            unit,
        })
    }

    fn same(&self, other: &Self, tolerance: f64) -> bool {
        if let (Some(a), Some(b)) = (&self.unit, &other.unit)
            && a != b
            && scale(a) != scale(b)
        {
            return false;
        }
        let close = |factor: f64| {
            let fits = if self.decimal || other.decimal { tolerance.max(ROUNDING) } else { ROUNDING };
            self.points.iter().zip(&other.points).all(|(a, b)| a.mul(Complex::real(factor)).close(*b, fits))
        };
        if let (Some(a), Some(b)) = (self.exact, other.exact)
            && !self.decimal
            && !other.decimal
        {
            return a == b || self.percent_of(other).is_some_and(|factor| close(factor));
        }
        close(1.0) || self.percent_of(other).is_some_and(close)
    }

    /// 28 % is 28 for those who leave the sign out, and 0.28 for those who divide.
    fn percent_of(&self, other: &Self) -> Option<f64> {
        match (self.percent, other.percent) {
            (true, false) => Some(0.01),
            (false, true) => Some(100.0),
            _ => None,
        }
    }

    fn key(&self, out: &mut String) {
        if let Some(value) = self.exact {
            let _ = if value.below == 1 {
                write!(out, "{}", value.above)
            } else {
                write!(out, "{}/{}", value.above, value.below)
            };
            return;
        }
        let points = if self.letters { &self.points[..] } else { &self.points[..1] };
        for (place, value) in points.iter().enumerate() {
            let tiny = value.abs() * 1e-12;
            let digits = |x: f64| if x.abs() <= tiny { "0".to_owned() } else { format!("{x:.8e}") };
            out.push_str(if place == 0 { "~" } else { "," });
            out.push_str(&digits(value.re));
            if value.im.abs() > tiny {
                out.push('i');
                out.push_str(&digits(value.im));
            }
        }
    }
}

/// Units of one kind and size are one unit.
fn scale(unit: &str) -> &str {
    match unit {
        "centimeters" | "centimeter" | "cm" => "cm",
        "meters" | "meter" | "m" => "m",
        "millimeters" | "millimeter" | "mm" => "mm",
        "kilometers" | "kilometer" | "km" => "km",
        "inches" | "inch" => "in",
        "feet" | "foot" | "ft" => "ft",
        "minutes" | "minute" => "min",
        "hours" | "hour" | "hr" | "hrs" => "hr",
        "seconds" | "second" | "sec" => "sec",
        "grams" | "gram" => "g",
        "kilograms" | "kilogram" | "kg" => "kg",
        // anything else may be another word for the same thing
        _ => "",
    }
}

/// Both signs of every `\pm`, plus first.
fn signs(node: &Node) -> Option<Vec<Node>> {
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

/// Sums, multiples and products of matrices.
fn matrix(node: &Node) -> Option<Vec<Vec<Node>>> {
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
        Node::Degree(inner) => names(inner),
        Node::Unit(inner, _) => names(inner),
        _ => false,
    }
}

fn relation(items: &[Node], operators: &[&'static str], raw: &str) -> Value {
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
                Self::Equation { right: a, named: true, left: l, .. },
                Self::Equation { right: b, named: true, left: m, .. },
            ) => a.same(b, tolerance) && (l.same(m, tolerance) || !is_letter(l) || !is_letter(m)),
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

/// 2x + 4y = 6 is x + 2y = 3.
fn proportional(a: &Expression, b: &Expression) -> bool {
    if !a.letters || !b.letters {
        return false;
    }
    let ratio = a.points[0].mul(b.points[0].inverse());
    ratio.is_finite() && ratio.abs() > 1e-6 && a.points.iter().zip(&b.points).all(|(x, y)| x.close(y.mul(ratio), 1e-9))
}
