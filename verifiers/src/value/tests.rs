use proptest::prelude::*;

use super::*;

fn py(text: &str) -> Value {
    Value::parse(text, Dialect::Python).unwrap()
}

#[test]
fn equality_is_pythons() {
    let same = [
        ("1", "True"),
        ("1", "1.0"),
        ("0", "-0.0"),
        ("2", "(2+0j)"),
        ("[1, (2, 3)]", "[1.0, (2, 3)]"),
        ("{1, 2}", "frozenset([2, 1])"),
        ("{'a': 1, 'b': [2]}", "{'b': [2.0], 'a': True}"),
        ("range(0)", "range(2, 1)"),
        ("range(0, 3, 2)", "range(0, 4, 2)"),
        ("9007199254740992", "9007199254740992.0"),
        ("100000000000000000000000", "1e23 "),
        ("b'a'", "bytearray(b'a')"),
    ];
    for (a, b) in same {
        let equal = py(a).equals(&py(b));
        assert_eq!(equal, a != "100000000000000000000000", "{a} {b}");
    }
    let different = [
        ("(1, 2)", "[1, 2]"),
        ("{'1': 1}", "{1: 1}"),
        ("nan", "nan"),
        ("[nan]", "[nan]"),
        ("9007199254740993", "9007199254740992.0"),
        ("'1'", "1"),
        ("b'a'", "'a'"),
        ("None", "False"),
        ("{1, 2}", "[1, 2]"),
        ("{1, 2}", "{1, 3}"),
    ];
    for (a, b) in different {
        assert!(!py(a).equals(&py(b)), "{a} {b}");
    }
    assert!(py("99999999999999991611392").equals(&py("1e23")));
}

#[test]
fn keys_that_a_program_chose_to_collide_are_read_at_once() {
    // each would be compared with each other one if they hashed alike
    let count = 200_000_u32;
    let key = |i: u32| Value::int(i64::from(i));
    let nested = |i: u32| {
        (0..18).fold(Value::Tuple(Vec::new()), |v, bit| {
            Value::Tuple(if i >> bit & 1 == 0 { vec![v] } else { vec![Value::Tuple(Vec::new()), v] })
        })
    };
    let kinds: [&dyn Fn(u32) -> Value; 6] = [
        &|i| Value::Range(Box::new([Int::from(0_i64), Int::from(i64::from(i)), Int::from(1_i64)])),
        &|_| Value::Float(f64::NAN),
        &|_| Value::Complex(f64::NAN, 0.0),
        &|_| Value::Opaque("object".into()),
        &nested,
        &|i| Value::FrozenSet(vec![key(i), key(i + count)]),
    ];
    for kind in kinds {
        let dict = Value::Dict(DictKind::Plain, (0..count).map(|i| (kind(i), Value::None)).collect());
        let read = Value::decode(&dict.encode(), Caps { items: 8 << 20, ..Caps::default() }).unwrap();
        assert!(matches!(&read, Value::Dict(_, pairs) if pairs.len() == count as usize));
        let nothing_equal = matches!(kind(1), Value::Float(_) | Value::Complex(..) | Value::Opaque(_));
        assert_eq!(read.equals(&dict), !nothing_equal);
    }
    let deep = (0..20).fold(Value::int(1), |v, _| Value::FrozenSet(vec![v]));
    assert_eq!(Value::decode(&deep.encode(), Caps::default()), Err(DecodeError::TooDeep { cap: 16 }));
}

#[test]
fn counters_and_ordered_dictionaries() {
    let counter = |text: &str| match py(text) {
        Value::Dict(_, pairs) => Value::Dict(DictKind::Counter, pairs),
        _ => unreachable!(),
    };
    assert!(counter("{'a': 0}").equals(&counter("{}")));
    assert!(!counter("{'a': 0}").equals(&py("{}")));
    let ordered = |text: &str| match py(text) {
        Value::Dict(_, pairs) => Value::Dict(DictKind::Ordered, pairs),
        _ => unreachable!(),
    };
    assert!(!ordered("{1: 1, 2: 2}").equals(&ordered("{2: 2, 1: 1}")));
    assert!(ordered("{1: 1, 2: 2}").equals(&py("{2: 2, 1: 1}")));
}

