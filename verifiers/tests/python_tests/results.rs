//! Results that are compared with right ones, of the reference or of the data set.

use verifiers::domain::{FunctionalCase, Status, TestSuite};

use super::{calls, check, judge, problem, script, statuses};

#[test]
fn calls_are_compared_with_the_reference_and_the_detail_says_what_differs() {
    let problem = problem(
        "f",
        Some("def f(x, y):\n    return [x, (y, 1.5)]"),
        calls(&["[1, 2]", "['a', {1: 2}]", "[inf, (1, 2)]"]),
    );
    let programs = [
        "def f(x, y): return [x, (y, 1.5)]",
        "def f(x, y): return [x, [y, 1.5]]",
        "def f(x, y): return [x, (y, 1.5 + 1e-9)]",
        "def f(x, y): return x[0]",
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(x, y):\n    a = []\n    a.append(a)\n    return a",
    ];
    let Some(verdicts) = judge(&problem, &programs) else { return };
    let got: Vec<Status> = verdicts.iter().map(|v| v.status.unwrap()).collect();
    assert_eq!(&got[..2], [Status::Pass, Status::Fail]);
    assert_eq!(&got[3..], [Status::Error, Status::Error], "{verdicts:?}");
    let detail = verdicts[1].detail.as_deref().unwrap();
    assert_eq!(detail, "f(1, 2): expected [1, (2, 1.5)], got [1, [2, 1.5]]");
    assert!(verdicts[3].detail.as_deref().unwrap().contains("TypeError"), "{verdicts:?}");
}

#[test]
fn tests_that_only_assert_results_keep_every_kind_of_equality() {
    let reference = "def f(x):\n    return x / 2";
    let code = "METADATA = {'author': 'x'}\n\ndef check(candidate):\n    assert True, 'begins'\n    \
                assert candidate(1) == 0.5\n    assert candidate(4) == 2, 'even'\n    assert candidate(-3) == -1.5\n";
    let programs = [
        reference,
        "from fractions import Fraction\ndef f(x): return Fraction(x, 2)",
        "from decimal import Decimal\ndef f(x): return Decimal(x) / 2",
        "def f(x): return complex(x / 2)",
        "class F(float): pass\ndef f(x): return F(x / 2)",
        "def f(x): return x / 2 + 1e-9",
        "from fractions import Fraction\ndef f(x): return Fraction(x, 3)",
        "class A(float):\n    def __eq__(self, o): return True\ndef f(x): return A(0)",
        "class A:\n    def __eq__(self, o): return True\ndef f(x): return A()",
        "def f(x): return str(x / 2)",
        "def f(x):\n    if x == 4: raise KeyError(x)\n    return x / 2",
    ];
    use Status::{Error, Fail, Pass};
    for suite in [check(code), script("", &["assert f(1) == 0.5", "assert f(4) == 2, 'even'", "assert f(-3) == -1.5"])]
    {
        let Some(verdicts) = judge(&problem("f", Some(reference), suite), &programs) else { return };
        let got: Vec<Status> = verdicts.iter().map(|v| v.status.unwrap()).collect();
        assert_eq!(got, [Pass, Pass, Pass, Pass, Pass, Fail, Fail, Fail, Fail, Fail, Error], "{verdicts:?}");
        assert_eq!(verdicts[5].detail.as_deref(), Some("f(1): expected 0.5, got 0.500000001"));
        assert!(verdicts.iter().all(|v| !v.weak));
    }
}

#[test]
fn where_the_reference_does_not_pass_either_a_failure_says_so() {
    let problem =
        problem("f", Some("def f(x): return 1"), check("def check(candidate):\n    assert candidate(2) == 4\n"));
    let Some(verdicts) = judge(&problem, &["def f(x): return 2 * x", "def f(x): return 5"]) else { return };
    assert_eq!(verdicts[0].status, Some(Status::Pass));
    assert_eq!(verdicts[1].status, Some(Status::Fail));
    let detail = verdicts[1].detail.as_deref().unwrap();
    assert!(detail.contains("the reference solution does not pass either: assert candidate(2) == 4"), "{detail}");
}

#[test]
fn long_results_are_compared_though_only_their_hash_is_kept() {
    let reference = "def f(n, x): return [x] * n";
    let problem = problem("f", Some(reference), calls(&["[2, 0.5]", "[20000, 0.5]", "[20000, 1]"]));
    let programs = [
        reference,
        "def f(n, x): return [x * 1.0000000001] * n",
        "def f(n, x): return [float(x)] * n",
        "def f(n, x): return [x * 1.01 if n > 2 else x] * n",
        "def f(n, x): return [x] * (n - (n > 2))",
        "def f(n, x): return tuple([x] * n) if n > 2 else [x] * n",
    ];
    let Some(got) = statuses(&problem, &programs) else { return };
    use Status::{Fail, Pass};
    assert_eq!(got, [Pass, Pass, Pass, Fail, Fail, Fail]);
}

#[test]
fn functions_with_known_results_may_be_methods() {
    let case = |a: i64, r: i64| FunctionalCase {
        arguments: vec![a.into(), serde_json::json!([1])],
        expected: serde_json::json!([r, 1]),
        also: Vec::new(),
    };
    let suite = TestSuite::Functional { function: "Solution.add".into(), cases: vec![case(1, 2), case(5, 6)] };
    let programs = [
        "class Solution:\n    def add(self, a, b): return (a + 1, b[0])",
        "def add(a, b): return [a + 1, *b]",
        "class Solution:\n    def add(self, a, b): return [a, 1]",
    ];
    let Some(got) = statuses(&problem("add", None, suite), &programs) else { return };
    assert_eq!(got, [Status::Pass, Status::Pass, Status::Fail]);
}

#[test]
fn other_results_that_are_accepted() {
    let case = |expected: serde_json::Value, also: Vec<serde_json::Value>| FunctionalCase {
        arguments: vec![serde_json::json!(1)],
        expected,
        also,
    };
    let judged = |case: FunctionalCase, programs: &[&str]| {
        statuses(&problem("f", None, TestSuite::Functional { function: "f".into(), cases: vec![case] }), programs)
    };
    let wrapped = case(serde_json::json!([[1, 2]]), vec![serde_json::json!([[[1, 2]]])]);
    let programs = ["[[1, 2]]", "[(1, 2)]", "([1, 2],)", "[[[1, 2]]]", "[1, 2]", "[[1, 3]]", "[]"];
    let programs = programs.map(|value| format!("def f(x): return {value}"));
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let Some(got) = judged(wrapped, &programs) else { return };
    assert_eq!(got, [[Status::Pass; 4].as_slice(), &[Status::Fail; 3]].concat());
    let only = case(serde_json::json!([[1, 2]]), Vec::new());
    let got = judged(only, &programs[..4]).unwrap();
    assert_eq!(got, [Status::Pass, Status::Fail, Status::Pass, Status::Fail]);
}