#[test]
fn forged_frames_are_refused() {
    let cases: [&[u8]; 9] = [
        b"",
        b"\x00",
        b"\x02N",
        b"\x00NN",
        b"\x00[\xff\xff\xff\xff",
        b"\x00<\x01\x00\x00\x00[\x00\x00\x00\x00",
        b"\x00<\x02\x00\x00\x00TT",
        b"\x00c\x00\x00\x00\x00",
        b"\x00u\x01\x00\x00\x00\xff",
    ];
    for case in cases {
        assert!(Value::decode(case, Caps::default()).is_err(), "{case:?}");
    }
    let mut deep = vec![0];
    (0..5000).for_each(|_| deep.extend(b"[\x01\x00\x00\x00"));
    deep.push(b'N');
    assert_eq!(Value::decode(&deep, Caps::default()), Err(DecodeError::TooDeep { cap: 300 }));
    let long = Value::Bytes(vec![0; 100]).encode();
    assert!(matches!(Value::decode(&long, Caps { bytes: 50, ..Caps::default() }), Err(DecodeError::TooLong { .. })));
}

#[test]
fn more_values_than_allowed_are_refused_before_they_take_memory() {
    let caps = Caps { items: 10, ..Caps::default() };
    let list = |count: usize| Value::List(vec![Value::None; count]);
    let pairs = |count: i64| Value::Dict(DictKind::Plain, (0..count).map(|i| (Value::int(i), Value::None)).collect());
    let nested = |outer: usize, inner: usize| Value::Tuple(vec![list(inner); outer]);
    for good in [list(9), pairs(4), nested(3, 2)] {
        assert_eq!(Value::decode(&good.encode(), caps).unwrap(), good);
    }
    for bad in [list(10), pairs(5), nested(3, 3)] {
        assert_eq!(Value::decode(&bad.encode(), caps), Err(DecodeError::TooMany { cap: 10 }));
    }
    assert!(size_of::<Value>() <= 56, "millions of them stand side by side");
    // each announces as many items as there are bytes after it
    let (levels, items) = (200, 60_000_000_u32);
    let mut frame = vec![0];
    (0..levels).for_each(|_| frame.extend([&b"["[..], &items.to_le_bytes()].concat()));
    frame.resize(61_000_000, b'N');
    assert_eq!(Value::decode(&frame, Caps::default()), Err(DecodeError::TooMany { cap: 4 << 20 }));
}

#[test]
fn text_is_read_and_written() {
    for text in [
        "[1, -2, 3.5, 1e+20, (1,), (), 'a\\n\\'\"', \"'\", b'x\\x00', {1: 'a'}, {1, 2}, set(), None, True, ...]",
        "(1+2j)",
        "123456789012345678901234567890123456789",
        "-18446744073709551616",
        "inf",
        "[[[[]]]]",
        "'\\ud800'",
        "1e-05",
        "0.0001",
    ] {
        assert_eq!(py(text).literal(), text);
    }
    let json =
        Value::parse(r#"{"a": [1, 1.0, NaN, -Infinity, null, true, "\ud83d\ude00", "\/"], "a": 2}"#, Dialect::Json);
    assert_eq!(json.unwrap().literal(), "{'a': 2}");
    assert_eq!(Value::parse(r#""\ud83d\ude00""#, Dialect::Json).unwrap(), Value::text("😀"));
    for bad in
        ["[1,,2]", "[,]", "1 2", "[1", "(1+2)", "x", "'a", "{1: 2, 3}", "{[]: 1}", "", "[1 2]", "__import__('os')"]
    {
        assert!(Value::parse(bad, Dialect::Python).is_err(), "{bad}");
    }
    assert!(Value::parse("[1,]", Dialect::Json).is_err());
    assert!(Value::parse(&"[".repeat(100_000), Dialect::Python).is_err());
    assert_eq!(py("[1, 2, 3, 4, 5, 6, 7, 8]").short_repr(10), "[1, 2, 3, ...");
}

#[test]
fn evalplus_tolerance() {
    let matches = |rule, atol, arguments: &str, expected: &str, got: &str| {
        let Value::List(arguments) = py(arguments) else { unreachable!() };
        Comparison::new(rule, atol).matches(&arguments, &py(expected), &py(got))
    };
    assert!(matches(Rule::Plain, 0.0, "[]", "0.3", "0.30000000000000004"));
    assert!(!matches(Rule::Plain, 0.0, "[]", "0.3", "0.3001"));
    assert!(matches(Rule::Plain, 0.01, "[]", "[1, 2.5]", "[1, 2.505]"));
    assert!(!matches(Rule::Plain, 0.01, "[]", "[1, 2.5]", "(1, 2.505)"));
    assert!(!matches(Rule::Plain, 0.0, "[]", "[1, 2.5]", "[1, 2.5000000001]"));
    assert!(!matches(Rule::Plain, 0.0, "[]", "2.5", "'2.5'"));
    assert!(matches(Rule::Plain, 0.0, "[]", "inf", "inf"));
    assert!(!matches(Rule::Plain, 0.0, "[]", "inf", "1.0"));
    assert!(!matches(Rule::Plain, 0.0, "[]", "nan", "nan"));
    assert!(matches(Rule::AsSets, 0.0, "[]", "[1, 2]", "(2, 1, 1)"));
    assert!(matches(Rule::AsSets, 0.0, "[]", "['a', 'b']", "'abba'"));
    assert!(!matches(Rule::AsSets, 0.0, "[]", "['a', 'b']", "'abc'"));
    assert!(!matches(Rule::AsSets, 0.0, "[]", "[1]", "[[1]]"));
    assert!(matches(Rule::NotNone, 0.0, "[]", "None", "False"));
    assert!(!matches(Rule::NotNone, 0.0, "[]", "None", "'x'"));
    assert!(matches(Rule::Root, 1e-4, "[[1, 2]]", "-0.5", "-0.50000001"));
    assert!(!matches(Rule::Root, 1e-4, "[[1, 2]]", "-0.5", "-0.6"));
    assert!(matches(Rule::SurfaceArea, 0.0, "[3, 4]", "33", "35"));
    assert!(matches(Rule::DigitDistance, 0.0, "[123, 56]", "7", "7"));
    assert!(matches(Rule::DigitDistance, 0.0, "[1, 56]", "9", "10"));
    assert!(matches(Rule::OrZero, 0.0, "[7]", "1", "0"));
    let mut sticky = Comparison::new(Rule::Plain, 0.0);
    assert!(!sticky.matches(&[], &py("[1, 2.5]"), &py("[1, 2.5000000001]")));
    assert!(sticky.matches(&[], &py("1.5"), &py("1.5")));
    assert!(sticky.matches(&[], &py("[1, 2.5]"), &py("[1, 2.5000000001]")));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        Just(Value::Ellipsis),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..4).prop_map(Value::int),
        any::<i64>().prop_map(Value::int),
        (any::<bool>(), prop::collection::vec(any::<u32>(), 0..5)).prop_map(|(n, l)| Value::Int(Int::from_limbs(n, l))),
        any::<f64>().prop_map(Value::Float),
        (-3_i8..4).prop_map(|i| Value::Float(f64::from(i))),
        (52_i32..80).prop_map(|e| Value::Float(2_f64.powi(e))),
        (52_usize..80).prop_map(|e| Value::Int(Int::from_f64(2_f64.powi(i32::try_from(e).unwrap())).unwrap())),
        (-2_i8..3, -1_i8..2).prop_map(|(a, b)| Value::Complex(f64::from(a), f64::from(b))),
        "[a-c\\n'\"é😀]{0,3}".prop_map(Value::Str),
        Just(Value::Surrogates(vec![0xdc80, 97])),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Value::Bytes),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Value::ByteArray),
        (-2_i64..3, -2_i64..3, 1_i64..3).prop_map(|(a, b, c)| Value::Range(Box::new([
            Int::from(a),
            Int::from(b),
            Int::from(c)
        ]))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let keys = prop::collection::vec(inner.prop_filter("hashable", Value::is_hashable), 0..4).prop_map(|items| {
            let mut distinct: Vec<Value> = Vec::new();
            for item in items {
                if !distinct.iter().any(|other| other.equals(&item)) {
                    distinct.push(item);
                }
            }
            distinct
        });
        let pairs = (keys.clone(), items.clone()).prop_map(|(k, v)| k.into_iter().zip(v).collect::<Vec<_>>());
        prop_oneof![
            items.clone().prop_map(Value::Tuple),
            items.clone().prop_map(Value::List),
            items.clone().prop_map(|items| Value::Deque(items, None)),
            keys.clone().prop_map(Value::Set),
            keys.prop_map(Value::FrozenSet),
            (
                prop_oneof![
                    Just(DictKind::Plain),
                    Just(DictKind::Counter),
                    Just(DictKind::Ordered),
                    Just(DictKind::Default(Some("int".to_owned())))
                ],
                pairs
            )
                .prop_map(|(kind, pairs)| Value::Dict(kind, pairs)),
        ]
    })
}

proptest! {
    #[test]
    fn wire_form_goes_round(value in any_value()) {
        let again = Value::decode(&value.encode(), Caps::default()).unwrap();
        prop_assert_eq!(format!("{value:?}"), format!("{again:?}"));
    }

    #[test]
    fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Value::decode(&bytes, Caps::default());
    }
}

/// Runs the same pairs through a real interpreter: the codec goes round there, and `==` says the same.
#[test]
fn agrees_with_a_real_interpreter() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, TestRng, TestRunner};
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    const RUNTIME: &str = include_str!("../program/python/values.py");
    const SCRIPT: &str = "
class Opaque:
    def __init__(self, name):
        self.name = name
class Cut:
    def __init__(self, items, end):
        self.items, self.end = items, end
    def __next__(self):
        if self.items:
            return self.items.pop(0)
        raise Exception(self.end)
class Here(Border):
    def other(self, value):
        return (..., 'opaque', value.name)
    def rest(self, iterator, error):
        return iterator.end
    def arrive(self, tag, rest):
        if tag == 'opaque':
            return Opaque(rest[0])
        return Cut([restore(item, self) for item in rest[0]], rest[1])
def decode(data):
    value = LOADS(data[1:])
    return restore(value, Here()) if data[0] else value
def send(value):
    data, escaped = encode(value, Here())
    return bytes([escaped]) + data
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
def frame():
    return stdin.read(int.from_bytes(stdin.read(4), 'little'))
for _ in range(int.from_bytes(stdin.read(4), 'little')):
    a, b = decode(frame()), decode(frame())
    for data in (send(a), send(b), send(a == b)):
        stdout.write(len(data).to_bytes(4, 'little') + data)
";
    let child = Command::new("python3")
        .args(["-I", "-c", &format!("{RUNTIME}\n{SCRIPT}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: no python3 here");
        return;
    };
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(Config::default().rng_algorithm));
    let strategy = (any_value(), any_value(), any::<bool>());
    let pairs: Vec<(Value, Value)> = (0..2000)
        .map(|_| {
            let (a, b, copy) = strategy.new_tree(&mut runner).unwrap().current();
            if copy { (a.clone(), a) } else { (a, b) }
        })
        .collect();
    let mut input = u32::try_from(pairs.len()).unwrap().to_le_bytes().to_vec();
    for value in pairs.iter().flat_map(|(a, b)| [a, b]) {
        let data = value.encode();
        input.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        input.extend(data);
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let mut rest = output.stdout.as_slice();
    let mut next = || {
        let (length, tail) = rest.split_at(4);
        let length = usize::try_from(u32::from_le_bytes(length.try_into().unwrap())).unwrap();
        let (data, tail) = tail.split_at(length);
        rest = tail;
        Value::decode(data, Caps::default()).unwrap()
    };
    let mut equal = 0;
    for (a, b) in &pairs {
        let (a_again, b_again, verdict) = (next(), next(), next());
        for (sent, came) in [(a, a_again), (b, b_again)] {
            assert_eq!(sent.type_name(), came.type_name());
            assert!(came.equals(sent) || sent.literal().contains("nan"), "{} {}", sent.literal(), came.literal());
        }
        assert_eq!(verdict, Value::Bool(a.equals(b)), "{} == {}", a.literal(), b.literal());
        equal += u32::from(a.equals(b));
    }
    assert!(equal > 500 && equal < 1900, "{equal} of {} equal", pairs.len());
}

fn exact(text: &str) -> Value {
    let exact = match text.split_once('/') {
        Some((a, b)) => Exact::fraction(Int::parse(a).unwrap(), Int::parse(b).unwrap()),
        None => Exact::decimal(text.to_owned()),
    };
    Value::Exact(Box::new(exact.unwrap()))
}

#[test]
fn fractions_and_decimals_equal_what_they_equal_in_python() {
    let tenth = "0.1000000000000000055511151231257827021181583404541015625";
    for (a, b) in [
        (exact("1.50"), exact("1.5")),
        (exact("1.5"), py("1.5")),
        (exact("3/2"), py("1.5")),
        (exact("3/2"), exact("1.500")),
        (exact("1/3"), exact("1/3")),
        (exact("1/10"), exact("0.1")),
        (exact("1E-1"), exact("0.10")),
        (exact("2/1"), py("2")),
        (exact("1E+5"), py("100000")),
        (exact("100E-2"), py("True")),
        (exact("-0"), py("0.0")),
        (exact("-0E+7"), exact("0/1")),
        (exact("-Infinity"), py("-inf")),
        (exact(tenth), py("0.1")),
        (exact("3602879701896397/36028797018963968"), exact(tenth)),
        (exact("-5E-1"), py("(-0.5+0j)")),
        (exact("1E+30"), py("1000000000000000000000000000000")),
        (exact("1.0E+999999999999"), exact("1E+999999999999")),
    ] {
        assert!(a.equals(&b) && b.equals(&a), "{a:?} {b:?}");
        let keys = |key: &Value| Value::Set(vec![Value::Tuple(vec![key.clone()])]);
        assert!(keys(&a).equals(&keys(&b)), "{a:?} {b:?} as keys");
    }
    for (a, b) in [
        (exact("0.1"), py("0.1")),
        (exact("1/10"), py("0.1")),
        (exact("1/3"), exact("0.3333333333333333333333333333")),
        (exact("NaN"), exact("NaN")),
        (exact("Infinity"), exact("-Infinity")),
        (exact("1.5"), py("'1.5'")),
        (exact("1E+999999999999"), exact("-1E+999999999999")),
        (exact("1E+999999999999"), exact("1E+999999999998")),
        (exact("1E-999999999999"), py("0")),
        (exact("1/3"), exact("-1/3")),
    ] {
        assert!(!a.equals(&b) && !b.equals(&a), "{a:?} {b:?}");
    }
    for wrong in ["", "1.2.3", "E5", "1e5", "+-1", "١", "1E9999999999999999999999", "0x1", "--1"] {
        assert!(Exact::decimal(wrong.to_owned()).is_none(), "{wrong}");
    }
    assert!(Exact::fraction(Int::from(1_i64), Int::from(0_i64)).is_none());
    assert!(Exact::fraction(Int::from(1_i64), Int::from(-2_i64)).is_none());
    assert_eq!(exact("1/3").short_repr(40), "Fraction(1, 3)");
    for value in [exact("1/3"), exact("1.50"), exact("-12345678901234567890123/7")] {
        assert_eq!(Value::decode(&value.encode(), Caps::default()), Ok(value));
    }
}
